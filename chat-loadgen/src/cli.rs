//! The command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chat_protocol::options::endpoint::Endpoint;
use chat_protocol::usage::help::Example;
use chat_protocol::usage::{self, Switch, help, number};
use clap::{Args, Command, CommandFactory, Parser, Subcommand};

use crate::exit_status::{EXIT_STATUSES, precedence};
use crate::record::baseline;
use crate::record::threshold::Condition;
use crate::record::validity::BOUNDS;
use crate::relay;
use crate::traffic::sending::schedule::{Arrivals, Shape};
use crate::traffic::sending::sizes::Sizes;
use crate::wire::dialects::DialectName;

/// Puts a chat server under load, times every delivery and proves what arrived.
///
/// Simulated clients talk in a room. Each delivery is timed from the moment at which its message
/// should have been sent, and is found right, lost, late, duplicated, reordered, echoed to its sender,
/// corrupt or foreign. When the generator itself could not keep up, the run is called INVALID.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, args_override_self = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Other>,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

/// Subcommands beside a run.
#[derive(Debug, Subcommand)]
pub(crate) enum Other {
    /// A bare relay: passes on lines and does nothing else. The noise floor, or a faulty server
    #[command(after_help = help::examples(&RELAY_EXAMPLES))]
    Relay(relay::RelayOptions),
    /// Sums interval logs (--hlog) of several runs or machines, and shows the percentiles
    #[command(after_help = help::examples(&MERGE_EXAMPLES))]
    Merge(MergeOptions),
}

/// Options of `merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeOptions {
    /// Interval logs
    #[arg(required = true, value_name = "HLOG")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the sum's percentile distribution here
    #[arg(long, value_name = "FILE")]
    pub(crate) hgrm: Option<PathBuf>,
}

/// Options of a run.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) target: ServerOptions,
    #[command(flatten)]
    pub(crate) clients: ClientOptions,
    #[command(flatten)]
    pub(crate) load: LoadOptions,
    #[command(flatten)]
    pub(crate) checks: CheckOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// Options for the server.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The server")]
pub(crate) struct ServerOptions {
    /// Address and port on which the server listens
    #[arg(short, long, value_name = "ADDR:PORT", default_value_t, value_parser = Endpoint::of_server)]
    pub(crate) server: Endpoint,
    /// Protocol of the server: basico, sala or grupal (profiles of this chat), irc, nats, redis or
    /// mqtt
    #[arg(
        short = 'p',
        long,
        visible_alias = "profile",
        value_name = "NAME",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) dialect: DialectName,
    /// Start the server with this command, and measure its CPU and memory; {port} becomes a free
    /// port
    #[arg(long, value_name = "COMMAND", conflicts_with = "pid")]
    pub(crate) spawn: Option<String>,
    /// Measure the CPU and memory of this process and its descendants (Linux)
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Option<u32>,
}

/// Options for the clients.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The clients")]
pub(crate) struct ClientOptions {
    /// Number of clients that take part; all of them receive
    #[arg(short, long, value_name = "N", default_value_t = 200, value_parser = number("clients", 1..=100_000_u32))]
    pub(crate) clients: u32,
    /// Number of clients that send, in turn [default: one in ten]
    #[arg(long, value_name = "N", value_parser = number("senders", 1..=100_000_u32))]
    pub(crate) senders: Option<u32>,
    /// Number of rooms over which the clients are spread
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = number("rooms", 1..=10_000_u32))]
    pub(crate) rooms: u32,
    /// Number of further clients, connected without taking part
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = number("clients", 0..=100_000_u32))]
    pub(crate) idle_clients: u32,
    /// Number of clients that stop reading; a run without them comes first, for comparison
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) slow_readers: u32,
    /// Clients that leave and come back, per second: 5/s
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0/s")]
    pub(crate) churn: f64,
    /// Prefix of the clients' names
    #[arg(long, value_name = "PREFIX", default_value = "c", value_parser = prefix)]
    pub(crate) names: String,
    /// Maximum rate at which clients connect
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) connect_rate: Option<f64>,
    /// Maximum number of clients that connect at the same time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = number("clients", 1..=1000_u32))]
    pub(crate) connect_concurrency: u32,
    /// Number of times a failed connection is tried again
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = number("attempts", 0..=20_u32))]
    pub(crate) connect_retries: u32,
    /// Maximum time for one attempt to connect
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = some_time)]
    pub(crate) connect_timeout: Duration,
    /// Go on when not all clients could be connected
    #[arg(long)]
    pub(crate) allow_partial: bool,
    /// Threads that receive, without the canary's
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = number("threads", 1..=64_u32))]
    pub(crate) threads: u32,
}

