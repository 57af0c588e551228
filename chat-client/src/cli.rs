//! The command line, and what it starts.

use std::io::{self, IsTerminal};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::endpoint::Endpoint;
use chat_protocol::time_limit::TimeLimit;
use chat_protocol::wording;
use chat_terminal::{pipe, signals, terminal, usage};
use clap::{CommandFactory, Parser};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::conversation::Outcome;
use crate::run;

/// A TCP chat client: what you type is sent, what arrives is shown.
///
/// On a terminal it edits lines and keeps a history; otherwise it is a filter from standard input
/// to standard output. `salir`, Ctrl-C and the end of input leave.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_STATUSES)]
pub struct Cli {
    /// The server; port 12345 when only a host is given
    #[arg(value_name = "ADDR:PORT", default_value_t)]
    server: Endpoint,

    /// Leave when nothing is sent or received for this long: 60s, 1m30s, 500ms, off
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::OFF)]
    idle_timeout: TimeLimit,
}

const EXIT_STATUSES: &str = "Exit status: 0 left, 1 no connection, 2 bad usage, \
                             3 the server closed the connection, 4 nothing happened for too long, \
                             5 left before everything was sent, 6 the output cannot be written.";

/// How long the server may take to answer at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Cli {
    /// The process's arguments; or, where they ask for help or are wrong, the end of the process.
    pub fn parse_or_exit() -> Self {
        usage::parse_or_exit(Self::command()).0
    }

    /// Talks until one side ends the conversation.
    pub fn start(self) -> Result<Outcome, StartError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::System)?;
        let outcome = runtime.block_on(self.talk());
        // A read of standard input cannot be cancelled, and is not to be waited for.
        runtime.shutdown_background();
        outcome
    }

    async fn talk(self) -> Result<Outcome, StartError> {
        let interrupt = Arc::new(Notify::new());
        let signalled = signals::stop().map_err(StartError::System)?;
        let hung_up = signals::hangup().map_err(StartError::System)?;
        let mut stop = pin!(async {
            tokio::select! {
                () = signalled => {}
                () = hung_up => {}
                () = interrupt.notified() => {}
            }
        });
        let connected = tokio::select! {
            connected = connect(&self.server) => connected,
            () = &mut stop => return Ok(Outcome::Left),
        };
        let stream =
            connected.map_err(|reason| StartError::Connect { address: self.server, reason })?;
        let idle = self.idle_timeout.duration();
        if io::stdin().is_terminal()
            && io::stdout().is_terminal()
            && let Some(terminal) = terminal::open(None, Arc::clone(&interrupt))
        {
            Ok(run(stream, terminal, idle, stop).await)
        } else {
            Ok(run(stream, pipe::open(), idle, stop).await)
        }
    }
}

async fn connect(server: &Endpoint) -> io::Result<TcpStream> {
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(server.host_and_port()))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    // What is typed is complete when it is sent.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Why there was no conversation.
#[derive(Debug, Error)]
pub enum StartError {
    /// No server there, or none that answers.
    #[error("{}", wording::cannot_connect(address, reason))]
    Connect {
        /// The address as it was given.
        address: Endpoint,
        /// What the system said.
        reason: io::Error,
    },
    /// The system gave no event queue or no signal handler.
    #[error(transparent)]
    System(io::Error),
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Left => 0,
            Outcome::ServerClosed => 3,
            Outcome::Idle => 4,
            Outcome::Unsent => 5,
            Outcome::Unseen => 6,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
