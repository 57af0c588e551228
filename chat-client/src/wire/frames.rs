//! A WebSocket on top of a link: each line that is sent is a text message; what arrives is a stream of lines.

use std::io;

use bytes::{Buf, Bytes};
use chat_protocol::options::server_address::ServerAddress;
use chat_protocol::websocket::handshake::SUBPROTOCOL;
use chat_terminal::person::MAX_INPUT;
use tokio::net::TcpStream;
use tungstenite::client::{IntoClientRequest, client_with_config};
use tungstenite::error::ProtocolError;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Error, HandshakeError, Message, WebSocket};

use super::error::{DoorError, Protocol};
use super::link::{Link, unless_blocked};

/// Size of one read, in bytes. The library's 128 KiB are for servers.
const READ: usize = 4 * 1024;

/// Bytes of lines that one write takes, or one line that is longer.
const WRITE: usize = 16 * 1024;

/// Longest message of a server, in bytes. It bounds the client's memory; this project's server sends 16 KiB at a time.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// Most bytes of frames that wait for the socket. A pong that finds no room is replaced by the next one. It is small
/// because the library moves all that waits to the front after each write.
const MAX_UNSENT: usize = 64 * 1024;

/// The same while lines are sent. They are put behind no frame, and [`WRITE`] bytes or one line at a time.
const MAX_UNSENT_LINES: usize = 2 * MAX_INPUT;

/// The frames of a connection.
pub(crate) struct Frames {
    socket: WebSocket<Link>,
    /// The rest of the last message, not read yet.
    rest: Bytes,
    /// True if a frame was not sent whole.
    holds: bool,
    /// The code and the reason of the server's Close frame.
    closed: Option<(u16, String)>,
}

impl Frames {
    /// Asks the server for a WebSocket. Cancel-safe: the connection is dropped.
    pub(super) async fn open(link: Link, address: &ServerAddress) -> Result<Self, DoorError> {
        let (scheme, endpoint, path) = (address.door.scheme(), &address.endpoint, &address.path);
        let mut request = format!("{scheme}://{endpoint}{path}").into_client_request()?;
        let subprotocol = HeaderValue::from_static(SUBPROTOCOL);
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(WRITE)
            .max_write_buffer_size(MAX_UNSENT)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let mut step = client_with_config(request, link, Some(config));
        loop {
            match step {
                Ok((socket, response)) => {
                    // None was asked for (RFC 6455, 4.1).
                    if let Some(extension) = response.headers().get("Sec-WebSocket-Extensions") {
                        let extension = String::from_utf8_lossy(extension.as_bytes()).into();
                        return Err(DoorError::Extension(extension));
                    }
                    return Ok(Self { socket, rest: Bytes::new(), holds: false, closed: None });
                }
                // The request is sent by then: it is short.
                Err(HandshakeError::Interrupted(mut middle)) => {
                    middle.get_mut().get_mut().begin_turn();
                    middle.get_ref().get_ref().tcp().readable().await?;
                    step = middle.handshake();
                }
                Err(HandshakeError::Failure(error)) => return Err(error.into()),
            }
        }
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        self.socket.get_ref().tcp()
    }

    /// Reads the next bytes of the server's lines. Answers pings and the Close frame on the way.
    pub(super) fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.get_mut().begin_turn();
        while self.rest.is_empty() {
            match self.socket.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                    self.rest = message.into_data();
                }
                Ok(Message::Close(close)) => {
                    // The answer.
                    let _ = self.flush();
                    if close.as_ref().is_some_and(is_invalid) {
                        let invalid = Error::Protocol(ProtocolError::InvalidCloseSequence);
                        return Err(io_error(invalid));
                    }
                    self.closed = close.map(|close| (close.code.into(), close.reason.to_string()));
                    return Ok(0);
                }
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Err(
                    Error::ConnectionClosed
                    | Error::AlreadyClosed
                    | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
                ) => return Ok(0),
                Err(error) => return Err(io_error(error)),
            }
        }
        let read = self.rest.len().min(buffer.len());
        self.rest.copy_to_slice(&mut buffer[..read]);
        Ok(read)
    }

    /// Sends each line as a text message, without its end: the message's end is that of the line.
    pub(super) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        self.socket.set_config(|config| config.max_write_buffer_size = MAX_UNSENT_LINES);
        let mut taken = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            let message = Message::text(text.trim_end_matches(['\r', '\n']));
            // A frame that the socket does not take is kept.
            unless_blocked(self.socket.write(message).map_err(io_error))?;
            taken += line.len();
            if taken >= WRITE {
                break;
            }
        }
        self.socket.set_config(|config| config.max_write_buffer_size = MAX_UNSENT);
        unless_blocked(self.flush())?;
        Ok(taken)
    }

    pub(super) fn holds(&self) -> bool {
        self.holds
    }

    /// Sends a Close frame, unless one was sent, as far as the socket takes it.
    pub(super) fn close(&mut self) {
        let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        // The connection ends in any case.
        let _ = self.socket.close(Some(normal));
        self.socket.get_mut().end();
    }

    pub(super) fn closed(&self) -> Option<&(u16, String)> {
        self.closed.as_ref()
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.socket.flush().map_err(io_error);
        self.holds = matches!(&flushed, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        flushed
    }
}

/// Returns whether the server's Close frame had a code that none may have (RFC 6455, 7.4). The library puts this one in
/// its place.
fn is_invalid(close: &CloseFrame) -> bool {
    close.code == CloseCode::Protocol && close.reason == "Protocol violation"
}

/// The error of a conversation: the socket's own, or a breach of the rules of WebSocket.
fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        broken => io::Error::new(io::ErrorKind::InvalidData, broken),
    }
}

/// An error of the handshake.
impl From<Error> for DoorError {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                Self::Failed(Protocol::WebSocket, error.to_string())
            }
            Error::Io(_) | Error::Protocol(ProtocolError::HandshakeIncomplete) => {
                Self::Cut(Protocol::WebSocket)
            }
            Error::Protocol(ProtocolError::HttparseError(_) | ProtocolError::WrongHttpVersion)
            | Error::HttpFormat(_) => Self::NoHttp,
            Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => Self::NoSubprotocol,
            Error::Http(response) => {
                let location = response.headers().get("Location");
                let location = location.map(|to| String::from_utf8_lossy(to.as_bytes()).into());
                Self::Http { status: response.status().as_u16(), location }
            }
            other => Self::Failed(Protocol::WebSocket, other.to_string()),
        }
    }
}
