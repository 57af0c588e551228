//! The door through which the raw peers of a test come: lines over TCP, a WebSocket, and both inside of TLS.

use std::env;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use chat_protocol::websocket::handshake::{JSON_SUBPROTOCOL, SUBPROTOCOL};
use chat_tls::Trust;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Error, HandshakeError, Message, WebSocket};

pub use chat_protocol::options::server_address::Door;

/// The way of a peer into a chat.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub(crate) door: Door,
    json: bool,
}

impl Way {
    /// A WebSocket for JSON objects.
    pub const JSON: Self = Self { door: Door::WebSocket, json: true };
}

impl From<Door> for Way {
    fn from(door: Door) -> Self {
        Self { door, json: false }
    }
}

/// The name of the variable in the environment that chooses the door of all peers of a process, by its scheme: `tls`,
/// `ws`, `wss`.
pub const VARIABLE: &str = "CHAT_DOOR";

static CHOSEN: LazyLock<Door> = LazyLock::new(|| match env::var(VARIABLE).as_deref() {
    Ok("tls") => Door::Tls,
    Ok("ws") => Door::WebSocket,
    Ok("wss") => Door::SecureWebSocket,
    _ => Door::Plain,
});

/// Any certificate is good enough where it is not the subject of the test.
static TRUST: LazyLock<Arc<ClientConfig>> =
    LazyLock::new(|| Trust::Anyone.client_config().expect("cipher suites").into());

/// The door that the environment chooses.
pub fn chosen() -> Door {
    *CHOSEN
}

/// The socket of a peer, as its lines or frames see it.
pub(crate) enum Socket {
    Plain(Shared),
    Tls(Box<StreamOwned<ClientConnection, Shared>>),
}

impl Socket {
    /// Shakes hands, if the door is encrypted.
    pub(crate) fn open(
        socket: Arc<TcpStream>,
        door: Door,
        server: SocketAddr,
        patience: Duration,
    ) -> io::Result<Self> {
        if !door.is_encrypted() {
            return Ok(Self::Plain(Shared(socket)));
        }
        socket.set_read_timeout(Some(patience))?;
        let connection = ClientConnection::new(Arc::clone(&TRUST), server.ip().into());
        let mut stream = StreamOwned::new(connection.map_err(io::Error::other)?, Shared(socket));
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self::Tls(Box::new(stream)))
    }

    /// Says that nothing more will be sent, where there is a way to.
    pub(crate) fn end_sending(&mut self) -> io::Result<()> {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            stream.flush()?;
        }
        Ok(())
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            // Only that: a peer that has ended its sending can still read.
            Self::Tls(stream) => loop {
                match stream.conn.reader().read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        stream.conn.read_tls(&mut stream.sock)?;
                        stream.conn.process_new_packets().map_err(io::Error::other)?;
                    }
                    read => return read,
                }
            },
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// A socket that is shared.
pub(crate) struct Shared(Arc<TcpStream>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.as_ref().read(buffer)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_ref().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_ref().flush()
    }
}

/// The frames of a peer.
pub(crate) struct Frames {
    socket: WebSocket<Socket>,
    /// The last frame that was sent is not the last of its message.
    inside: bool,
    /// The code and the reason of the server's Close frame.
    closed: Option<(u16, String)>,
}

impl Frames {
    /// Shakes hands with the server at this address.
    pub(crate) fn open(socket: Socket, server: SocketAddr, way: Way) -> Result<Self, String> {
        let mut request =
            format!("ws://{server}/ws").into_client_request().map_err(|error| error.to_string())?;
        let json = format!("{SUBPROTOCOL}, {JSON_SUBPROTOCOL}");
        let subprotocols = if way.json { &*json } else { SUBPROTOCOL };
        let subprotocols =
            HeaderValue::from_str(subprotocols).map_err(|error| error.to_string())?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocols);
        match tungstenite::client(request, socket) {
            Ok((socket, _)) => Ok(Self { socket, inside: false, closed: None }),
            Err(HandshakeError::Failure(error)) => Err(error.to_string()),
            Err(HandshakeError::Interrupted(_)) => Err("no answer".to_owned()),
        }
    }

    /// Sends the bytes in one frame. A line that has no end yet goes on in the next one.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let opcode = match str::from_utf8(bytes) {
            _ if self.inside => Data::Continue,
            Ok(_) => Data::Text,
            Err(_) => Data::Binary,
        };
        self.inside = !bytes.ends_with(b"\n");
        let frame = Frame::message(bytes.to_vec(), OpCode::Data(opcode), !self.inside);
        self.socket.send(Message::Frame(frame)).map_err(io::Error::other)
    }

    /// Receives the payload of the next message; none at the end.
    pub(crate) fn receive(&mut self, patience: Duration) -> io::Result<Vec<u8>> {
        let begun = Instant::now();
        // Pings come all the time.
        while begun.elapsed() < patience {
            match self.socket.read() {
                Ok(Message::Close(close)) => {
                    let close = close.map(|close| (close.code.into(), close.reason.to_string()));
                    self.closed = close;
                    // Sends the answer.
                    let _ = self.socket.flush();
                }
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                    return Ok(message.into_data().to_vec());
                }
                Ok(_) => {}
                Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Ok(Vec::new()),
                Err(Error::Io(error)) => return Err(error),
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    /// The socket below the frames.
    pub(crate) fn socket(&mut self) -> &mut Socket {
        self.socket.get_mut()
    }

    /// The same, without the frames from now on.
    pub(crate) fn into_socket(self) -> Socket {
        self.socket.into_inner()
    }

    /// The code and the reason of the server's Close frame, once it has come.
    pub(crate) fn closed(&self) -> Option<&(u16, String)> {
        self.closed.as_ref()
    }
}
