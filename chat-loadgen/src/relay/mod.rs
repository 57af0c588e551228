//! The bare relay: broadcasts each client's lines to all others, and does nothing else.
//!
//! It is the noise floor that servers are compared with: the cost of the same deliveries without
//! names, greetings or labels. It is also used to test the ledger: with faults to inject, it loses,
//! repeats and damages exactly what its log says; by itself, or as a proxy before a real server.

use std::io::{self, Write};
use std::sync::atomic::AtomicBool;

mod bare;
mod error;
mod faults;
mod listener;
mod log;
mod options;
mod proxy;
mod rounds;
mod socket;
#[cfg(test)]
mod tests;

pub(crate) use bare::hub::Relay;
pub(crate) use error::RelayError;
pub(crate) use options::RelayOptions;

use proxy::Proxy;

/// Relays until `stop` is set, which is looked at every 50 ms.
///
/// Prints `relay listening on IP:PORT` once clients can connect, and what it did to deliveries at
/// the end.
pub(crate) fn run(options: &RelayOptions, stop: &AtomicBool) -> Result<(), RelayError> {
    let listening = |address| print(&format!("relay listening on {address}"));
    let totals = if let Some(proxy) = Proxy::bind(options)? {
        listening(proxy.address())?;
        proxy.serve(stop)?
    } else {
        let relay = Relay::bind(options)?;
        listening(relay.address())?;
        relay.serve(stop)?
    };
    print(&totals.to_string())
}

fn print(line: &str) -> Result<(), RelayError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(RelayError::Output)
}
