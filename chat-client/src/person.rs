//! What a conversation asks of the person at this end, wherever that person sits.

use std::io;

use bytes::BytesMut;

/// What the person did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Entered a line, or pasted several.
    Text(String),
    /// Entered more than [`MAX_INPUT`] bytes without a newline; they are dropped.
    TooLong,
    /// Ended the input.
    End,
}

/// The longest line that is taken from a person, in bytes. What a server takes is for the server
/// to say; this is only what the client is willing to hold.
pub(crate) const MAX_INPUT: usize = 1024 * 1024;

/// The half of a person that enters lines.
pub(crate) trait Keyboard {
    /// The next thing the person does. Cancel-safe. After [`Input::End`] there is no more.
    async fn next(&mut self) -> Input;
}

/// The half of a person that reads lines.
pub(crate) trait Screen {
    /// Shows some of the lines, and takes those off. Fails when nobody can see them any more.
    /// Cancel-safe, as long as the next call is given the same lines and more.
    async fn show(&mut self, lines: &mut BytesMut) -> io::Result<()>;

    /// Makes sure that everything shown can be seen, and gives the terminal back.
    async fn close(self);
}