/// Options for the messages.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The load")]
pub(crate) struct LoadOptions {
    /// Messages per second of all senders together (open loop): 500/s, a ramp 100:1000/s, or steps
    /// 100,200,400/s
    #[arg(short, long, value_name = "RATE", default_value = "500/s", conflicts_with = "window")]
    pub(crate) rate: Shape,
    /// Arrival process of the messages: even, poisson, or burst:N at once
    #[arg(long, value_name = "HOW", default_value = "even", conflicts_with = "window")]
    pub(crate) arrivals: Arrivals,
    /// Number of messages in flight that have not reached the slowest receiver (closed loop)
    #[arg(short, long, value_name = "N", value_parser = number("messages", 1..=100_000_u32))]
    pub(crate) window: Option<u32>,
    /// Bytes of a message's text: 64, 32..512 evenly, or 64:9,1024:1 by weight
    #[arg(long, value_name = "BYTES", default_value = "64")]
    pub(crate) size: Sizes,
    /// Seed of the schedule and the sizes: the same seed gives exactly the same messages
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Time for which messages are sent before the measuring window opens
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = time)]
    pub(crate) warm_up: Duration,
    /// Length of the measuring window
    #[arg(short, long, value_name = "TIME", default_value = "10s", value_parser = some_time)]
    pub(crate) duration: Duration,
    /// Maximum time to wait at the end for messages that have not arrived
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time)]
    pub(crate) drain_timeout: Duration,
    /// Print the plan and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Options for the checks: judging deliveries, thresholds, search, comparisons.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The checks")]
pub(crate) struct CheckOptions {
    /// Check also that all receivers saw the messages of all senders in one order
    #[arg(long)]
    pub(crate) total_order: bool,
    /// Judge deliveries; off only times them, which shows the cost of judging
    #[arg(
        long,
        value_name = "on|off",
        value_enum,
        default_value = "on",
        hide_possible_values = true
    )]
    pub(crate) verify: Switch,
    /// Ignore an INVALID verdict in the exit status: for busy machines, where only correctness
    /// counts
    #[arg(long)]
    pub(crate) allow_invalid: bool,
    /// Number of faults of each kind that are kept with their details
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) witnesses: usize,
    /// Exit with status 4 if this holds, or cannot be known: 'last.p99>20ms', 'lost>0'; may be
    /// given more than once
    #[arg(long, value_name = "CONDITION")]
    pub(crate) fail_if: Vec<Condition>,
    /// Look for the highest rate at which this holds, beginning at --rate: 'p99<5ms && lost==0'
    #[arg(long, value_name = "CONDITION", conflicts_with_all = ["window", "calibrate", "baseline", "save_baseline", "slow_readers", "hlog"])]
    pub(crate) find_max: Option<Condition>,
    /// Run the same against the bare relay first, and show both (basico, one room; all clients read
    /// and stay)
    #[arg(long)]
    pub(crate) calibrate: bool,
    /// Save the record here as a baseline for later runs
    #[arg(long, value_name = "FILE")]
    pub(crate) save_baseline: Option<PathBuf>,
    /// Compare with the baseline that was saved here
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Exit with status 5 if a figure is worse than the --baseline's by more than this
    #[arg(long, value_name = "SHARE", default_value = "20%", value_parser = baseline::allowance)]
    pub(crate) fail_on_regression: f64,
}

