//! The chat's server: forwards every message to everyone but its sender.
//!
//! [`run`] is the whole story. Below it, in the order of reading:
//!
//! | module | what it holds |
//! |---|---|
//! | `connection` | one client's bytes → lines → actions, and its deadlines |
//! | `session` | what a line means, without sockets and clocks |
//! | `room` | the order of what is said: the pending batch |
//! | `batch` | the text of a pass, and who gets something else |
//! | `fanout` | one pass over the members for each batch, one write each |
//! | `outbox` | what waits for a member whose socket is full |
//! | `member`, `link` | what a room knows of its members; a TCP connection as one |
//! | `pace` | who floods the room, and waits for those who lag |
//! | `listener` | listening and accepting |
//! | `console` | lines for people, from a thread of its own |

mod activity;
mod batch;
pub mod cli;
pub mod config;
mod connection;
pub mod console;
mod fanout;
mod link;
pub mod listener;
mod member;
mod outbox;
mod pace;
mod room;
mod session;

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::wording;
use tokio::net::TcpListener;
use tokio::task::JoinError;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use config::Config;
use console::Console;
use fanout::Fanout;
use link::Link;
use room::Room;

/// How long a stopping server takes at most to deliver what it has accepted. With twice
/// [`console::FLUSH_DEADLINE`] for its two outputs it has ended within five seconds
/// (requirement 1.6).
pub const DRAIN: Duration = Duration::from_secs(4);

/// How much of [`DRAIN`] one client gets to have heard what it sent before the stop.
const HEAR_OUT: Duration = Duration::from_secs(2);

/// What all connections share.
struct Server {
    config: Config,
    console: Console,
    room: Arc<Room<Link>>,
    stopping: CancellationToken,
    /// A token for each client that may still say something. Closed, so it can be waited for.
    speaking: TaskTracker,
}

/// Serves clients until `stop` completes; then delivers what was accepted, for at most [`DRAIN`].
///
/// Fails only when the listener has no address. Not cancel-safe: connections go on without it.
///
/// # Panics
///
/// When the fan-out has panicked: a chat that delivers nothing must not go on.
pub async fn run(
    listener: TcpListener,
    config: Config,
    console: Console,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let room = Arc::new(Room::new());
    let connections = TaskTracker::new();
    let partings = TaskTracker::new();
    let fanout =
        Fanout::new(Arc::clone(&room), partings.clone(), outbox::capacity(config.max_line));
    let mut delivery = tokio::spawn(fanout.run());
    let speaking = TaskTracker::new();
    speaking.close();
    let stopping = CancellationToken::new();
    let server = Arc::new(Server { config, console, room, stopping, speaking });
    server.console.print(wording::started(listener.local_addr()?));
    server.console.print(wording::WAITING);

    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            ended = &mut delivery => return ended.map_err(pass_on),
            (stream, peer) = listener::accept(&listener) => {
                let link = Arc::new(Link::new(stream, peer));
                let speaking = server.speaking.token();
                connections.spawn(connection::serve(Arc::clone(&server), link, speaking));
            }
        }
    }

    server.console.print(wording::CLOSING);
    drop(listener);
    server.stopping.cancel();
    let drained = timeout(DRAIN, async {
        connections.close();
        connections.wait().await;
        server.room.close();
        delivery.await.map_err(pass_on)?;
        partings.close();
        partings.wait().await;
        Ok(())
    });
    drained.await.unwrap_or_else(|_| {
        tracing::warn!("some clients did not take everything in time");
        Ok(())
    })
}

/// A task that panicked panics here as well; nobody cancels one.
fn pass_on(error: JoinError) -> io::Error {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(cancelled) => io::Error::other(cancelled),
    }
}
