//! TCP peer: one end of a connection, with control over every byte.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use crate::captured::Captured;
use crate::role::Role;
use crate::transcript::How;

/// Size of the receive buffer to request, in bytes: less than the system's minimum, which it rounds
/// up to.
const SMALL_BUFFER: usize = 1024;

/// Options for a connection.
#[derive(Clone, Copy, Debug)]
pub struct Connect {
    /// Time-out for connecting and for each write.
    pub patience: Duration,
    /// The local address to connect from, if that matters; port 0 is any free one.
    pub source: Option<SocketAddr>,
    /// Requests the smallest receive buffer that the system allows, so that a sender soon blocks.
    pub takes_little: bool,
}

impl Connect {
    /// Connects as a usual client does, with this time-out.
    pub fn patiently(patience: Duration) -> Self {
        Self { patience, source: None, takes_little: false }
    }

    /// Opens a connection. A server that listens on all addresses of IPv6 may exclude IPv4, so IPv6
    /// is tried where IPv4 is refused on this machine.
    fn open(self, address: SocketAddr) -> io::Result<TcpStream> {
        match self.to(address) {
            Err(error)
                if error.kind() == ErrorKind::ConnectionRefused
                    && address.ip() == Ipv4Addr::LOCALHOST =>
            {
                self.to((Ipv6Addr::LOCALHOST, address.port()).into()).map_err(|_| error)
            }
            connected => connected,
        }
    }

    fn to(self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        if let Some(source) = self.source {
            socket.bind(&source.into())?;
        }
        if self.takes_little {
            socket.set_recv_buffer_size(SMALL_BUFFER)?;
        }
        socket.connect_timeout(&address.into(), self.patience)?;
        Ok(socket.into())
    }
}

/// A TCP connection. Dropping it closes it.
pub struct Peer {
    role: Role,
    stream: Arc<TcpStream>,
    local: SocketAddr,
    remote: SocketAddr,
}

impl Peer {
    /// Connects.
    ///
    /// # Errors
    ///
    /// The connection is refused, or times out.
    pub fn connect(role: Role, address: SocketAddr, how: Connect) -> io::Result<Self> {
        Self::over(role, how.open(address)?, how.patience)
    }

    /// Uses a connection that exists already, with this time-out for each write.
    ///
    /// # Errors
    ///
    /// The connection is gone.
    pub fn over(role: Role, stream: TcpStream, patience: Duration) -> io::Result<Self> {
        // Disables Nagle's algorithm, so that separate writes arrive apart as far as possible.
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(patience))?;
        let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
        Ok(Self { role, stream: Arc::new(stream), local, remote })
    }

    /// Its role in the transcript.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// Its own address, by which the program knows it.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The address of the program's end.
    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Sends exactly these bytes, and records them.
    ///
    /// # Errors
    ///
    /// The other end does not take them.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.role.said(How::In, bytes);
        self.stream.as_ref().write_all(bytes)
    }

    /// Receives the bytes of one read; none at the end of the stream. It is not recorded.
    ///
    /// # Errors
    ///
    /// Nothing comes while patience lasts, or the connection was reset.
    pub fn receive(&self, chunk: &mut [u8], patience: Duration) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(patience))?;
        // A read with a time-out fails when the process was stopped and goes on.
        loop {
            match self.stream.as_ref().read(chunk) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    /// The socket, for a protocol of the caller's own. What passes there is not recorded.
    pub fn socket(&self) -> Arc<TcpStream> {
        Arc::clone(&self.stream)
    }

    /// Captures all that arrives from now on, and keeps at most about `most` bytes.
    pub fn capture(&self, most: usize) -> Arc<Captured> {
        Captured::of(&self.role, How::Out, self.incoming(), most)
    }

    /// Returns a reader of the incoming bytes for another thread, unrecorded. The connection stays
    /// open for as long as the reader exists.
    pub fn incoming(&self) -> Incoming {
        Incoming(Arc::clone(&self.stream))
    }

    /// Shuts down the sending side; what arrives can still be received.
    ///
    /// # Errors
    ///
    /// The connection is gone.
    pub fn end_sending(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Shuts down the receiving side: a thread that reads sees the end.
    ///
    /// # Errors
    ///
    /// The connection is gone.
    pub fn end_receiving(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Read)
    }

    /// Makes the connection end with a reset instead of a normal close, once it is dropped.
    pub fn end_with_reset(&self) {
        // It fails only when the connection is gone already.
        let _ = SockRef::from(&*self.stream).set_linger(Some(Duration::ZERO));
    }
}

/// The reading half, which closes the connection when it is dropped.
pub struct Incoming(Arc<TcpStream>);

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.as_ref().read(buffer)
    }
}
