//! A raw TCP peer that does just what it is told.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use chat_drive::failure::Result;
use chat_drive::role::{PATIENCE, Role};
use chat_drive::transcript::How;

/// The reads of the course's own clients, in bytes.
const READ: usize = 1024;

/// Less than any buffer that a socket can be given, in bytes; the system rounds it up.
const SMALL_BUFFER: usize = 1024;

/// A TCP connection of which every byte is in the test's hands. Dropping it closes it.
pub struct Peer {
    role: Role,
    stream: TcpStream,
    local: SocketAddr,
    /// What was read and not yet looked at.
    unread: Vec<u8>,
}

impl Peer {
    #[track_caller]
    pub(crate) fn connect(role: Role, address: SocketAddr) -> Result<Self> {
        let connected = open(address, |_| Ok(()));
        Self::of(role, connected)
    }

    #[track_caller]
    pub(crate) fn connect_from(role: Role, source: IpAddr, address: SocketAddr) -> Result<Self> {
        let source = SocketAddr::new(source, 0);
        let connected = open(address, |socket| socket.bind(&source.into()));
        Self::of(role, connected)
    }

    #[track_caller]
    pub(crate) fn connect_taking_little(role: Role, address: SocketAddr) -> Result<Self> {
        let connected = open(address, |socket| socket.set_recv_buffer_size(SMALL_BUFFER));
        Self::of(role, connected)
    }

    #[track_caller]
    fn of(role: Role, connected: io::Result<TcpStream>) -> Result<Self> {
        let connected = connected.and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            // What is sent apart arrives apart, as far as that is in anyone's hands.
            stream.set_nodelay(true)?;
            Ok((stream.local_addr()?, stream))
        });
        let (local, stream) =
            connected.map_err(|e| role.failure(format!("cannot connect: {e}")))?;
        role.event(format!("is connected at {local}"));
        Ok(Self { role, stream, local, unread: Vec::new() })
    }

    /// Its own address, by which a server knows it.
    pub fn address(&self) -> SocketAddr {
        self.local
    }

    /// Sends exactly these bytes.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result {
        let bytes = bytes.as_ref();
        self.role.said(How::In, bytes);
        self.role.check(self.stream.write_all(bytes), "cannot send")
    }

    /// What one read of 1024 bytes returns; nothing at the end of the stream.
    #[track_caller]
    pub fn receive(&mut self) -> Result<Vec<u8>> {
        if !self.unread.is_empty() {
            return Ok(std::mem::take(&mut self.unread));
        }
        let mut chunk = [0; READ];
        // A read with a limit fails when the process was stopped and goes on.
        let read = loop {
            match self.stream.read(&mut chunk) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        match read {
            Ok(n) => {
                self.role.said(How::Out, &chunk[..n]);
                Ok(chunk[..n].to_vec())
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(self.role.failure("receives nothing"))
            }
            Err(e) => Err(self.role.failure(format!("cannot receive: {e}"))),
        }
    }

    /// The next line it receives, without its line ending; `None` at the end of the stream.
    #[track_caller]
    pub fn hear(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let line = String::from_utf8(line[..end].to_vec());
                return line.map(Some).map_err(|_| self.role.failure("receives what is not UTF-8"));
            }
            let mut before = std::mem::take(&mut self.unread);
            let chunk = self.receive()?;
            if chunk.is_empty() {
                let rest = String::from_utf8_lossy(&before);
                return if rest.is_empty() {
                    Ok(None)
                } else {
                    Err(self.role.failure(format!("receives half a line: {rest:?}")))
                };
            }
            before.extend(chunk);
            self.unread = before;
        }
    }

    /// The next line it receives is this one.
    #[track_caller]
    pub fn expect(&mut self, expected: &str) -> Result {
        match self.hear()? {
            Some(line) if line == expected => Ok(()),
            Some(line) => {
                Err(self.role.failure(format!("should hear {expected:?}, but: {line:?}")))
            }
            None => Err(self.role.failure(format!("should hear {expected:?}, but: the end"))),
        }
    }

    /// The server has closed the connection, properly, and said nothing more.
    #[track_caller]
    pub fn expect_end(&mut self) -> Result {
        match self.hear()? {
            None => Ok(()),
            Some(line) => Err(self.role.failure(format!("should see the end, but hears {line:?}"))),
        }
    }

    /// Nothing more is sent; what arrives can still be received.
    #[track_caller]
    pub fn end_sending(&mut self) -> Result {
        self.role.event("ends sending");
        self.role.check(self.stream.shutdown(Shutdown::Write), "cannot end sending")
    }

    /// Reads everything that arrives from now on and forgets it, in a thread of its own.
    #[track_caller]
    pub fn forget_what_arrives(&self) -> Result {
        let mut stream = self.role.check(self.stream.try_clone(), "cannot be read twice")?;
        thread::spawn(move || io::copy(&mut stream, &mut io::sink()));
        Ok(())
    }

    /// Ends the connection with a reset instead of a proper end.
    pub fn reset(self) {
        self.role.event("resets the connection");
        // It fails when the connection is gone, which is no less of an end.
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }
}

/// A socket on which a test plays the server.
pub struct Listener {
    role: Role,
    socket: TcpListener,
    local: SocketAddr,
}

impl Listener {
    #[track_caller]
    pub(crate) fn open(role: Role) -> Result<Self> {
        let opened = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
            .and_then(|socket| Ok((socket.local_addr()?, socket)));
        let (local, socket) = role.check(opened, "cannot listen")?;
        role.event(format!("listens on {local}"));
        Ok(Self { role, socket, local })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.local
    }

    /// Waits for the next connection.
    #[track_caller]
    pub fn accept(&self) -> Result<Peer> {
        let stream = self.role.poll("nobody connects", || match self.socket.accept() {
            Ok((stream, _)) => stream.set_nonblocking(false).map(|()| Some(stream)),
            Err(e) if e.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(e) => Err(e),
        })?;
        Peer::of(self.role.clone(), Ok(stream))
    }
}

fn open(
    address: SocketAddr,
    prepare: impl FnOnce(&Socket) -> io::Result<()>,
) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    prepare(&socket)?;
    socket.connect_timeout(&address.into(), PATIENCE)?;
    Ok(socket.into())
}
