//! What a conversation asks of the person at this end, wherever that person sits.

use std::io;

/// What the person did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Entered a line, or pasted several.
    Text(String),
    /// Entered more than [`MAX_INPUT`] bytes without a newline; they are dropped.
    TooLong,
    /// Pressed Ctrl-C, or ended the input.
    End,
}

/// The longest line that is taken from a person, in bytes. What a server takes is for the server
/// to say; this is only what the client is willing to hold.
pub(crate) const MAX_INPUT: usize = 1024 * 1024;

/// Someone who reads and writes lines.
pub(crate) trait Person {
    /// The next thing the person does. Cancel-safe. After [`Input::End`] there is no more.
    async fn next(&mut self) -> Input;

    /// Shows a line, at once. Fails when nobody can see it any more. Not cancel-safe: the line may
    /// have been shown or not.
    async fn show(&mut self, line: &str) -> io::Result<()>;

    /// Makes sure that everything shown can be seen, and gives the terminal back.
    async fn close(self);
}
