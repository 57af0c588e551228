//! Standstills of the generator: times in which one of its threads neither worked nor waited for
//! events. It was stopped (SIGSTOP), its group's CPU quota was used up, or others had the CPU.
//!
//! What arrives during a standstill is read late. That delay is the generator's own, and it is
//! measured here for each delivery and message, so that the record can tell which of its percentiles
//! are the server's.

use std::sync::atomic::{AtomicU64, Ordering};

use hdrhistogram::Histogram;

use crate::system::machine;
use crate::traffic::timing::latency::{enter, histogram};

/// Interval between two looks at a thread's clocks, in nanoseconds: one look costs some
/// microseconds.
const APART: u64 = 1_000_000;
/// Minimum length of a standstill that is told to other threads, in nanoseconds: below it, reading a
/// clock is as uncertain.
pub(crate) const NOTABLE: u64 = 500_000;
/// Part of a standstill for which deliveries behind it count as disturbed, too: its backlog has to be
/// worked off.
const BACKLOG: u64 = 4;
/// Threads that may wait for events for a millisecond only; with more, each waits longer.
const THREADS: u64 = 8;

/// Maximum wait for events, in milliseconds, of each of so many threads: a wait that lasts longer is a
/// standstill.
pub(crate) fn longest_wait(threads: usize) -> u64 {
    (threads as u64).div_ceil(THREADS)
}

/// Length of the latest standstill while its backlog lasts. Several threads may share one.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    length: AtomicU64,
    until: AtomicU64,
}

impl Latest {
    /// Notes a standstill that ended now.
    pub(crate) fn note(&self, length: u64, now: u64) {
        if length >= NOTABLE {
            self.length.store(length.max(self.at(now)), Ordering::Relaxed);
            self.until.fetch_max(now + length / BACKLOG, Ordering::Relaxed);
        }
    }

    /// Length of the standstill whose backlog lasts at that time, or 0.
    pub(crate) fn at(&self, now: u64) -> u64 {
        if now > self.until.load(Ordering::Relaxed) {
            return 0;
        }
        self.length.load(Ordering::Relaxed)
    }
}

/// Finds the standstills of one thread that waits for events, handles them, and waits again.
#[derive(Debug)]
pub(crate) struct Meter {
    /// Maximum wait for events that was asked for.
    longest: u64,
    /// End of the last wait for events.
    woke: u64,
    /// Time waited for events since the last look, as far as it was asked for.
    waited: u64,
    last: Option<Look>,
    /// Run-queue delays between two looks, in nanoseconds.
    pub(crate) queued: Histogram<u64>,
}

/// A look at a thread's clocks.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: u64,
    cpu: Option<u64>,
    queued: Option<u64>,
}

/// A standstill that was found at the end of a wait for events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its length in nanoseconds.
    pub(crate) length: u64,
    /// True if it lay before the wait.
    pub(crate) before: bool,
}

impl Meter {
    /// A meter of a thread that waits for events for so long at most.
    pub(crate) fn new(longest: u64) -> Self {
        Self { longest, woke: 0, waited: 0, last: None, queued: histogram() }
    }

    /// Takes the beginning and the end of a wait for events; `count` tells whether run-queue delays,
    /// which cost most of a look, are to be looked at and kept.
    pub(crate) fn waited(&mut self, from: u64, now: u64, count: bool) -> Found {
        let wait = now.saturating_sub(from);
        self.waited += wait.min(self.longest);
        self.woke = now;
        if self.last.is_some_and(|last| now < last.at + APART) {
            return Found::default();
        }
        let nanoseconds = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(0);
        let look = Look {
            at: now,
            cpu: machine::thread_cpu().map(nanoseconds),
            queued: count.then(machine::thread_waited).flatten().map(nanoseconds),
        };
        let (Some(last), waited) = (self.last.replace(look), std::mem::take(&mut self.waited))
        else {
            return Found::default();
        };
        let queued = since(look.queued, last.queued);
        if let (true, Some(queued)) = (count, queued) {
            enter(&mut self.queued, queued, 1);
        }
        let length = standstill(now - last.at, waited, since(look.cpu, last.cpu), queued)
            .max(wait.saturating_sub(self.longest));
        Found { length, before: wait < length }
    }
}

fn since(now: Option<u64>, before: Option<u64>) -> Option<u64> {
    Some(now?.saturating_sub(before?))
}

/// The part of a time in which a thread neither waited for events nor had a CPU. In the end of a wait
/// for events a thread may have been kept from its CPU as well.
fn standstill(time: u64, waited: u64, cpu: Option<u64>, queued: Option<u64>) -> u64 {
    let unexplained = cpu.map_or(0, |cpu| time.saturating_sub(waited).saturating_sub(cpu));
    unexplained.max(queued.unwrap_or(0))
}

