//! A raw TCP peer that does exactly what the test says.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use chat_drive::failure::{Failure, Result};
use chat_drive::peer::{self, Connect};
use chat_drive::role::{PATIENCE, Role};
use chat_drive::transcript::How;

/// Size of one read, in bytes, as in the course's own clients.
const READ: usize = 1024;

/// A TCP connection of which the test controls every byte. Dropping it closes it.
pub struct Peer {
    peer: peer::Peer,
    /// Bytes that were received and not read by the test yet.
    unread: Vec<u8>,
}

impl Peer {
    #[track_caller]
    pub(crate) fn connect(role: &Role, address: SocketAddr) -> Result<Self> {
        Self::connect_so(role, address, Connect::patiently(PATIENCE))
    }

    #[track_caller]
    pub(crate) fn connect_from(
        role: &Role,
        source: SocketAddr,
        address: SocketAddr,
    ) -> Result<Self> {
        let how = Connect { source: Some(source), ..Connect::patiently(PATIENCE) };
        Self::connect_so(role, address, how)
    }

    #[track_caller]
    pub(crate) fn connect_taking_little(role: &Role, address: SocketAddr) -> Result<Self> {
        let how = Connect { takes_little: true, ..Connect::patiently(PATIENCE) };
        Self::connect_so(role, address, how)
    }

    #[track_caller]
    fn connect_so(role: &Role, address: SocketAddr, how: Connect) -> Result<Self> {
        let connected = peer::Peer::connect(role.clone(), address, how);
        Self::of(role, connected)
    }

    #[track_caller]
    fn of(role: &Role, connected: io::Result<peer::Peer>) -> Result<Self> {
        let peer = role.check(connected, "cannot connect")?;
        role.event(format!("is connected at {}", peer.local()));
        Ok(Self { peer, unread: Vec::new() })
    }

    /// The peer's own address, as the server sees it.
    pub fn address(&self) -> SocketAddr {
        self.peer.local()
    }

    /// Sends exactly these bytes.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result {
        self.peer.role().check(self.peer.send(bytes.as_ref()), "cannot send")
    }

    /// Returns the bytes of one read of up to 1024; none at the end of the stream.
    #[track_caller]
    pub fn receive(&mut self) -> Result<Vec<u8>> {
        if !self.unread.is_empty() {
            return Ok(std::mem::take(&mut self.unread));
        }
        let mut chunk = [0; READ];
        let role = self.peer.role();
        match self.peer.receive(&mut chunk, PATIENCE) {
            Ok(n) => {
                role.said(How::Out, &chunk[..n]);
                Ok(chunk[..n].to_vec())
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
                    .map_err(|_| self.peer.role().failure("receives what is not UTF-8"));
            }
            let mut before = std::mem::take(&mut self.unread);
            let chunk = self.receive()?;
            if chunk.is_empty() {
                let rest = String::from_utf8_lossy(&before);
                return if rest.is_empty() {
                    Ok(None)
                } else {
                    Err(self.peer.role().failure(format!("receives half a line: {rest:?}")))
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
            Some(line) => {
                Err(self.peer.role().failure(format!("should hear {expected:?}, but: {line:?}")))
            }
            None => {
                Err(self.peer.role().failure(format!("should hear {expected:?}, but: the end")))
            }
        }
    }

    /// Checks that the server has closed the connection properly, without another line.
    #[track_caller]
    pub fn expect_end(&mut self) -> Result {
        match self.hear()? {
            None => Ok(()),
            Some(line) => {
                Err(self.peer.role().failure(format!("should see the end, but hears {line:?}")))
            }
        }
    }

    /// A failure of this peer, with the whole transcript.
    #[track_caller]
    pub fn failure(&self, what: impl Display) -> Failure {
        self.peer.role().failure(what)
    }

    /// Shuts down the sending side. The peer can still receive.
    #[track_caller]
    pub fn end_sending(&mut self) -> Result {
        self.peer.role().event("ends sending");
        self.peer.role().check(self.peer.end_sending(), "cannot end sending")
    }

    /// Reads and discards everything that arrives from now on, in a thread of its own.
    #[track_caller]
    pub fn forget_what_arrives(&self) -> Result {
        let mut incoming = self.peer.incoming();
        thread::spawn(move || io::copy(&mut incoming, &mut io::sink()));
        Ok(())
    }

    /// Closes the connection with a reset instead of a proper end.
    pub fn reset(self) {
        self.peer.role().event("resets the connection");
        self.peer.end_with_reset();
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
        Peer::of(&self.role, peer)
    }
}
