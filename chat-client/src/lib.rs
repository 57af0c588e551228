//! The person's end of the chat.
//!
//! [`run`] is the whole story: a conversation between a server and a person, who sits either at a
//! terminal or behind a pipe.
//!
//! | module | what it holds |
//! |---|---|
//! | `conversation` | both directions at once, leaving, idle time, how it ends |
//! | `person` | what the conversation asks of either kind of person |
//! | `terminal` | line editing and history, arriving lines above the prompt |
//! | `pipe` | the filter |
//! | `lines` | reads, and the lines in them |
//! | `signals` | being told to end |

pub mod cli;
pub mod conversation;
mod lines;
mod person;
mod pipe;
mod signals;
mod terminal;

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use conversation::{Conversation, Outcome};
use person::Person;

/// Talks until one side ends it, a signal asks for the end, or nothing happens for `idle`.
///
/// Fails only when signals cannot be listened for. Not cancel-safe: the person's terminal might
/// not be given back.
pub(crate) async fn run(
    stream: TcpStream,
    mut person: impl Person,
    idle: Option<Duration>,
) -> io::Result<Outcome> {
    let stop = signals::stop()?;
    let mut conversation = Conversation::new(stream, &mut person, idle);
    let outcome = tokio::select! {
        outcome = conversation.talk() => outcome,
        () = stop => conversation.leave_now().await,
    };
    person.close().await;
    Ok(outcome)
}
