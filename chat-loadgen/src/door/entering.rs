//! Handshakes: of TLS, then of WebSocket. A thread waits for them, for a limited time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use chat_protocol::options::server_address::Door;
use chat_protocol::websocket::client::{NotOpened, Request};
use rustls::{CertificateError, ClientConnection, InvalidMessage};

use super::entrance::Entrance;
use crate::wire::dialects::{Dialect, Frames};

/// Longest head of a server's answer, in bytes.
const MAX_HEAD: usize = 16 << 10;

/// A connection that is through the door. It does not block.
#[derive(Debug)]
pub(crate) struct Entered {
    /// The socket.
    pub(crate) stream: TcpStream,
    /// State of an encrypted connection.
    pub(crate) tls: Option<Box<ClientConnection>>,
    /// Use of WebSocket messages, where there are any.
    pub(crate) frames: Option<Frames>,
    /// Bytes that came behind the handshake, without encryption, but in their frames.
    pub(crate) early: Vec<u8>,
}

/// The reasons for which a connection does not come through a door.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// The server's certificate is not believed.
    #[error(
        "its certificate is not believed ({0}): see --tls-ca, --tls-fingerprint and --insecure"
    )]
    Certificate(CertificateError),
    /// The server does not speak TLS.
    #[error("no TLS there: its answer is something else")]
    NoTls,
    /// The handshake of TLS failed.
    #[error("the TLS handshake failed")]
    Tls(#[source] rustls::Error),
    /// The server does not speak WebSocket, or not to this client.
    #[error("no WebSocket there")]
    NoWebSocket(#[source] NotOpened),
    /// The connection ended too early.
    #[error("the server closed the connection during the handshake")]
    Closed,
    /// The server is too slow, or waits for something else.
    #[error("no answer to the handshake for {}", humantime::format_duration(*.0))]
    TimedOut(Duration),
    /// The connection failed.
    #[error(transparent)]
    Connection(io::Error),
}

impl From<rustls::Error> for Refused {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(why) => Self::Certificate(why),
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NoTls,
            error => Self::Tls(error),
        }
    }
}

impl Refused {
    /// Returns whether another attempt may do better.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Closed | Self::TimedOut(_) | Self::Connection(_) => true,
            Self::NoWebSocket(NotOpened::Status { code, .. }) => *code >= 500,
            _ => false,
        }
    }
}

impl Entrance {
    /// Leads a connection that is to speak this dialect through the door, within that time.
    pub(crate) fn enter(
        &self,
        stream: TcpStream,
        timeout: Duration,
        dialect: &dyn Dialect,
    ) -> Result<Entered, Refused> {
        let mut wire = Wire { stream: &stream, deadline: Instant::now() + timeout };
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::TimedOut => Refused::TimedOut(timeout),
            ErrorKind::UnexpectedEof => Refused::Closed,
            // An error of TLS behind its handshake is in the system's error.
            _ => match error.downcast::<rustls::Error>() {
                Ok(error) => error.into(),
                Err(error) => Refused::Connection(error),
            },
        };
        let (mut tls, mut early) = (None, Vec::new());
        if self.door == Door::Tls && dialect.greets_before_tls() {
            early = first_line(&mut wire).map_err(failed)?;
        }
        if let Some((config, name)) = &self.tls {
            let mut connection = ClientConnection::new(config.clone(), name.clone())?;
            while connection.is_handshaking() || connection.wants_write() {
                if connection.wants_write() {
                    connection.write_tls(&mut wire).map_err(failed)?;
                } else if connection.read_tls(&mut wire).map_err(failed)? == 0 {
                    return Err(Refused::Closed);
                } else if let Err(error) = connection.process_new_packets() {
                    // The server is told why, if it still listens.
                    let _ = connection.write_tls(&mut wire);
                    return Err(error.into());
                }
            }
            tls = Some(Box::new(connection));
        }
        let frames = dialect.web().filter(|_| self.door.has_frames());
        if let Some(web) = frames {
            let request = Request::new(&self.host, &self.path, rand::random(), web.subprotocol);
            early = match &mut tls {
                Some(tls) => {
                    open(&mut rustls::Stream::new(&mut **tls, &mut wire), &request, failed)?
                }
                None => open(&mut wire, &request, failed)?,
            };
        }
        if let Some(tls) = &mut tls {
            // An end is found again by the next read.
            let _ = tls.reader().read_to_end(&mut early);
        }
        stream.set_read_timeout(None).map_err(Refused::Connection)?;
        stream.set_write_timeout(None).map_err(Refused::Connection)?;
        stream.set_nonblocking(true).map_err(Refused::Connection)?;
        Ok(Entered { stream, tls, frames: frames.map(|web| web.frames), early })
    }
}

/// The first line that a server says, and nothing behind it.
fn first_line(connection: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while line.len() < MAX_HEAD && line.last() != Some(&b'\n') {
        connection.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(line)
}

/// Makes a WebSocket of a connection. Gives what came behind the answer.
fn open(
    connection: &mut (impl Read + Write),
    request: &Request,
    failed: impl Fn(io::Error) -> Refused,
) -> Result<Vec<u8>, Refused> {
    connection.write_all(request.head.as_bytes()).map_err(&failed)?;
    connection.flush().map_err(&failed)?;
    let (mut answer, mut piece) = (Vec::new(), [0; 2048]);
    loop {
        match connection.read(&mut piece).map_err(&failed)? {
            0 => return Err(Refused::Closed),
            read => answer.extend_from_slice(&piece[..read]),
        }
        match request.check(&answer).map_err(Refused::NoWebSocket)? {
            Some(head) => return Ok(answer.split_off(head)),
            None if answer.len() > MAX_HEAD => {
                return Err(Refused::NoWebSocket(NotOpened::Malformed));
            }
            None => {}
        }
    }
}

/// A socket that blocks until a deadline, whatever arrives until then.
struct Wire<'a> {
    stream: &'a TcpStream,
    deadline: Instant,
}

impl Wire<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

/// A time limit of a socket that is over is told as a socket that would block.
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer).map_err(timed_out)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
