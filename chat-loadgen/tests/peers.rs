//! The dialects against the real servers that speak them: each that is found on this machine is
//! started with the configuration in `peers/` (which says on its first line how), and clients talk
//! through it. The configurations are made for measuring, too: nothing in them slows a client down.

use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use chat_loadgen::wire::dialects::{Dialect, DialectName, Event, Stage, Who};
use chat_loadgen::wire::payload::{Found, Kind, Mark, Message};

/// Timeout of every wait. The tests share two processors with the servers and with one another.
const DEADLINE: Duration = Duration::from_secs(30);
/// Number of messages: more than any server in its default configuration lets through at once.
const TEXTS: u32 = 300;

#[test]
fn redis() {
    let config = include_str!("peers/redis.conf");
    talk(DialectName::Redis, "redis-server", config, &["{config}"]);
}

#[test]
fn nats() {
    let config = include_str!("peers/nats.conf");
    talk(DialectName::Nats, "nats-server", config, &["--config", "{config}"]);
}

#[test]
fn mosquitto() {
    talk(DialectName::Mqtt, "mosquitto", include_str!("peers/mosquitto.conf"), &["-c", "{config}"]);
}

#[test]
fn ngircd() {
    let config = include_str!("peers/ngircd.conf");
    talk(DialectName::Irc, "ngircd", config, &["--nodaemon", "--config", "{config}"]);
}

#[test]
fn inspircd() {
    let arguments = ["--nofork", "--runasroot", "--config", "{config}"];
    talk(DialectName::Irc, "inspircd", include_str!("peers/inspircd.conf"), &arguments);
}

#[test]
fn this_projects_server() {
    for dialect in [DialectName::Basico, DialectName::Sala, DialectName::Grupal] {
        let profile = dialect.to_string();
        let arguments = ["--profile", &profile, "--bind", "127.0.0.1:{port}"];
        talk(dialect, "chat-server", "", &arguments);
    }
}

/// Says that this test skips itself, past the test harness: `ci/test` counts such lines.
fn skip(program: &str) {
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(io::stderr(), "skipped: {name}: {program} is not installed");
}

/// Two receivers and a sender, a neighbour in another room, and a client that takes no part.
fn talk(dialect: DialectName, program: &str, config: &str, arguments: &[&str]) {
    let Some(program) = find(program) else {
        return skip(program);
    };
    let peer = Peer::start(&program, config, arguments);
    let dialect = dialect.dialect();
    let room = |number: u32| if dialect.has_rooms() { number } else { 0 };
    let join = |number: u32, room| Client::join(&peer, &*dialect, number, room);
    let mut people = [join(0, Some(0)), join(1, Some(0)), join(2, Some(0)), join(3, Some(room(1)))];
    let idle = dialect.has_idlers().then(|| join(4, None));
    wait_until_all_hear(&mut people[..3]);

    let [sender, receivers @ .., neighbour] = &mut people;
    for number in 0..TEXTS {
        sender.say(number, 64);
    }
    sender.say(TEXTS, dialect.longest());
    let all: Vec<_> = (0..=TEXTS).map(|number| (0, number)).collect();
    for receiver in receivers.iter_mut() {
        receiver.hear(TEXTS as usize + 1);
        assert_eq!(receiver.heard, all, "{}", peer.log());
    }

    // What came back to the sender, or into the next room, would be there before this.
    receivers[0].say(0, 64);
    let echo = if dialect.echoes() { all } else { Vec::new() };
    sender.hear(echo.len() + 1);
    assert_eq!(sender.heard, [echo, vec![(1, 0)]].concat(), "{}", peer.log());
    if dialect.has_rooms() {
        let mut other = join(5, Some(1));
        other.say(0, 64);
        neighbour.hear(1);
        assert_eq!(neighbour.heard, [(5, 0)]);
    }
    people.into_iter().chain(idle).for_each(Client::leave);
}

