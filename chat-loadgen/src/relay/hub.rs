//! The wait of an event loop, of the bare relay and of the proxy.

use std::io::ErrorKind;
use std::time::Duration;

use mio::{Events, Poll};

use crate::relay::error::RelayError;
use crate::relay::faults::Faults;
use crate::relay::faults::stall::{Stall, TICK};

/// Events taken at once; more wait for the next round.
pub(super) const MAX_EVENTS: usize = 1024;
/// Size of the one read buffer, shared by all connections.
pub(super) const SCRATCH: usize = 64 << 10;

/// Waits for events, at most until something is due that is held back or planned; not at all while
/// there is something to read (`busy`).
pub(super) fn wait(
    poll: &mut Poll,
    events: &mut Events,
    busy: bool,
    stall: Option<&Stall>,
    faults: Option<&Faults>,
) -> Result<(), RelayError> {
    let mut timeout = if busy { Duration::ZERO } else { TICK };
    let stall = stall.and_then(Stall::remaining);
    for left in stall.into_iter().chain(faults.and_then(Faults::remaining)) {
        timeout = timeout.min(left);
    }
    match poll.poll(events, Some(timeout)) {
        Err(error) if error.kind() != ErrorKind::Interrupted => Err(RelayError::Poll(error)),
        _ => Ok(()),
    }
}
