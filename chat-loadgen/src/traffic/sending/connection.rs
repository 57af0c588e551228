//! A client's connection, which its sending and its receiving half share.

use mio::net::TcpStream;

use crate::door::wrapping::Wrapping;

/// A connection. It is closed when both halves have dropped it.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The socket, registered for reading and writing.
    pub(crate) stream: TcpStream,
    /// What is around its bytes.
    pub(crate) wrapping: Wrapping,
}
