//! The wire of a connection: plain lines, or WebSocket frames.

pub(crate) mod encoding;
pub(crate) mod text;
pub(crate) mod websocket;

use encoding::Encoding;
use websocket::WebSocket;

/// The form in which lines travel. A plain connection has a tag of eight bytes; all else is boxed.
pub(crate) enum Wire {
    Plain,
    WebSocket(Box<WebSocket>),
}

impl Wire {
    /// The encoding of what is sent.
    pub(crate) fn encoding(&self) -> Encoding {
        match self {
            Self::Plain => Encoding::Text,
            Self::WebSocket(socket) => socket.encoding(),
        }
    }
}