/// Options for the reports.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The reports")]
pub(crate) struct OutputOptions {
    /// The whole record as JSON; - is standard output, instead of the summary
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// A line for each second
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// The response's percentile distribution, as text that HDR histogram plotters read
    #[arg(long, value_name = "FILE")]
    pub(crate) hgrm: Option<PathBuf>,
    /// The response second by second, as an HDR interval log: for `merge`, and other tools
    #[arg(long, value_name = "FILE")]
    pub(crate) hlog: Option<PathBuf>,
    /// A page with everything in it, plots included
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

const EXAMPLES: [Example; 3] = [
    ("A hundred clients against a server on this machine", "chat-loadgen -c 100 -r 500/s"),
    (
        "Start the server as well, and measure its CPU and memory",
        "chat-loadgen --spawn 'chat-server -b 127.0.0.1:{port}'",
    ),
    (
        "The highest rate that it holds, from 100/s",
        "chat-loadgen -r 100/s --find-max 'p99<20ms && lost==0'",
    ),
];

const RELAY_EXAMPLES: [Example; 2] = [
    ("Lose one delivery in a thousand", "chat-loadgen relay -b 127.0.0.1:9000 --drop 1/1000"),
    ("In another terminal: find it", "chat-loadgen -s 127.0.0.1:9000"),
];

const MERGE_EXAMPLES: [Example; 2] = [
    ("Keep the interval log of a run; here, of two", "chat-loadgen --hlog a.hlog"),
    ("Sum them", "chat-loadgen merge a.hlog b.hlog --hgrm sum.hgrm"),
];

fn command() -> Command {
    let sections = [
        BOUNDS.to_owned(),
        help::exit_statuses(&EXIT_STATUSES) + &precedence(),
        help::examples(&EXAMPLES),
    ];
    help::arranged(Cli::command().after_help(sections.join("\n\n")))
}

impl Cli {
    /// Parses the process's arguments. Ends the process when they ask for help or are wrong.
    pub(crate) fn parse_or_exit() -> Self {
        usage::parse_or_exit::<Self>(command()).0
    }
}

fn time(text: &str) -> Result<Duration, &'static str> {
    match humantime::parse_duration(text) {
        Ok(time) if time <= Duration::from_hours(24) => Ok(time),
        _ => Err("expected a time like 10s, 1m30s or 500ms, a day at most"),
    }
}

fn some_time(text: &str) -> Result<Duration, &'static str> {
    match time(text)? {
        time if time < Duration::from_millis(1) => Err("expected a millisecond or more"),
        time => Ok(time),
    }
}

fn rate(text: &str) -> Result<f64, &'static str> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    match f64::from_str(number) {
        Ok(rate) if (0.0..=1e6).contains(&rate) => Ok(rate),
        _ => Err("expected a number per second like 5/s"),
    }
}

fn prefix(text: &str) -> Result<String, &'static str> {
    let fits = (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if fits && begins_well {
        Ok(text.to_owned())
    } else {
        Err("expected a letter, and up to 7 letters and digits more")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_example_can_be_used() {
        for (_, example) in [&EXAMPLES[..], &RELAY_EXAMPLES, &MERGE_EXAMPLES].concat() {
            command().try_get_matches_from(shell_words::split(example).unwrap()).unwrap();
        }
    }

    #[test]
    fn values_are_read_as_people_write_them() {
        assert_eq!(rate("5/s"), Ok(5.0));
        assert_eq!(rate("0.5"), Ok(0.5));
        assert!(rate("-1").is_err() && rate("NaN").is_err() && rate("x/s").is_err());
        assert_eq!(time("1m30s"), Ok(Duration::from_secs(90)));
        assert!(time("2days").is_err() && time("x").is_err());
        assert_eq!(prefix("carga"), Ok("carga".to_owned()));
        assert!(prefix("").is_err() && prefix("a b").is_err() && prefix("9").is_err());
    }
}
