//! The command line, and what it starts.

use std::future::pending;
use std::io::{self, IsTerminal};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::RangeInclusive;
use std::time::Duration;

use bytesize::ByteSize;
use chat_protocol::endpoint::Endpoint;
use chat_protocol::framing::Framing;
use chat_protocol::limits::{
    BURST, DRAIN, MAX_LINE, MAX_LINE_RANGE, MAX_ROOMS, NAME_TIMEOUT, OUTBOX, SLOW_TIMEOUT,
};
use chat_protocol::profile::{Label, MaxClients, Operator, Profile, WhenFull};
use chat_protocol::rate::MaxRate;
use chat_protocol::time_limit::TimeLimit;
use chat_protocol::wording;
use chat_terminal::person::Screen;
use chat_terminal::{descriptors, signals, usage};
use clap::parser::ValueSource;
use clap::{ArgAction, Command, CommandFactory, Parser};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::filter::LevelFilter;

use crate::config::Config;
use crate::net::listener;
use crate::room::outbox::SlowReader;
use crate::run;
use crate::streams::Front;

/// A TCP chat server: every message goes to everyone but its sender.
///
/// Prints what happens on standard output, diagnostics on standard error. SIGINT and SIGTERM stop
/// it: it delivers what it has accepted, closes every connection and exits within `--drain`.
#[derive(Debug, Parser)]
#[command(version)]
#[expect(clippy::struct_excessive_bools, reason = "a command line is a list of switches")]
pub struct Cli {
    /// The kind of chat: sets the defaults of some options, see below
    #[arg(long, value_name = "PROFILE", default_value_t)]
    profile: Profile,

    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t)]
    bind: Endpoint,

    /// What stands before a message: port (`usuario PORT: TEXT`), name (`NAME > TEXT`) or none
    /// (`TEXT`)
    #[arg(long, value_name = "LABEL")]
    label: Label,

    /// Ask each client for its name: it takes part once it has given one
    #[arg(long, value_name = "on|off", num_args = 0..=1, action = ArgAction::Set, default_missing_value = "on", value_parser = usage::switch)]
    ask_name: bool,

    /// What a client is asked for its name with
    #[arg(long, value_name = "TEXT", default_value = wording::NAME_KEYWORD, value_parser = usage::keyword)]
    name_keyword: String,

    /// Close a connection that does not give its name for this long
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::of(NAME_TIMEOUT))]
    name_timeout: TimeLimit,

    /// Tell a room who joins and leaves it
    #[arg(long, value_name = "on|off", num_args = 0..=1, action = ArgAction::Set, default_missing_value = "on", value_parser = usage::switch)]
    presence: bool,

    /// Understand lines that begin with `/` as commands: rooms, private messages and more (/ayuda)
    #[arg(long, value_name = "on|off", num_args = 0..=1, action = ArgAction::Set, default_missing_value = "on", value_parser = usage::switch)]
    commands: bool,

    /// How many rooms there may be at a time
    #[arg(long, value_name = "NUMBER", default_value_t = MAX_ROOMS)]
    max_rooms: NonZeroUsize,

    /// Let the console take part under this name, or off; `salir` there stops the server
    #[arg(long, value_name = "NAME")]
    operator: Operator,

    /// Otherwise the operator may be asked for a name.
    #[arg(skip)]
    operator_given: bool,

    /// How many clients are served at a time, or off
    #[arg(long, value_name = "NUMBER")]
    max_clients: MaxClients,

    /// What happens to one more: refuse it, or let it wait for its turn
    #[arg(long, value_name = "refuse|wait")]
    when_full: WhenFull,

    /// How many connections one address (IPv6: one /64) may have at a time, or off; one more is
    /// refused
    #[arg(long, value_name = "NUMBER", default_value_t = MaxClients(None))]
    max_per_ip: MaxClients,

    /// Close a connection that is silent in both directions for this long: 60s, 1m30s, 500ms, off
    #[arg(long, value_name = "TIME")]
    idle_timeout: TimeLimit,

    /// How messages are told apart: by newlines (line), also by pauses (chunk), or by pauses
    /// until a peer sends its first newline (auto)
    #[arg(long, value_name = "FRAMING", default_value_t)]
    framing: Framing,

    /// Longest line in bytes; a longer one is refused
    #[arg(long, value_name = "BYTES", default_value_t = MAX_LINE, value_parser = max_line)]
    max_line: usize,

    /// How many lines a second a client may send over a longer time, or off: while it has sent more,
    /// it is not read from
    #[arg(long, value_name = "NUMBER/s")]
    max_rate: MaxRate,

    /// How many lines may come at once before that holds
    #[arg(long, value_name = "NUMBER", default_value_t = BURST, value_parser = burst)]
    burst: NonZeroU32,

    /// How much may wait for a client that reads more slowly than others speak, beside eight longest
    /// lines: 256KiB, 1MiB
    #[arg(long, value_name = "SIZE", default_value = OUTBOX, value_parser = outbox)]
    outbox: ByteSize,

    /// What happens when that is full: the client misses messages and is told how many (skip), or
    /// its connection is closed (close)
    #[arg(long, value_name = "skip|close", default_value = "skip", value_parser = slow_reader)]
    slow_reader: SlowReader,

    /// Close the connection of a client that reads nothing for this long although something waits
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::of(SLOW_TIMEOUT))]
    slow_timeout: TimeLimit,

    /// Let messages wait this long for others, so that a busy room costs fewer writes, or off
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::OFF, value_parser = coalesce)]
    coalesce: TimeLimit,

    /// How many threads serve the clients
    #[arg(long, value_name = "NUMBER", default_value_t = NonZeroUsize::MIN, value_parser = threads)]
    threads: NonZeroUsize,

    /// How long ending may take: what was accepted is delivered within this time
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::of(DRAIN), value_parser = drain)]
    drain: TimeLimit,

    /// Do not print messages
    #[arg(long)]
    quiet: bool,

    /// Diagnostics on standard error: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "warn", value_parser = log_level)]
    log: LevelFilter,
}

