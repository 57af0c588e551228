//! Options of the visitors.

use std::net::IpAddr;
use std::time::Duration;

use chat_protocol::options::endpoint::Endpoint;
use clap::Args;

use crate::cli::values::{prefix, rate, some_time};
use crate::wire::dialects::DialectName;

/// Command-line options of the visitors.
#[derive(Debug, Clone, Args)]
pub(crate) struct VisitOptions {
    /// Address and port on which the server listens
    #[arg(short, long, value_name = "ADDR:PORT", default_value_t)]
    pub(crate) server: Endpoint,
    /// Protocol of the server: basico, sala, grupal, irc, nats, redis or mqtt
    #[arg(
        short = 'p',
        long,
        value_name = "NAME",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) dialect: DialectName,
    /// Visits per second
    #[arg(short, long, value_name = "RATE", value_parser = rate, default_value = "1000/s")]
    pub(crate) rate: f64,
    /// Time for which visitors come
    #[arg(short, long, value_name = "TIME", value_parser = some_time, default_value = "10s")]
    pub(crate) duration: Duration,
    /// Maximum time of a visit
    #[arg(long, value_name = "TIME", value_parser = some_time, default_value = "5s")]
    pub(crate) timeout: Duration,
    /// Local address from which visitors connect; given more than once, they take turns
    #[arg(long, value_name = "ADDR")]
    pub(crate) from: Vec<IpAddr>,
    /// Prefix of the visitors' names
    #[arg(long, value_name = "PREFIX", default_value = "v", value_parser = prefix)]
    pub(crate) names: String,
}
