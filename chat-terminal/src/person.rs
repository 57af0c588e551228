//! What a conversation asks of the person at this end, wherever that person sits.

use std::future::Future;
use std::io;

use bytes::BytesMut;

/// What the person did.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// Entered a line, or pasted several.
    Text(String),
    /// Answered the question that stood in place of the prompt.
    Answer(String),
    /// Entered more than [`MAX_INPUT`] bytes without a newline; they are dropped.
    TooLong,
    /// Ended the input.
    End,
}

/// The longest line that is taken from a person, in bytes. What a server takes is for the server
/// to say; this is only what a program at this end is willing to hold.
pub const MAX_INPUT: usize = 1024 * 1024;

/// The half of a person that enters lines.
pub trait Keyboard {
    /// The next thing the person does. Cancel-safe. After [`Input::End`] there is no more.
    fn next(&mut self) -> impl Future<Output = Input>;

    /// Does the question need another answer than the last one? To be called after each
    /// [`Input::Answer`]: until then, nothing more can be entered. Otherwise it does nothing.
    fn answered(&mut self, _again: bool) {}

    /// Asks this from now on, in place of the prompt. What is being typed comes back behind the
    /// answer. Does nothing where nobody can be asked.
    fn ask(&mut self, _question: &'static str) {}
}

/// The half of a person that reads lines.
pub trait Screen {
    /// Shows some of the lines, and takes those off. Fails when nobody can see them any more.
    /// Cancel-safe, as long as the next call is given the same lines and more.
    fn show(&mut self, lines: &mut BytesMut) -> impl Future<Output = io::Result<()>>;

    /// Makes sure that everything shown can be seen, and gives the terminal back.
    fn close(self) -> impl Future<Output = ()>;
}
