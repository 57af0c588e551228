//! The bare relay: lines from each to all others, and nothing else.
//!
//! It is the noise floor that servers are compared with: what the same deliveries cost where nobody
//! is named, greeted or labelled. And it is what the ledger is tried on: with faults to order, it
//! loses, repeats and damages exactly what its log says.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use chat_protocol::endpoint::Endpoint;
use chat_protocol::time_limit::TimeLimit;
use clap::Args;
use thiserror::Error;

mod faults;
mod hub;
mod log;
mod member;
mod members;
mod stall;
#[cfg(test)]
mod tests;

pub use hub::Relay;
pub use log::Totals;

/// What the relay is told on its command line.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t)]
    pub bind: Endpoint,

    /// Lose one delivery in n
    #[arg(long, value_name = "1/n")]
    pub drop: Option<OneIn>,

    /// Deliver one delivery in n twice in a row
    #[arg(long, value_name = "1/n")]
    pub dup: Option<OneIn>,

    /// Hold one delivery in n back until its sender's next one has arrived
    #[arg(long, value_name = "1/n")]
    pub swap: Option<OneIn>,

    /// Send one message in n to its sender, too
    #[arg(long, value_name = "1/n")]
    pub echo: Option<OneIn>,

    /// Damage one byte of one delivery in n
    #[arg(long, value_name = "1/n")]
    pub corrupt: Option<OneIn>,

    /// Do nothing at all for this long, once: 1s, 500ms, off
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::OFF)]
    pub stall: TimeLimit,

    /// How long after the first measured message; off for at once
    #[arg(long, value_name = "TIME", default_value_t = TimeLimit::OFF)]
    pub stall_after: TimeLimit,

    /// What decides which deliveries are hit: the same messages and the same seed, the same faults
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,

    /// Write every fault here: its name, the receiver's port, the sender's, and the text, with tabs
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

impl Options {
    fn create_log(&self) -> Result<Box<dyn Write + Send>, RelayError> {
        let Some(path) = &self.log else { return Ok(Box::new(io::sink())) };
        let file = File::create(path)
            .map_err(|reason| RelayError::CreateLog { path: path.clone(), reason })?;
        Ok(Box::new(file))
    }
}

/// How often a fault befalls: with probability 1/n, written so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneIn(NonZeroU32);

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
pub struct ParseOneInError;

/// Why the relay could not begin, or had to end.
#[derive(Debug, Error)]
pub enum RelayError {
    /// The address cannot be listened on: taken, reserved, or not of this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address as it was given.
        address: Endpoint,
        /// What the system said.
        #[source]
        reason: io::Error,
    },
    /// The log cannot be created.
    #[error("cannot create {}", path.display())]
    CreateLog {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        #[source]
        reason: io::Error,
    },
    /// The log cannot be written on.
    #[error("cannot write the log")]
    Log(#[source] io::Error),
    /// The event queue failed.
    #[error("cannot wait for events")]
    Poll(#[source] io::Error),
    /// Standard output is gone.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
}

/// Relays until `stop` is set, which is looked at every 50 ms.
///
/// Prints `relay listening on IP:PORT` once clients can connect, and what it did to deliveries at
/// the end.
pub fn run(options: &Options, stop: &AtomicBool) -> Result<(), RelayError> {
    let relay = Relay::bind(options)?;
    print(&format!("relay listening on {}", relay.address()))?;
    let totals = relay.serve(stop)?;
    print(&totals.to_string())
}

fn print(line: &str) -> Result<(), RelayError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(RelayError::Output)
}