const LONGEST_COALESCE: Duration = Duration::from_secs(1);

/// However short the time for ending, the last lines get this much to be written.
const SHORTEST_FLUSH: Duration = Duration::from_millis(50);

/// As many as anybody has processors.
const MAX_THREADS: usize = 1024;

const EXIT_STATUSES: &str =
    "Exit status: 0 stopped by a signal or the operator, 1 cannot listen, 2 bad usage.";

fn max_line(text: &str) -> Result<usize, String> {
    let range: RangeInclusive<usize> = MAX_LINE_RANGE;
    text.parse().ok().filter(|bytes| range.contains(bytes)).ok_or_else(|| {
        format!("expected a number of bytes from {} to {}", range.start(), range.end())
    })
}

/// From a dozen messages to what a machine of today can hold for some hundred clients.
fn outbox(text: &str) -> Result<ByteSize, &'static str> {
    let sizes = ByteSize::kib(1)..=ByteSize::gib(1);
    text.parse()
        .ok()
        .filter(|size| sizes.contains(size))
        .ok_or("expected a size from 1KiB to 1GiB, such as 256KiB or 1MiB")
}

fn slow_reader(text: &str) -> Result<SlowReader, &'static str> {
    match text {
        "skip" => Ok(SlowReader::Skip),
        "close" => Ok(SlowReader::Close),
        _ => Err("expected skip or close"),
    }
}

fn burst(text: &str) -> Result<NonZeroU32, &'static str> {
    text.parse().map_err(|_| "expected a number of lines from 1")
}

fn threads(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse()
        .ok()
        .filter(|threads: &NonZeroUsize| threads.get() <= MAX_THREADS)
        .ok_or("expected a number of threads from 1 to 1024")
}

/// Longer, it would be no chat.
fn coalesce(text: &str) -> Result<TimeLimit, &'static str> {
    let short = |limit: &TimeLimit| limit.duration().is_none_or(|time| time <= LONGEST_COALESCE);
    text.parse().ok().filter(short).ok_or("expected a time of up to 1s, such as 2ms, or off")
}

fn drain(text: &str) -> Result<TimeLimit, &'static str> {
    let limited = |limit: &TimeLimit| limit.duration().is_some();
    text.parse().ok().filter(limited).ok_or("expected a time such as 5s or 500ms")
}

fn log_level(text: &str) -> Result<LevelFilter, &'static str> {
    text.parse().map_err(|_| "expected off, error, warn, info, debug or trace")
}

/// The command line, in which the chosen profile sets the defaults.
fn command(profile: Profile) -> Command {
    let table = usage::profile_table(|profile| profile.server().written());
    usage::with_defaults(Cli::command(), profile.server().written())
        .after_help(format!("{table}\n{EXIT_STATUSES}"))
}

impl Cli {
    /// The process's arguments; or, where they ask for help or are wrong, the end of the process.
    pub fn parse_or_exit() -> Self {
        let command = command(usage::profile_in(std::env::args_os()));
        let (mut cli, matches) = usage::parse_or_exit::<Self>(command);
        let source = matches.value_source("operator");
        cli.operator_given = source == Some(ValueSource::CommandLine);
        cli
    }

