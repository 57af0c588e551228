//! The person's end of the chat.
//!
//! [`cli::Cli::start`] connects; `run` is the whole story from there: a conversation between a
//! server and a person, who sits either at a terminal or behind a pipe.
//!
//! | module | what it holds |
//! |---|---|
//! | `conversation` | both directions at once, leaving, idle time, how it ends |
//!
//! The person is [`chat_terminal`].

pub mod cli;
pub mod conversation;

use std::future::Future;
use std::time::Duration;

use tokio::net::TcpStream;

use chat_terminal::person::{Keyboard, Screen};
use conversation::{Conversation, Outcome};

/// Talks until one side ends it, `stop` completes, or nothing happens for `idle`.
///
/// Not cancel-safe: the person's terminal might not be given back.
pub(crate) async fn run(
    stream: TcpStream,
    (keyboard, screen): (impl Keyboard, impl Screen),
    idle: Option<Duration>,
    stop: impl Future<Output = ()>,
) -> Outcome {
    let mut conversation = Conversation::new(stream, keyboard, screen, idle);
    let outcome = tokio::select! {
        outcome = conversation.talk() => outcome,
        () = stop => conversation.leave_now().await,
    };
    conversation.close().await;
    outcome
}