/// Waits until the sender's probes arrive: some servers do not announce that a client takes part.
fn wait_until_all_hear(room: &mut [Client<'_>]) {
    let deadline = Instant::now() + DEADLINE;
    let [sender, receivers @ ..] = room else { return };
    while !receivers.iter().all(|receiver| receiver.probed) {
        sender.write(Kind::Probe, 0, 64);
        for receiver in receivers.iter_mut() {
            receiver.read_once();
        }
        assert!(Instant::now() < deadline, "no probe arrived: {}", sender.peer.log());
    }
}

/// A server under test.
struct Peer {
    process: Child,
    address: SocketAddr,
    directory: PathBuf,
}

impl Peer {
    /// Starts the server on a free port; on another one if another process has taken that port.
    fn start(program: &PathBuf, config: &str, arguments: &[&str]) -> Self {
        let mut failed = String::new();
        for _ in 0..3 {
            let mut peer = Self::spawn(program, config, arguments);
            if peer.accepts() {
                return peer;
            }
            failed = peer.log();
        }
        panic!("{} does not start: {failed}", program.display());
    }

    fn spawn(program: &PathBuf, config: &str, arguments: &[&str]) -> Self {
        let address = free_address();
        let name = format!("peer-{}-{}", std::process::id(), address.port());
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&directory).expect("a directory");
        let file = directory.join("config");
        let filled = |text: &str| {
            text.replace("{port}", &address.port().to_string())
                .replace("{dir}", &directory.to_string_lossy())
                .replace("{config}", &file.to_string_lossy())
        };
        fs::write(&file, filled(config)).expect("a configuration");
        let log = File::create(directory.join("log")).expect("a log");
        let process = Command::new(program)
            .args(arguments.iter().map(|argument| filled(argument)))
            .current_dir(&directory)
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("a process");
        Self { process, address, directory }
    }

    /// Returns whether the server accepts connections before it ends or the deadline passes.
    fn accepts(&mut self) -> bool {
        let deadline = Instant::now() + DEADLINE;
        while Instant::now() < deadline && matches!(self.process.try_wait(), Ok(None)) {
            match TcpStream::connect(self.address) {
                // A port without a listener can be connected to itself.
                Ok(stream) if stream.local_addr().ok() != Some(self.address) => return true,
                _ => thread::sleep(Duration::from_millis(10)),
            }
        }
        false
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// One connection that reads only when it waits for something, as a person's client does.
struct Client<'a> {
    peer: &'a Peer,
    dialect: &'a dyn Dialect,
    stream: TcpStream,
    number: u32,
    who: Who,
    mark: Mark,
    stage: Stage,
    input: Vec<u8>,
    /// True if a probe has arrived.
    probed: bool,
    /// Sender and number of every text that has arrived.
    heard: Vec<(u32, u32)>,
    open: bool,
}

impl<'a> Client<'a> {
    /// Connects, and completes the server's handshake.
    fn join(peer: &'a Peer, dialect: &'a dyn Dialect, number: u32, room: Option<u32>) -> Self {
        let stream = TcpStream::connect(peer.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a time-out");
        stream.set_write_timeout(Some(DEADLINE)).expect("a time-out");
        stream.set_nodelay(true).expect("no delay");
        let who = Who { name: format!("c-{number}"), room };
        let mut out = Vec::new();
        let stage = dialect.hello(&who, &mut out);
        let mut client = Self {
            peer,
            dialect,
            stream,
            number,
            who,
            mark: Mark::new(0x12_3456, true),
            stage,
            input: Vec::new(),
            probed: false,
            heard: Vec::new(),
            open: true,
        };
        client.send(&out);
        client.read_until("takes part", |client| client.stage == Stage::Ready);
        client
    }

    fn say(&mut self, number: u32, size: usize) {
        self.write(Kind::Measured, number, size);
    }

    fn write(&mut self, kind: Kind, number: u32, size: usize) {
        let (mut text, mut out) = (Vec::new(), Vec::new());
        self.mark.write(Message { kind, sender: self.number, number }, size, &mut text);
        self.dialect.say(&self.who, &text, &mut out);
        self.send(&out);
    }

    fn hear(&mut self, count: usize) {
        self.read_until("hears all", |client| client.heard.len() >= count);
    }

    fn leave(mut self) {
        let mut out = Vec::new();
        self.dialect.bye(&mut out);
        if !out.is_empty() {
            self.send(&out);
            self.read_until("is let go", |client| !client.open);
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server takes it");
    }

    fn read_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !done(self) {
            let (late, open) = (Instant::now() > deadline, self.open);
            let Self { who, stage, heard, peer, .. } = self;
            assert!(
                !late && open,
                "{who:?} never {what}: {stage:?}, {} heard\n{}",
                heard.len(),
                peer.log()
            );
            self.read_once();
        }
    }

    /// Reads once: what has arrived, or comes within the time-out.
    fn read_once(&mut self) {
        let mut chunk = [0; 1 << 14];
        match self.stream.read(&mut chunk) {
            Ok(0) => self.open = false,
            Ok(length) => self.input.extend_from_slice(&chunk[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => self.open = false,
        }
        let (mut at, mut answer) = (0, Vec::new());
        let input = std::mem::take(&mut self.input);
        while let Some(frame) =
            self.dialect.read(&self.who, &mut self.stage, &input[at..], &mut answer)
        {
            at += frame.length;
            self.judge(frame.event);
        }
        self.input = input[at..].to_vec();
        if self.open {
            self.send(&answer);
        }
    }

    fn judge(&mut self, event: Event<'_>) {
        match event {
            Event::Said(text) => match self.mark.find(text) {
                Found::Intact(Message { kind: Kind::Probe, .. }) => self.probed = true,
                Found::Intact(Message { sender, number, .. }) => self.heard.push((sender, number)),
                found => panic!("{found:?}: {}", String::from_utf8_lossy(text)),
            },
            Event::Other(line) => assert_eq!(self.mark.find(line), Found::Nothing),
            Event::Routine | Event::Session(_) => {}
            Event::Garbage(bytes) | Event::Escaped(bytes) => {
                panic!("{}", String::from_utf8_lossy(bytes))
            }
            // What IRC calls an error is the answer to QUIT, too.
            Event::Refused(words) => {
                let words = String::from_utf8_lossy(words);
                assert_eq!(self.stage, Stage::Ready, "{words}\n{}", self.peer.log());
            }
        }
    }
}

/// An address of this machine on which no program listens.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}

/// Path of a program, if it is installed.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // This project's own programs are built beside the folder of this test.
    let built = env::current_exe().ok().and_then(|test| Some(test.parent()?.parent()?.to_owned()));
    env::split_paths(&path)
        .chain(built)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}
