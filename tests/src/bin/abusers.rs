//! Rude clients of every kind at once, for the abuse tests and `make soak ARGS=--abuse`.
//!
//! They misbehave in the rooms of a server with the profile `grupal`, one thread per client, until
//! their time is over. They check nothing: the load generator beside them does.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chat_protocol::options::time_limit::TimeLimit;
use chat_protocol::usage;
use chat_protocol::wording::{NAME_KEYWORD, names_in};
use clap::{CommandFactory, Parser};
use socket2::{Domain, SockRef, Socket, Type};

/// Rude clients of every kind at once: they come and go, flood, read slowly or not at all, write
/// private messages without end, and send bytes that are no text.
#[derive(Debug, Parser)]
#[command(name = "abusers")]
struct Cli {
    /// The address of a server with the profile grupal
    server: SocketAddr,

    /// The room in which others talk
    #[arg(long, value_name = "ROOM", default_value = "carga-0")]
    room: String,

    /// Time after which all of them leave
    #[arg(long, value_name = "TIME", default_value = "10s")]
    duration: TimeLimit,
}

/// Length of a long line, in bytes: below the server's limit, and it fills buffers soon.
const LONG: usize = 4000;

/// The room of those who flood, and of those who do not read it. In the room of the healthy clients, such a
/// flood would overrun readers on a busy machine that are only slow.
const NOISE: &str = "ruido";

/// Time between two actions of one client. Without it, these clients would take the processor that
/// the server and its healthy clients need.
const PAUSE: Duration = Duration::from_millis(20);

/// Time limit for connecting, and for each read and write.
const PATIENCE: Duration = Duration::from_secs(1);

/// The behaviour of a client, from its connection to its end.
type Behaviour = fn(&Scene) -> io::Result<()>;

/// The number of clients that behave so.
const KINDS: [(usize, Behaviour); 7] = [
    (4, come_and_go),
    (2, flood),
    (3, read_slowly),
    (3, read_nothing),
    (10, write_privately),
    (2, send_no_text),
    (4, give_no_name),
];

fn main() {
    let cli = usage::parse_or_exit::<Cli>(Cli::command()).0;
    let duration = cli.duration.duration().unwrap_or(Duration::MAX);
    let scene = &Scene { server: cli.server, room: cli.room, begun: Instant::now(), duration };
    thread::scope(|threads| {
        for (clients, behave) in KINDS {
            for _ in 0..clients {
                threads.spawn(move || {
                    while scene.goes_on() {
                        // Each error is the end of one client, and another one comes.
                        let _ = behave(scene);
                        thread::sleep(PAUSE);
                    }
                });
            }
        }
    });
}

/// The surroundings of every client.
struct Scene {
    server: SocketAddr,
    room: String,
    begun: Instant,
    duration: Duration,
}

/// The receive buffer of a client. With the smallest that the system allows, the server soon has to
/// wait for the client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Buffer {
    Usual,
    Smallest,
}

impl Scene {
    fn goes_on(&self) -> bool {
        self.begun.elapsed() < self.duration
    }

    fn connect(&self, buffer: Buffer) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(self.server), Type::STREAM, None)?;
        if buffer == Buffer::Smallest {
            socket.set_recv_buffer_size(1)?;
        }
        socket.connect_timeout(&self.server.into(), PATIENCE)?;
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// Connects a client that gives a new name.
    fn join(&self, buffer: Buffer) -> io::Result<TcpStream> {
        static NAMES: AtomicU64 = AtomicU64::new(0);
        let mut stream = self.connect(buffer)?;
        let asked = BufReader::with_capacity(1, &stream).lines();
        if asked.map_while(Result::ok).all(|line| line != NAME_KEYWORD) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        writeln!(stream, "rudo-{}", NAMES.fetch_add(1, Ordering::Relaxed))?;
        Ok(stream)
    }

    /// The same, in this room.
    fn join_room(&self, room: &str, buffer: Buffer) -> io::Result<TcpStream> {
        let mut stream = self.join(buffer)?;
        writeln!(stream, "/sala {room}")?;
        Ok(stream)
    }
}

