//! The person's end of the chat.
//!
//! [`cli::Cli::start`] connects; `run` is the whole story from there: a conversation between a
//! server and a person, who sits either at a terminal or behind a pipe.
//!
//! | module | what it holds |
//! |---|---|
//! | `conversation` | both directions at once, leaving, idle time |
//! | `naming` | giving the server a name when it asks for one |
//! | `paint` | how a line looks: colour, the time, the bell |
//! | [`exit`] | how it ends |
//!
//! The person is [`chat_terminal`].

pub mod cli;
mod conversation;
pub mod exit;
mod naming;
mod paint;

use std::future::Future;

use tokio::net::TcpStream;

use chat_terminal::person::{Keyboard, Screen};
use conversation::{Conversation, Settings};
use exit::Exit;

/// Talks until one side ends it, or `stop` completes.
///
/// Not cancel-safe: the person's terminal might not be given back.
pub(crate) async fn run(
    stream: TcpStream,
    (keyboard, screen): (impl Keyboard, impl Screen),
    settings: Settings,
    stop: impl Future<Output = ()>,
) -> Exit {
    let mut conversation = Conversation::new(stream, keyboard, screen, settings);
    let exit = tokio::select! {
        exit = conversation.talk() => exit,
        () = stop => conversation.leave_now().await,
    };
    conversation.close().await;
    exit
}
