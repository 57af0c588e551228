//! The person's end of the chat.
//!
//! [`cli::Cli::start`] connects; `run` is the whole story from there: a conversation between a
//! server and a person, who sits either at a terminal or behind a pipe.
//!
//! | module | what it holds |
//! |---|---|
//! | `conversation` | both directions at once, leaving, idle time, how it ends |
//! | `person` | what the conversation asks of either kind of person |
//! | `terminal` | line editing and history, arriving lines above the prompt |
//! | `gate` | when a line may be printed above the prompt |
//! | `pipe` | the filter |
//! | `lines` | reads, and the lines in them |
//! | `signals` | being told to end |

pub mod cli;
pub mod conversation;
mod gate;
mod lines;
mod person;
mod pipe;
mod signals;
mod terminal;

use std::future::Future;
use std::time::Duration;

use tokio::net::TcpStream;

use conversation::{Conversation, Outcome};
use person::{Keyboard, Screen};

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
