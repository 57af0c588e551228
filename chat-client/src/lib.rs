//! The chat client, between a user and a server.
//!
//! [`cli::Cli::start`] connects; `run` does everything after that: a conversation between the
//! server and a user at a terminal or behind a pipe.
//!
//! | module | what it holds |
//! |---|---|
//! | `conversation` | both directions at once, leaving, idle timeout |
//! | `hint` | hints for a profile that does not fit the server |
//! | `naming` | giving the server a name when it asks for one |
//! | `paint` | appearance of a line: colour, time, bell |
//! | `session` | what outlives a connection: numbered lines, messages that were heard |
//! | [`exit`] | exit reasons and statuses |
//! | [`wire`] | the connection: TCP, TLS, WebSocket; which server is believed |
//!
//! [`chat_terminal`] is the interface to the user.

pub mod cli;
mod conversation;
pub mod exit;
mod hint;
mod naming;
mod paint;
mod session;
pub mod wire;

use std::future::Future;

use chat_terminal::person::{Keyboard, Screen};
use conversation::{Conversation, Settings};
use exit::Exit;
use wire::Wire;

/// Talks until one side ends the conversation, or `stop` completes.
///
/// Not cancel-safe: the terminal might not be restored.
pub(crate) async fn run(
    wire: Wire,
    (keyboard, screen): (impl Keyboard, impl Screen),
    settings: Settings,
    stop: impl Future<Output = ()>,
) -> Exit {
    let mut conversation = Conversation::new(wire, keyboard, screen, settings);
    let exit = tokio::select! {
        exit = conversation.talk_and_return() => exit,
        () = stop => conversation.leave_now().await,
    };
    conversation.close().await;
    exit
}