    /// Serves until a signal, or the operator, stops the process.
    pub fn start(self) -> Result<(), StartError> {
        // Each connection takes one.
        descriptors::raise();
        let runtime = runtime(self.threads.get()).map_err(StartError::Runtime)?;
        let served = runtime.block_on(self.serve());
        // A read of standard input cannot be cancelled, and is not to be waited for.
        runtime.shutdown_background();
        served
    }

    async fn serve(self) -> Result<(), StartError> {
        let signalled = signals::stop().map_err(StartError::Runtime)?;
        // An operator whose terminal is gone has left. Without one, it is left to the system.
        let attended = self.operator.0.is_some() && io::stdin().is_terminal();
        let hangup = attended.then(signals::hangup).transpose().map_err(StartError::Runtime)?;
        let hung_up = async {
            match hangup {
                Some(hangup) => hangup.await,
                None => pending().await,
            }
        };
        let listener = listener::bind(&self.bind)
            .await
            .map_err(|reason| StartError::Listen { address: self.bind.clone(), reason })?;
        let front = match &self.operator.0 {
            Some(_) => Front::with_desk(!self.operator_given),
            None => Front::without_desk(),
        };
        let log = front.log.clone();
        tracing_subscriber::fmt()
            .with_max_level(self.log)
            .with_target(false)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .init();
        let operator = self.operator.0.clone().zip(front.desk);
        let stop = async {
            tokio::select! {
                () = signalled => {}
                () = hung_up => {}
                () = front.interrupt.notified() => {}
            }
        };
        let config = self.config();
        // The rest is for the connections.
        let output_drain = SHORTEST_FLUSH.max(config.drain / 10);
        let served = run(listener, config, front.console.clone(), operator, stop).await;
        front.console.finish(output_drain);
        front.log.finish(output_drain);
        if let Some(screen) = front.screen {
            screen.close().await;
        }
        served.map_err(StartError::Runtime)
    }

    fn config(self) -> Config {
        Config {
            label: self.label,
            name_keyword: self.ask_name.then_some(self.name_keyword),
            name_timeout: self.name_timeout,
            presence: self.presence,
            commands: self.commands,
            max_rooms: self.max_rooms.get(),
            max_clients: self.max_clients,
            when_full: self.when_full,
            max_per_ip: self.max_per_ip,
            framing: self.framing,
            max_line: self.max_line,
            idle_timeout: self.idle_timeout,
            max_rate: self.max_rate,
            burst: self.burst,
            outbox: usize::try_from(self.outbox.0).unwrap_or(usize::MAX),
            slow_reader: self.slow_reader,
            slow_timeout: self.slow_timeout,
            coalesce: self.coalesce,
            drain: self.drain.duration().unwrap_or(DRAIN),
            quiet: self.quiet,
        }
    }
}

/// One thread needs no locks to be fast; several share the connections and the rooms.
fn runtime(threads: usize) -> io::Result<Runtime> {
    match threads {
        1 => Builder::new_current_thread(),
        several => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(several);
            builder
        }
    }
    .enable_all()
    .build()
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
    use clap::FromArgMatches;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_in_every_profile() {
        for profile in Profile::ALL {
            command(profile).debug_assert();
            let cli = command(profile).try_get_matches_from(["chat-server"]);
            let cli = Cli::from_arg_matches(&cli.unwrap()).unwrap();
            let options = profile.server();
            assert_eq!((cli.label, cli.ask_name), (options.label, options.ask_name));
            assert_eq!((cli.presence, cli.commands), (options.presence, options.commands));
            assert_eq!(Ok(cli.operator), options.operator.parse());
            assert_eq!((cli.max_clients, cli.when_full), (options.max_clients, options.when_full));
            assert_eq!((cli.idle_timeout, cli.max_rate), (options.idle_timeout, options.max_rate));
        }
    }

    #[test]
    fn help_shows_what_the_profile_sets() {
        let help = command(Profile::Sala).render_long_help().to_string();
        let presence = help.split("--presence").nth(1).unwrap().split("--").next().unwrap();
        assert!(presence.contains("[default: on]"), "{help}");
        assert!(help.contains("basico    sala      practico  grupal"), "{help}");
    }

    #[test]
    fn an_option_wins_over_the_profile() {
        let arguments = ["chat-server", "--ask-name", "off", "--presence=off", "--operator", "off"];
        for profile in Profile::ALL {
            let cli = command(profile).try_get_matches_from(arguments).unwrap();
            let cli = Cli::from_arg_matches(&cli).unwrap();
            assert!(!cli.ask_name && !cli.presence && cli.operator.0.is_none(), "{profile}");
        }
    }
}
