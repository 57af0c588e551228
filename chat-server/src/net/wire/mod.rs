//! The wire of a connection: plain lines, or WebSocket frames.

pub(crate) mod text;
pub(crate) mod websocket;

use websocket::WebSocket;

/// The form in which lines travel. A plain connection has a tag of eight bytes; all else is boxed.
pub(crate) enum Wire {
    Plain,
    WebSocket(Box<WebSocket>),
}
