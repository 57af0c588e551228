//! The command line, and what it starts.

use std::io;
use std::ops::RangeInclusive;

use chat_protocol::endpoint::Endpoint;
use chat_protocol::framing::Framing;
use chat_protocol::limits::{MAX_LINE, MAX_LINE_RANGE};
use chat_protocol::profile::Profile;
use chat_protocol::time_limit::TimeLimit;
use chat_protocol::wording;
use chat_terminal::{signals, usage};
use clap::{CommandFactory, Parser};
use thiserror::Error;
use tracing_subscriber::filter::LevelFilter;

use crate::config::{Config, Label};
use crate::console::Console;
use crate::{listener, run};

/// A TCP chat server: every message goes to everyone but its sender.
///
/// Prints what happens on standard output, diagnostics on standard error. SIGINT and SIGTERM stop
/// it: it delivers what it has accepted, closes every connection and exits within 5 s.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_STATUSES)]
pub struct Cli {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t)]
    bind: Endpoint,

    /// What stands before a message: port (`usuario PORT: TEXT`) or none (`TEXT`)
    #[arg(long, value_name = "LABEL", default_value_t)]
    label: Label,

    /// How messages are told apart: by newlines (line), also by pauses (chunk), or by pauses
    /// until a peer sends its first newline (auto)
    #[arg(long, value_name = "FRAMING", default_value_t)]
    framing: Framing,

    /// Longest line in bytes; a longer one is refused
    #[arg(long, value_name = "BYTES", default_value_t = MAX_LINE, value_parser = max_line)]
    max_line: usize,

    /// Close a connection that is silent in both directions for this long: 60s, 1m30s, 500ms, off
    #[arg(long, value_name = "TIME", default_value_t = Profile::default().server().idle_timeout)]
    idle_timeout: TimeLimit,

    /// Diagnostics on standard error: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "warn", value_parser = log_level)]
    log: LevelFilter,
}

const EXIT_STATUSES: &str = "Exit status: 0 stopped by a signal, 1 cannot listen, 2 bad usage.";

fn max_line(text: &str) -> Result<usize, String> {
    let range: RangeInclusive<usize> = MAX_LINE_RANGE;
    text.parse().ok().filter(|bytes| range.contains(bytes)).ok_or_else(|| {
        format!("expected a number of bytes from {} to {}", range.start(), range.end())
    })
}

fn log_level(text: &str) -> Result<LevelFilter, &'static str> {
    text.parse().map_err(|_| "expected off, error, warn, info, debug or trace")
}

impl Cli {
    /// The process's arguments; or, where they ask for help or are wrong, the end of the process.
    pub fn parse_or_exit() -> Self {
        usage::parse_or_exit(Self::command()).0
    }

    /// Serves until a signal stops the process.
    pub fn start(self) -> Result<(), StartError> {
        let console = Console::new(io::stdout());
        let log = Console::new(io::stderr());
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(self.log)
            .with_target(false)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        let config = Config {
            label: self.label,
            framing: self.framing,
            max_line: self.max_line,
            idle_timeout: self.idle_timeout,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Runtime)?;
        let served = runtime.block_on(async {
            let stop = signals::stop().map_err(StartError::Runtime)?;
            let listener = listener::bind(&self.bind)
                .await
                .map_err(|reason| StartError::Listen { address: self.bind, reason })?;
            run(listener, config, console.clone(), stop).await.map_err(StartError::Runtime)
        });
        console.finish();
        log.finish();
        served
    }
}

/// Why the server could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address cannot be listened on: taken, reserved, or not of this machine.
    #[error("{}", wording::cannot_listen(address, reason))]
    Listen {
        /// The address as it was given.
        address: Endpoint,
        /// What the system said.
        reason: io::Error,
    },
    /// The system gave no event queue or no signal handler.
    #[error(transparent)]
    Runtime(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_defaults_are_the_basico_profile() {
        let cli = Cli::try_parse_from(["chat-server"]).unwrap();
        let options = Profile::Basico.server();
        assert_eq!(format!("{:?}", cli.label), format!("{:?}", options.label));
        assert_eq!(cli.idle_timeout, options.idle_timeout);
    }
}
