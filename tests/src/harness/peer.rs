//! A raw peer that does exactly what the test says, through any door.

use std::fmt::Display;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use chat_drive::failure::{Failure, Result};
use chat_drive::peer::{self, Connect};
use chat_drive::role::{PATIENCE, Role};
use chat_drive::transcript::How;

use crate::harness::door::{self, Door, Frames, Socket, Way};

/// Size of one read, in bytes, as in the course's own clients.
const READ: usize = 1024;

/// A connection of which the test controls every byte. Dropping it closes it.
pub struct Peer {
    connection: peer::Peer,
    wire: Wire,
    /// Bytes that were received and not read by the test yet.
    unread: Vec<u8>,
}

/// What is between its lines and its connection.
enum Wire {
    /// At most TLS.
    Lines(Socket),
    Frames(Box<Frames>),
}

impl Wire {
    fn socket(&mut self) -> &mut Socket {
        match self {
            Self::Lines(socket) => socket,
            Self::Frames(frames) => frames.socket(),
        }
    }
}

impl Peer {
    #[track_caller]
    pub(crate) fn connect(role: &Role, way: Way, address: SocketAddr) -> Result<Self> {
        Self::connect_so(role, way, address, Connect::patiently(PATIENCE))
    }

    #[track_caller]
    pub(crate) fn connect_from(
        role: &Role,
        source: SocketAddr,
        address: SocketAddr,
    ) -> Result<Self> {
        let how = Connect { source: Some(source), ..Connect::patiently(PATIENCE) };
        Self::connect_so(role, door::chosen().into(), address, how)
    }

    #[track_caller]
    pub(crate) fn connect_taking_little(
        role: &Role,
        way: Way,
        address: SocketAddr,
    ) -> Result<Self> {
        let how = Connect { takes_little: true, ..Connect::patiently(PATIENCE) };
        Self::connect_so(role, way, address, how)
    }

    #[track_caller]
    fn connect_so(role: &Role, way: Way, address: SocketAddr, how: Connect) -> Result<Self> {
        let connected = peer::Peer::connect(role.clone(), address, how);
        Self::of(role, way, connected)
    }

    #[track_caller]
    fn of(role: &Role, way: Way, connected: io::Result<peer::Peer>) -> Result<Self> {
        let connection = role.check(connected, "cannot connect")?;
        role.event(format!("is connected at {}", connection.local()));
        let remote = connection.remote();
        let socket = Socket::open(connection.socket(), way.door, remote, PATIENCE);
        let socket = role.check(socket, "cannot shake hands")?;
        let wire = if way.door.has_frames() {
            role.check(connection.socket().set_read_timeout(Some(PATIENCE)), "has no time-out")?;
            Wire::Frames(Box::new(
                role.check(Frames::open(socket, remote, way), "is no WebSocket")?,
            ))
        } else {
            Wire::Lines(socket)
        };
        Ok(Self { connection, wire, unread: Vec::new() })
    }

    /// The peer's own address, as the server sees it.
    pub fn address(&self) -> SocketAddr {
        self.connection.local()
    }

