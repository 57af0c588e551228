//! Options of a run: the server, the clients, the messages.

use std::path::PathBuf;
use std::time::Duration;

use chat_protocol::options::server_address::ServerAddress;
use chat_protocol::usage::number;
use chat_tls::Fingerprint;
use clap::Args;
use jiff::Timestamp;

use crate::cli::FleetOptions;
use crate::cli::values::{moment, prefix, rate, some_time, time};
use crate::share::Share;
use crate::traffic::sending::schedule::{Arrivals, Shape};
use crate::traffic::sending::sizes::Sizes;
use crate::wire::dialects::DialectName;

/// Options for the server.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The server")]
pub(crate) struct ServerOptions {
    /// Address and port on which the server listens, or tls://ADDR:PORT, ws://ADDR:PORT/PATH,
    /// wss://ADDR:PORT/PATH; given more than once, those of servers that form
    /// one chat: clients, senders and listeners are spread over them
    #[arg(short, long, value_name = "ADDR:PORT", default_values_t = [ServerAddress::default()])]
    pub(crate) server: Vec<ServerAddress>,
    /// Believe certificates that come from those in this file (PEM), instead of the system's
    #[arg(long, value_name = "FILE", group = "trust")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Believe the server that has the key with this SHA-256, whatever its certificate says
    #[arg(long, value_name = "HEX", group = "trust")]
    pub(crate) tls_fingerprint: Option<Fingerprint>,
    /// Believe every server: for tests, on networks where nobody can be in between
    #[arg(long, group = "trust")]
    pub(crate) insecure: bool,
    /// Protocol of the server: basico, sala or grupal (profiles of this chat), irc, nats, redis or
    /// mqtt; not with --dialect-file
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
    /// Protocol of the server, described in this file: see dialects/ in the source; not with
    /// --dialect
    #[arg(long, value_name = "FILE", conflicts_with = "dialect")]
    pub(crate) dialect_file: Option<PathBuf>,
    /// User name that all clients give the server: irc, nats, redis, mqtt
    #[arg(long, value_name = "NAME", requires = "password_file")]
    pub(crate) user: Option<String>,
    /// Password that all clients give the server: the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Start the server with this command, and measure its CPU and memory; {port} becomes a free
    /// port
    #[arg(long, value_name = "COMMAND", conflicts_with = "pid")]
    pub(crate) spawn: Option<String>,
    /// Start so many servers with the command of --spawn, the nodes of one chat, instead of one: {port}
    /// becomes a free port of each, {node} its number, {broker} the address of --spawn-broker
    #[arg(long, value_name = "N", requires = "spawn", conflicts_with = "server", value_parser = number("nodes", 2..=16_u32))]
    pub(crate) spawn_nodes: Option<u32>,
    /// Start the broker of the nodes with this command, before them; {port} becomes a free port
    #[arg(long, value_name = "COMMAND", requires = "spawn_nodes")]
    pub(crate) spawn_broker: Option<String>,
    /// Measure the CPU and memory of this process and its descendants (Linux)
    #[arg(long, value_name = "PID", value_parser = number("a process", 1..=u32::MAX))]
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
    #[arg(long, value_name = "N", default_value_t = 0,
        value_parser = number("clients", 0..=u32::MAX))]
    pub(crate) slow_readers: u32,
    /// Clients that leave and come back, per second: 5/s
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0/s")]
    pub(crate) churn: f64,
    /// Clients that are cut off, and come back at once by their sessions, per second: 20/s (grupal; as
    /// --total-order)
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0/s")]
    pub(crate) reconnect: f64,
    /// Kill the server of --spawn (SIGKILL) after this time, each time, and start it again: its clients come
    /// back by their sessions, for which it needs --store
    #[arg(long, value_name = "TIME", value_parser = some_time, requires = "spawn", conflicts_with = "spawn_nodes")]
    pub(crate) kill_every: Option<Duration>,
    /// Kill a node of --spawn-nodes (SIGKILL) after this time, each time the next one, and start it again 2 s
    /// later: its clients go on at the others (grupal), or stay away
    #[arg(long, value_name = "TIME", value_parser = some_time, requires = "spawn_nodes", conflicts_with_all = ["kill_every", "find_max"])]
    pub(crate) kill_node: Option<Duration>,
    /// Cut the last node off from the broker for this time, in the middle of the measuring window: all that
    /// they send each other waits
    #[arg(long, value_name = "TIME", value_parser = some_time, requires = "spawn_broker", conflicts_with = "find_max")]
    pub(crate) cut_node: Option<Duration>,
    /// Kill the broker (SIGKILL) in the middle of the measuring window, and start it again 1 s later
    #[arg(long, requires = "spawn_broker", conflicts_with = "find_max")]
    pub(crate) kill_broker: bool,
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
    #[command(flatten)]
    pub(crate) fleet: FleetOptions,
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
    #[arg(long, value_name = "NUMBER", default_value_t = 1,
        value_parser = number("a seed", 0..=u64::MAX))]
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
    /// Begin to send at this moment, and connect before: 2026-03-14T15:09:26Z, or +10s from now
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with_all = ["calibrate", "slow_readers", "find_max"])]
    pub(crate) start_at: Option<Timestamp>,
    /// Be the Kth of N generators that make one run together, each with a share of its clients and
    /// senders, and check each other's messages; all other options count for the whole run
    #[arg(
        long,
        value_name = "K/N",
        requires = "start_at",
        conflicts_with_all = [
            "window", "churn", "slow_readers", "total_order", "verify", "allow_partial", "find_max",
            "calibrate", "spawn", "runs", "abort_if",
        ]
    )]
    pub(crate) join: Option<Share>,
    /// Tell the run from others with the same options, where several generators make one
    #[arg(long, value_name = "WORD", requires = "join")]
    pub(crate) run_id: Option<String>,
    /// Print the plan and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
