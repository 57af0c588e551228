//! The door through which the raw peers of a test come: lines over TCP, or a WebSocket.

use std::env;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use chat_protocol::websocket::handshake::{JSON_SUBPROTOCOL, SUBPROTOCOL};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Error, HandshakeError, Message, WebSocket};

/// The door of all peers of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Lines over TCP.
    Plain,
    /// A WebSocket, by another project's client.
    WebSocket,
    /// The same, for JSON objects.
    Json,
}

/// The name of the variable in the environment that chooses the door; `websocket` is the other one.
pub const VARIABLE: &str = "CHAT_DOOR";

static CHOSEN: LazyLock<Door> = LazyLock::new(|| match env::var(VARIABLE) {
    Ok(door) if door == "websocket" => Door::WebSocket,
    _ => Door::Plain,
});

impl Door {
    /// The door that the environment chooses.
    pub fn chosen() -> Self {
        *CHOSEN
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
    socket: WebSocket<Shared>,
    /// The last frame that was sent is not the last of its message.
    inside: bool,
    /// The code and the reason of the server's Close frame.
    closed: Option<(u16, String)>,
}

impl Frames {
    /// Shakes hands with the server at this address.
    pub(crate) fn open(
        socket: Arc<TcpStream>,
        server: SocketAddr,
        door: Door,
        patience: Duration,
    ) -> Result<Self, String> {
        socket.set_read_timeout(Some(patience)).map_err(|error| error.to_string())?;
        let mut request =
            format!("ws://{server}/ws").into_client_request().map_err(|error| error.to_string())?;
        let json = format!("{SUBPROTOCOL}, {JSON_SUBPROTOCOL}");
        let subprotocols = if door == Door::Json { &*json } else { SUBPROTOCOL };
        let subprotocols =
            HeaderValue::from_str(subprotocols).map_err(|error| error.to_string())?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocols);
        match tungstenite::client(request, Shared(socket)) {
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

    /// The code and the reason of the server's Close frame, once it has come.
    pub(crate) fn closed(&self) -> Option<&(u16, String)> {
        self.closed.as_ref()
    }
}