/// Disturbance of one worker's deliveries and messages by the generator itself: for each, the longest
/// standstill that may have delayed it, and its own lateness when it was sent.
#[derive(Debug)]
pub(crate) struct Disturbance {
    /// One entry for each measured delivery, in nanoseconds.
    pub(crate) deliveries: Histogram<u64>,
    /// One entry for each measured message that all its receivers got.
    pub(crate) messages: Histogram<u64>,
    latest: Latest,
    /// The disturbance of what is read now.
    now: u64,
    /// Deliveries and messages of this pass over the sockets, which are not entered yet.
    pass: [u64; 2],
}

impl Default for Disturbance {
    fn default() -> Self {
        Self {
            deliveries: histogram(),
            messages: histogram(),
            latest: Latest::default(),
            now: 0,
            pass: [0; 2],
        }
    }
}

impl Disturbance {
    /// Ends a pass over the sockets and begins the next one, when events have been waited for and a
    /// standstill was found. `all` is the latest of all threads.
    pub(crate) fn next_pass(&mut self, found: Found, now: u64, all: &Latest) {
        let during = if found.before { found.length } else { 0 };
        self.end_pass(during, now, all);
        self.latest.note(found.length, now);
        all.note(found.length, now);
        self.now = self.latest.at(now);
    }

    /// Ends a pass, in which there was a standstill of that length.
    pub(crate) fn end_pass(&mut self, during: u64, now: u64, all: &Latest) {
        let [deliveries, messages] = std::mem::take(&mut self.pass);
        let disturbed = self.now.max(during);
        if deliveries > 0 {
            enter(&mut self.deliveries, disturbed, deliveries);
        }
        if messages > 0 {
            enter(&mut self.messages, disturbed.max(all.at(now)), messages);
        }
    }

    /// Counts a delivery whose message was sent so many microseconds late by the generator.
    #[inline]
    pub(crate) fn delivered(&mut self, late: u32) {
        if late == 0 {
            self.pass[0] += 1;
        } else {
            self.delivered_late(late);
        }
    }

    #[cold]
    fn delivered_late(&mut self, late: u32) {
        let disturbed = self.now.max(1_000 * u64::from(late));
        enter(&mut self.deliveries, disturbed, 1);
    }

    /// Counts a message that all its receivers got.
    pub(crate) fn completed(&mut self, late: u32) {
        if late == 0 {
            self.pass[1] += 1;
        } else {
            enter(&mut self.messages, self.now.max(1_000 * u64::from(late)), 1);
        }
    }

    /// Notes a message that was sent late: those behind it wait for the server as well.
    #[cold]
    pub(crate) fn sent_late(&mut self, late: u32, now: u64) {
        self.latest.note(1_000 * u64::from(late), now);
        self.now = self.now.max(self.latest.at(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_time_without_work_or_waiting_is_a_standstill() {
        // Stopped: neither CPU time nor a place in the run queue.
        assert_eq!(standstill(100 * MS, 4 * MS, Some(6 * MS), Some(0)), 90 * MS);
        // Kept from the CPU at the end of a wait.
        assert_eq!(standstill(5 * MS, 4 * MS, Some(MS), Some(3 * MS)), 3 * MS);
        assert_eq!(standstill(5 * MS, 3 * MS, Some(2 * MS), Some(0)), 0);
        // Where the system does not tell, nothing is made up.
        assert_eq!(standstill(100 * MS, 4 * MS, None, None), 0);
    }

    #[test]
    fn a_wait_longer_than_it_was_asked_for_is_a_standstill() {
        let mut meter = Meter::new(MS);
        assert_eq!(meter.waited(0, 1, false), Found::default());
        let found = meter.waited(MS, 92 * MS, false);
        assert!(found.length >= 90 * MS && !found.before, "{found:?}");
        // Asleep in the middle of the work: the thread of this test has no CPU meanwhile.
        std::thread::sleep(std::time::Duration::from_millis(3));
        let found = meter.waited(95 * MS, 95 * MS + 10, false);
        assert!(found.before, "{found:?}");
    }

    #[test]
    fn the_more_threads_there_are_the_longer_each_may_wait() {
        assert_eq!([1, 8, 9, 65].map(longest_wait), [1, 1, 2, 9]);
    }

    #[test]
    fn what_is_read_behind_a_standstill_is_disturbed_until_its_backlog_is_worked_off() {
        let (mut disturbance, all) = (Disturbance::default(), Latest::default());
        let stood = Found { length: 80 * MS, before: false };
        disturbance.delivered(0);
        disturbance.next_pass(stood, 100 * MS, &all);
        disturbance.delivered(0);
        disturbance.completed(0);
        disturbance.next_pass(Found::default(), 119 * MS, &all);
        disturbance.delivered(0);
        disturbance.next_pass(Found::default(), 121 * MS, &all);
        disturbance.delivered(0);
        disturbance.delivered(3_000);
        disturbance.end_pass(0, 122 * MS, &all);
        let count = |h: &Histogram<u64>, ms: u64| h.count_at(ms * MS);
        let deliveries = [0, 3, 80].map(|ms| count(&disturbance.deliveries, ms));
        assert_eq!((deliveries, count(&disturbance.messages, 80)), ([2, 1, 2], 1));
    }
}