/// Reads and drops all that has arrived.
fn forget(stream: &mut TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let mut buffer = [0; 16 * 1024];
    let read = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => break Ok(()),
            Err(e) => break Err(e),
        }
    };
    stream.set_nonblocking(false)?;
    read
}

/// Says a few lines and leaves, each time in another way.
fn come_and_go(scene: &Scene) -> io::Result<()> {
    static TIMES: AtomicU64 = AtomicU64::new(0);
    let mut stream = scene.join_room(&scene.room, Buffer::Usual)?;
    for text in ["hola", "que tal", "adios"] {
        writeln!(stream, "{text}")?;
        thread::sleep(PAUSE);
    }
    match TIMES.fetch_add(1, Ordering::Relaxed) % 4 {
        0 => writeln!(stream, "salir"),
        1 => SockRef::from(&stream).set_linger(Some(Duration::ZERO)),
        2 => {
            stream.shutdown(Shutdown::Write)?;
            thread::sleep(PATIENCE);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Sends long lines as fast as the server takes them.
fn flood(scene: &Scene) -> io::Result<()> {
    let mut stream = scene.join_room(NOISE, Buffer::Usual)?;
    let line = "f".repeat(LONG);
    while scene.goes_on() {
        writeln!(stream, "{line}")?;
        forget(&mut stream)?;
    }
    Ok(())
}

/// Reads less than the others say.
fn read_slowly(scene: &Scene) -> io::Result<()> {
    let mut stream = scene.join_room(NOISE, Buffer::Smallest)?;
    let mut sip = [0; 512];
    while scene.goes_on() && stream.read(&mut sip)? > 0 {
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Takes part and never reads, until the server ends it.
fn read_nothing(scene: &Scene) -> io::Result<()> {
    let mut stream = scene.join_room(NOISE, Buffer::Smallest)?;
    while scene.goes_on() {
        writeln!(stream, "sigo")?;
        thread::sleep(PATIENCE);
    }
    Ok(())
}

/// Learns the names of those who talk, goes to another room, and writes to them from there.
fn write_privately(scene: &Scene) -> io::Result<()> {
    let mut stream = scene.join_room(&scene.room, Buffer::Usual)?;
    let mut names: Vec<String> = Vec::new();
    for line in BufReader::with_capacity(1, &stream).lines() {
        let line = line?;
        let talks = !line.starts_with("* ") && !line.contains("rudo-");
        names.extend(names_in(&line).here.into_iter().filter(|_| talks).map(str::to_owned));
        if names.len() >= 10 || !scene.goes_on() {
            break;
        }
    }
    writeln!(stream, "/sala apartada")?;
    let text = "p".repeat(LONG / 4);
    for name in names.iter().cycle().take_while(|_| scene.goes_on()) {
        writeln!(stream, "/privado {name} {text}")?;
        forget(&mut stream)?;
    }
    Ok(())
}

/// Sends bytes that are no text, in pieces: half characters, NULs, telnet's commands, controls, and
/// a line without end.
fn send_no_text(scene: &Scene) -> io::Result<()> {
    let mut stream = scene.join_room(&scene.room, Buffer::Usual)?;
    let pieces: [&[u8]; 8] = [
        b"caf\xc3",
        b"\n\0\0\0\0",
        b"\xff\xfb\x01\xff\xfd\x03hola\r\n",
        b"\x1b[2J\x07\n",
        b"\xe2\x80\xa8x\n",
        b"/\n//\n/privado\n/sala\n",
        b"\xf0\x9f\x98",
        b"\r\r\n\n\n",
    ];
    for piece in pieces {
        stream.write_all(piece)?;
        thread::sleep(PAUSE);
        forget(&mut stream)?;
    }
    for _ in 0..16 {
        stream.write_all("x".repeat(LONG).as_bytes())?;
        forget(&mut stream)?;
    }
    Ok(())
}

/// Connects, and gives no name, or half of one.
fn give_no_name(scene: &Scene) -> io::Result<()> {
    let mut stream = scene.connect(Buffer::Usual)?;
    stream.write_all(b"rud")?;
    for _ in 0..50 {
        if !scene.goes_on() {
            break;
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}
