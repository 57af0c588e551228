//! The slow path to one receiver (`--delay-one`): all that it is sent is late by the same time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::relay::log::Identity;
use crate::relay::options::RelayOptions;

/// The bytes on their way to a receiver that is far away.
#[derive(Debug)]
pub(crate) struct Delay {
    number: u64,
    by: Duration,
    under_way: VecDeque<(Instant, Vec<u8>)>,
}

impl Delay {
    /// The delay that the options ask for.
    pub(super) fn from_options(options: &RelayOptions) -> Option<Self> {
        let by = options.delay_by.duration().unwrap_or_default();
        options.delay_one.map(|number| Self { number, by, under_way: VecDeque::new() })
    }

    /// Returns whether this receiver is the one that is far away.
    pub(crate) fn is_of(&self, receiver: Identity) -> bool {
        self.number == receiver.number
    }

    /// Takes bytes for the receiver.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.under_way.push_back((Instant::now() + self.by, bytes.to_vec()));
        }
    }

    /// The receiver's number and the next bytes that arrive there, if it is time; or at once.
    pub(crate) fn pop(&mut self, at_once: bool) -> Option<(u64, Vec<u8>)> {
        let is_due = |due: Instant| at_once || due <= Instant::now();
        let (_, bytes) = self.under_way.pop_front_if(|(due, _)| is_due(*due))?;
        Some((self.number, bytes))
    }

    /// Time at which the next bytes arrive.
    pub(super) fn due(&self) -> Option<Instant> {
        self.under_way.front().map(|(due, _)| *due)
    }
}
