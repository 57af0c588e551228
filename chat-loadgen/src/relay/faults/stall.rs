//! A stall of the relay: a time in which it does nothing at all.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::lines::{lines, measured};

/// Interval at which `stop` is looked at, and the relay's maximum sleep.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// A stall that the options ask for.
#[derive(Debug)]
pub(crate) struct Stall {
    length: Duration,
    after: Duration,
    due: Option<Instant>,
}

impl Stall {
    pub(crate) fn new(length: Duration, after: Duration) -> Self {
        Self { length, after, due: None }
    }

    /// Looks for the first measured line.
    pub(crate) fn watch(&mut self, said: &[u8]) {
        if self.due.is_none() && lines(said).any(|line| measured(line).is_some()) {
            self.due = Some(Instant::now() + self.after);
        }
    }

    /// Time until the stall begins, once that is known.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        Some(self.due?.saturating_duration_since(Instant::now()))
    }

    /// Sleeps for the length of the stall, or until `stop` is set.
    pub(crate) fn pass(&self, stop: &AtomicBool) {
        let end = Instant::now() + self.length;
        while !stop.load(Relaxed) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            sleep(left.min(TICK));
        }
    }
}
