//! A stall of the relay: a time in which it does nothing at all.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::lines::{lines, measured};
use crate::relay::options::RelayOptions;

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
    /// The stall that the options ask for.
    pub(crate) fn from_options(options: &RelayOptions) -> Option<Self> {
        let after = options.stall_after.duration().unwrap_or_default();
        options.stall.duration().map(|length| Self { length, after, due: None })
    }

    /// Looks for the first measured line.
    pub(crate) fn watch(&mut self, said: &[u8]) {
        if self.due.is_none() && lines(said).any(|line| measured(line).is_some()) {
            self.begin();
        }
    }

    /// Begins to count the time before the stall, at the first measured message.
    pub(crate) fn begin(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + self.after);
    }

    /// Does nothing for the length of the stall, if it is time for it. Returns whether it was.
    pub(crate) fn pass_if_due(stall: &mut Option<Self>, stop: &AtomicBool) -> bool {
        let is_due = |stall: &mut Self| stall.remaining().is_some_and(|left| left.is_zero());
        stall.take_if(is_due).inspect(|stall| stall.pass(stop)).is_some()
    }

    /// Time until the stall begins, once that is known.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        Some(self.due?.saturating_duration_since(Instant::now()))
    }

    /// Sleeps for the length of the stall, or until `stop` is set.
    fn pass(&self, stop: &AtomicBool) {
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
