//! Options for the fleet of clients: where its connections come from, and to whom deliveries are timed.

use std::net::IpAddr;
use std::time::Duration;

use chat_protocol::usage::number;
use clap::Args;

use crate::cli::values::some_time;

/// Options for the fleet of clients.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The clients")]
pub(crate) struct FleetOptions {
    /// Local address from which clients connect; given more than once, clients take turns with them:
    /// each has its own source ports
    #[arg(long, value_name = "ADDR")]
    pub(crate) from: Vec<IpAddr>,
    /// Number of listeners whose deliveries are timed; the others read later, so that they take no CPU
    /// from the server meanwhile, and are judged all the same [default: all]
    #[arg(
        long,
        value_name = "N",
        value_parser = number("clients", 1..=100_000_u32),
        conflicts_with_all = ["window", "churn", "slow_readers", "reconnect", "kill_every", "spawn_nodes", "join"]
    )]
    pub(crate) timed: Option<u32>,
    /// Time for which the others do not read, from when the first of them could
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = some_time, requires = "timed")]
    pub(crate) others_after: Duration,
}