    /// Sends exactly these bytes.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result {
        let Wire::Frames(frames) = &mut self.wire else { return self.send_raw(bytes) };
        self.connection.role().said(How::In, &bytes);
        self.connection.role().check(frames.send(bytes.as_ref()), "cannot send")
    }

    /// Sends exactly these bytes, without frames around them.
    #[track_caller]
    pub fn send_raw(&mut self, bytes: impl AsRef<[u8]>) -> Result {
        self.connection.role().said(How::In, &bytes);
        let socket = self.wire.socket();
        let sent = socket.write_all(bytes.as_ref()).and_then(|()| socket.flush());
        self.connection.role().check(sent, "cannot send")
    }

    /// Returns the bytes of one read of up to 1024; none at the end of the stream.
    #[track_caller]
    pub fn receive(&mut self) -> Result<Vec<u8>> {
        if !self.unread.is_empty() {
            return Ok(std::mem::take(&mut self.unread));
        }
        let role = self.connection.role();
        let received = match &mut self.wire {
            Wire::Frames(frames) => frames.receive(PATIENCE),
            Wire::Lines(socket) => {
                let mut chunk = [0; READ];
                read(&self.connection, socket, &mut chunk).map(|n| chunk[..n].to_vec())
            }
        };
        match received {
            Ok(chunk) => {
                role.said(How::Out, &chunk);
                Ok(chunk)
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(role.failure("receives nothing"))
            }
            Err(e) => Err(role.failure(format!("cannot receive: {e}"))),
        }
    }

    /// Waits for the next line. Returns it without its line ending; `None` at the end of the
    /// stream.
    #[track_caller]
    pub fn hear(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let line = String::from_utf8(line[..end].to_vec());
                return line
                    .map(Some)
                    .map_err(|_| self.connection.role().failure("receives what is not UTF-8"));
            }
            let mut before = std::mem::take(&mut self.unread);
            let chunk = self.receive()?;
            if chunk.is_empty() {
                let rest = String::from_utf8_lossy(&before);
                return if rest.is_empty() {
                    Ok(None)
                } else {
                    Err(self.connection.role().failure(format!("receives half a line: {rest:?}")))
                };
            }
            before.extend(chunk);
            self.unread = before;
        }
    }

    /// Checks that this is the next line that it receives.
    #[track_caller]
    pub fn expect(&mut self, expected: &str) -> Result {
        match self.hear()? {
            Some(line) if line == expected => Ok(()),
            Some(line) => Err(self
                .connection
                .role()
                .failure(format!("should hear {expected:?}, but: {line:?}"))),
            None => Err(self
                .connection
                .role()
                .failure(format!("should hear {expected:?}, but: the end"))),
        }
    }

    /// Checks that the server has closed the connection properly, without another line.
    #[track_caller]
    pub fn expect_end(&mut self) -> Result {
        match self.hear()? {
            None => Ok(()),
            Some(line) => Err(self
                .connection
                .role()
                .failure(format!("should see the end, but hears {line:?}"))),
        }
    }

    /// The same peer, which receives frames as they are.
    #[must_use]
    pub fn forget_frames(self) -> Self {
        let wire = match self.wire {
            Wire::Frames(frames) => Wire::Lines(frames.into_socket()),
            lines @ Wire::Lines(_) => lines,
        };
        Self { wire, ..self }
    }

    /// Checks that the server has closed the connection by a Close frame with this code. Returns its reason.
    #[track_caller]
    pub fn expect_close(&mut self, code: u16) -> Result<String> {
        self.expect_end()?;
        let closed = match &self.wire {
            Wire::Frames(frames) => frames.closed(),
            Wire::Lines(_) => None,
        };
        match closed {
            Some((closed, reason)) if *closed == code => Ok(reason.clone()),
            other => Err(self.failure(format!("should be closed with {code}, but: {other:?}"))),
        }
    }

    /// A failure of this peer, with the whole transcript.
    #[track_caller]
    pub fn failure(&self, what: impl Display) -> Failure {
        self.connection.role().failure(what)
    }

    /// Shuts down the sending side. The peer can still receive.
    #[track_caller]
    pub fn end_sending(&mut self) -> Result {
        self.connection.role().event("ends sending");
        let ended = self.wire.socket().end_sending();
        let ended = ended.and_then(|()| self.connection.end_sending());
        self.connection.role().check(ended, "cannot end sending")
    }

    /// Reads and discards everything that arrives from now on, in a thread of its own.
    #[track_caller]
    pub fn forget_what_arrives(&self) -> Result {
        let mut incoming = self.connection.incoming();
        thread::spawn(move || io::copy(&mut incoming, &mut io::sink()));
        Ok(())
    }

    /// Closes the connection with a reset instead of a proper end.
    pub fn reset(self) {
        self.connection.role().event("resets the connection");
        self.connection.end_with_reset();
    }
}

/// A read of up to so many bytes, with a time-out; one fails when the process was stopped and goes on.
fn read(connection: &peer::Peer, socket: &mut Socket, chunk: &mut [u8]) -> io::Result<usize> {
    connection.socket().set_read_timeout(Some(PATIENCE))?;
    loop {
        match socket.read(chunk) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// A listening socket, for a test that plays the server.
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

    /// The address on which it listens.
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
        let peer = peer::Peer::over(self.role.clone(), stream, PATIENCE);
        Peer::of(&self.role, Door::Plain.into(), peer)
    }
}
