//! The relay's part of the command line.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use chat_protocol::options::endpoint::Endpoint;
use chat_protocol::options::time_limit::TimeLimit;
use chat_protocol::usage::number;
use clap::Args;
use thiserror::Error;

use super::error::RelayError;
use crate::wire::dialects::DialectName;

/// Command-line options of the relay.
#[derive(Debug, Clone, Args)]
pub(crate) struct RelayOptions {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(short, long, value_name = "ADDR:PORT", default_value_t)]
    pub(crate) bind: Endpoint,

    /// Pass on to this server and back, and make the faults in what it sends
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) upstream: Option<Endpoint>,

    /// Protocol of that server
    #[arg(long, value_name = "NAME", value_enum, default_value_t, requires = "upstream")]
    pub(crate) dialect: DialectName,

    /// Have clients come through a WebSocket (ws://), with any path
    #[arg(long)]
    pub(crate) ws: bool,

    /// Have clients come through TLS (tls://; with --ws, wss://), with a certificate made now, whose
    /// fingerprint is printed
    #[arg(long)]
    pub(crate) tls: bool,

    /// Show the certificates in this file (PEM) instead
    #[arg(long, value_name = "FILE", requires_all = ["tls", "tls_key"])]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Lose one delivery in n
    #[arg(long, value_name = "1/n")]
    pub(crate) drop: Option<OneIn>,

    /// Lose one message in n to all receivers
    #[arg(long, value_name = "1/n")]
    pub(crate) drop_all: Option<OneIn>,

    /// Deliver one delivery in n twice in a row
    #[arg(long, value_name = "1/n")]
    pub(crate) dup: Option<OneIn>,

    /// Deliver one delivery in n with its text twice on the line
    #[arg(long, value_name = "1/n")]
    pub(crate) double: Option<OneIn>,

    /// Leave out the newline of one delivery in n, so that the next one is on the same line
    #[arg(long, value_name = "1/n")]
    pub(crate) merge: Option<OneIn>,

    /// Hold one delivery in n back until its sender's next one has arrived
    #[arg(long, value_name = "1/n")]
    pub(crate) swap: Option<OneIn>,

    /// Hold one delivery in n back for --late-by
    #[arg(long, value_name = "1/n")]
    pub(crate) late: Option<OneIn>,

    /// Time for which --late holds a delivery back
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub(crate) late_by: TimeLimit,

    /// Send one message in n to its sender, too
    #[arg(long, value_name = "1/n")]
    pub(crate) echo: Option<OneIn>,

    /// Damage one byte of one delivery in n
    #[arg(long, value_name = "1/n")]
    pub(crate) corrupt: Option<OneIn>,

    /// Say something of its own, as a stranger would, before one delivery in n
    #[arg(long, value_name = "1/n")]
    pub(crate) stranger: Option<OneIn>,

    /// Give one message in n to one receiver of another room, too (with --upstream)
    #[arg(long, value_name = "1/n", requires = "upstream")]
    pub(crate) leak: Option<OneIn>,

    /// Send everything to the nth client that came, counted from 0, later by --delay-by
    #[arg(long, value_name = "N", value_parser = number("a client", 0..=u64::MAX))]
    pub(crate) delay_one: Option<u64>,

    /// Time by which --delay-one makes a receiver's deliveries late
    #[arg(long, value_name = "TIME", default_value = "200ms")]
    pub(crate) delay_by: TimeLimit,

    /// Close the connection of the nth client that came, counted from 0
    #[arg(long, value_name = "N")]
    pub(crate) cut: Option<u64>,

    /// Time of the cut, counted from the first measured message; off for at once
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::OFF)]
    pub(crate) cut_after: TimeLimit,

    /// Do nothing at all for this long, once: 1s, 500ms, off
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::OFF)]
    pub(crate) stall: TimeLimit,

    /// Start of the stall, counted from the first measured message; off for at once
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::OFF)]
    pub(crate) stall_after: TimeLimit,

    /// Seed of the faults: the same messages and the same seed, the same faults
    #[arg(long, value_name = "NUMBER", default_value_t = 1,
        value_parser = number("a seed", 0..=u64::MAX))]
    pub(crate) seed: u64,

    /// Write every fault here: its name, the receiver's port, the sender's, and the text, with tabs
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
}

impl RelayOptions {
    /// Refuses the faults that make no sense in the dialect.
    pub(crate) fn check(&self) -> Result<(), RelayError> {
        let dialect = self.dialect;
        let has_lengths =
            matches!(dialect, DialectName::Nats | DialectName::Redis | DialectName::Mqtt);
        let rules = [
            ("--double", self.double, has_lengths, "its messages are no lines"),
            ("--merge", self.merge, has_lengths, "its messages are no lines"),
            ("--echo", self.echo, dialect.dialect().echoes(), "it echoes each message anyway"),
            ("--leak", self.leak, !dialect.dialect().has_rooms(), "it has no rooms"),
        ];
        let senseless = rules.into_iter().find(|(_, odds, rule, _)| odds.is_some() && *rule);
        senseless
            .map_or(Ok(()), |(option, .., why)| Err(RelayError::Senseless { option, dialect, why }))
    }

    pub(crate) fn create_log(&self) -> Result<Box<dyn Write + Send>, RelayError> {
        let Some(path) = &self.log else { return Ok(Box::new(io::sink())) };
        let file = File::create(path)
            .map_err(|reason| RelayError::CreateLog { path: path.clone(), reason })?;
        Ok(Box::new(file))
    }
}

/// Probability of a fault, written as 1/n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OneIn(pub(crate) NonZeroU32);

impl FromStr for OneIn {
    type Err = ParseOneInError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let n = text.strip_prefix("1/").ok_or(ParseOneInError)?;
        n.parse().map(Self).map_err(|_| ParseOneInError)
    }
}

impl fmt::Display for OneIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1/{}", self.0)
    }
}

/// The text was not of the form `1/n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected 1/n, such as 1/1000")]
pub(crate) struct ParseOneInError;
