//! Interface between a conversation and its user, at a terminal or behind a pipe.

use std::future::Future;
use std::io;

use bytes::BytesMut;

/// An action of the user.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// The user entered a line, or pasted several.
    Text(String),
    /// The user answered the question that replaced the prompt.
    Answer(String),
    /// The user entered more than [`MAX_INPUT`] bytes without a newline; they are dropped.
    TooLong,
    /// The user ended the input.
    End,
}

/// Maximum length of an input line, in bytes. It bounds this program's memory; the server has its
/// own limit for messages.
pub const MAX_INPUT: usize = 1024 * 1024;

/// Input of the user: the half that enters lines.
pub trait Keyboard {
    /// Waits for the user's next action. Cancel-safe. After [`Input::End`] there is no other.
    fn next(&mut self) -> impl Future<Output = Input>;

    /// Tells whether the question needs another answer (`_again`). Must be called after each
    /// [`Input::Answer`]: until then, the user cannot enter anything. At other times it does
    /// nothing.
    fn answered(&mut self, _again: bool) {}

    /// Replaces the prompt with this question. The line being typed comes back after the answer.
    /// Does nothing if there is no user to ask.
    fn ask(&mut self, _question: &'static str) {}

    /// Withdraws the question, if it has no answer yet. The text typed as its answer becomes the
    /// line at the prompt. Returns whether there was a question.
    fn withdraw(&mut self) -> bool {
        false
    }
}

/// Output to the user: the half that shows lines.
pub trait Screen {
    /// Shows some of the lines, and removes those from `lines`. Fails if the output is closed or
    /// broken. Cancel-safe, if the next call gets the same lines and more.
    fn show(&mut self, lines: &mut BytesMut) -> impl Future<Output = io::Result<()>>;

    /// Waits until everything is shown, then restores the terminal.
    fn close(self) -> impl Future<Output = ()>;
}
