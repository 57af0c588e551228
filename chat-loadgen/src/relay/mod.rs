//! The bare relay: broadcasts each client's lines to all others, and does nothing else.
//!
//! It is the noise floor that servers are compared with: the cost of the same deliveries without
//! names, greetings or labels. It is also used to test the ledger: with faults to inject, it loses,
//! repeats and damages exactly what its log says; by itself, or as a proxy before a real server.

use std::io::{self, Write};
use std::sync::atomic::AtomicBool;

mod bare;
mod door;
mod error;
mod faults;
mod hub;
mod layers;
mod listener;
mod log;
mod options;
mod proxy;
mod socket;
#[cfg(test)]
mod tests;

pub(crate) use error::RelayError;
pub(crate) use options::RelayOptions;

use bare::Room;
use hub::{Clients, Hub};
use proxy::Links;

/// Relays until `stop` is set, which is looked at every 50 ms.
///
/// Prints `relay listening on IP:PORT` once clients can connect, then the fingerprint of a
/// certificate that it has made, and what it did to deliveries at the end.
pub(crate) fn run(options: &RelayOptions, stop: &AtomicBool) -> Result<(), RelayError> {
    match Links::from_options(options)? {
        Some(links) => serve(Hub::bind(options, links)?, stop),
        None => serve(Hub::bind(options, Room::default())?, stop),
    }
}

fn serve(hub: Hub<impl Clients>, stop: &AtomicBool) -> Result<(), RelayError> {
    print(&format!("relay listening on {}", hub.address()))?;
    if let Some(fingerprint) = hub.fingerprint() {
        print(&format!("relay fingerprint {fingerprint}"))?;
    }
    print(&hub.serve(stop)?.to_string())
}

fn print(line: &str) -> Result<(), RelayError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(RelayError::Output)
}
