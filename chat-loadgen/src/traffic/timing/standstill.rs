//! Standstills of the generator: times in which one of its threads neither worked nor waited for
//! events. It was stopped (SIGSTOP), its group's CPU quota was used up, or others had the CPU.
//!
//! What arrives during a standstill is read late. That delay is the generator's own, and it is
//! measured here for each delivery and message, so that the record can tell which of its percentiles
//! are the server's.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::system::machine;
use crate::traffic::stops::{Common, Latest};
use crate::traffic::timing::histograms::{enter, histogram};

/// Interval between two looks at a thread's clocks, in nanoseconds: one look costs some
/// microseconds.
const APART: u64 = 1_000_000;
/// Maximum wait for events of a thread.
const LONGEST: Duration = Duration::from_millis(20);
/// The same for the thread that watches for stops of the whole process: the shorter its waits, the
/// more exactly it knows how long a stop was, and each costs a wake-up.
const WATCH: Duration = Duration::from_millis(1);

/// Maximum wait for events of a thread, which may be the one that watches.
pub(crate) fn longest_wait(watches: bool) -> Duration {
    if watches { WATCH } else { LONGEST }
}

/// Finds the standstills of one thread that waits for events, handles them, and waits again.
#[derive(Debug)]
pub(crate) struct Meter {
    /// True if this is the thread that watches.
    watches: bool,
    /// Maximum wait for events that was asked for.
    longest: u64,
    /// Time waited for events since the last look.
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

/// A wait for events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// True if nothing came: then nothing waited for the thread, however late it woke.
    pub(crate) idle: bool,
}

/// Standstills that were found at the end of a wait for events, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// In the work before the wait.
    pub(crate) during: u64,
    /// At the end of the wait, when something had come.
    pub(crate) behind: u64,
    /// Of the whole process, as the watching thread sees it.
    pub(crate) stop: u64,
}

impl Meter {
    /// A meter of a thread, which may be the one that watches.
    pub(crate) fn new(watches: bool) -> Self {
        let longest = nanoseconds(longest_wait(watches));
        Self { watches, longest, waited: 0, last: None, queued: histogram() }
    }

    /// Takes a wait for events, and gives what was found if it is time for a look; `count` tells
    /// whether run-queue delays, which cost most of a look, are to be looked at and kept.
    pub(crate) fn waited(&mut self, wait: Wait, count: bool) -> Option<Found> {
        let Wait { from, to: now, idle } = wait;
        let waited = now.saturating_sub(from);
        let expected = waited.min(self.longest);
        self.waited += waited;
        if self.last.is_some_and(|last| now < last.at + APART) {
            return None;
        }
        let look = Look {
            at: now,
            cpu: machine::thread_cpu().map(nanoseconds),
            queued: (count || self.watches).then(machine::thread_waited).flatten().map(nanoseconds),
        };
        let (last, in_waits) = (self.last.replace(look)?, std::mem::take(&mut self.waited));
        let queued = since(look.queued, last.queued);
        if let (true, Some(queued)) = (count, queued) {
            enter(&mut self.queued, queued, 1);
        }
        let during = in_work(now - last.at, in_waits, since(look.cpu, last.cpu));
        let too_long = waited - expected;
        let behind = too_long.max(queued.unwrap_or(0).saturating_sub(during));
        // Others than this thread may have had their CPU while it waited for its own.
        let stop = queued.map_or(0, |queued| too_long.saturating_sub(queued));
        Some(Found {
            during,
            behind: if idle { 0 } else { behind },
            stop: if self.watches { stop } else { 0 },
        })
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(0)
}

fn since(now: Option<u64>, before: Option<u64>) -> Option<u64> {
    Some(now?.saturating_sub(before?))
}

/// The part of a time in which a thread neither waited for events nor had a CPU.
fn in_work(time: u64, waited: u64, cpu: Option<u64>) -> u64 {
    cpu.map_or(0, |cpu| time.saturating_sub(waited).saturating_sub(cpu))
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
    /// Deliveries and messages that are not entered yet, and the time since when.
    pending: [u64; 2],
    since: u64,
}

impl Default for Disturbance {
    fn default() -> Self {
        Self {
            deliveries: histogram(),
            messages: histogram(),
            latest: Latest::default(),
            now: 0,
            pending: [0; 2],
            since: 0,
        }
    }
}

impl Disturbance {
    /// Goes on behind a wait for events, at whose end this was found if there was a look.
    #[inline]
    pub(crate) fn go_on(&mut self, found: Option<Found>, now: u64, common: &Common) {
        if let Some(found) = found {
            self.note(found, now, common);
        } else if self.now > 0 && self.latest.at(now) == 0 {
            self.enter(0, now, common);
            self.now = 0;
        }
    }

    fn note(&mut self, Found { during, behind, stop }: Found, now: u64, common: &Common) {
        self.enter(during, now, common);
        common.stop.note(stop, now);
        let length = during.max(behind);
        common.any.note(length, now);
        self.latest.note(length, now);
        self.now = self.latest.at(now);
    }

    /// Enters what has been read so far, in which there was a standstill of the length `during`.
    pub(crate) fn enter(&mut self, during: u64, now: u64, common: &Common) {
        let [deliveries, messages] = std::mem::take(&mut self.pending);
        let since = std::mem::replace(&mut self.since, now);
        if deliveries == 0 && messages == 0 {
            return;
        }
        let disturbed = self.now.max(during).max(common.stop.at(since));
        if deliveries > 0 {
            enter(&mut self.deliveries, disturbed, deliveries);
        }
        if messages > 0 {
            enter(&mut self.messages, disturbed.max(common.any.at(since)), messages);
        }
    }

    /// Counts a delivery whose message was sent so many microseconds late by the generator.
    #[inline]
    pub(crate) fn delivered(&mut self, late: u32) {
        if late == 0 {
            self.pending[0] += 1;
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
            self.pending[1] += 1;
        } else {
            enter(&mut self.messages, self.now.max(1_000 * u64::from(late)), 1);
        }
    }

    /// Notes a message that was sent late: those behind it wait for the server as well.
    #[cold]
    pub(crate) fn sent_late(&mut self, late: u32, now: u64, common: &Common) {
        self.enter(0, now, common);
        self.latest.note(1_000 * u64::from(late), now);
        self.now = self.now.max(self.latest.at(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::stops::NOTABLE;

    const MS: u64 = 1_000_000;

    /// A wait that something ended.
    fn wait(from: u64, to: u64) -> Wait {
        Wait { from, to, idle: false }
    }

    fn stood(during: u64, behind: u64, stop: u64) -> Found {
        Found { during, behind, stop }
    }

    #[test]
    fn a_time_without_work_or_waiting_is_a_standstill() {
        assert_eq!(in_work(100 * MS, 4 * MS, Some(6 * MS)), 90 * MS);
        assert_eq!(in_work(5 * MS, 3 * MS, Some(2 * MS)), 0);
        // Where the system does not tell, nothing is made up.
        assert_eq!(in_work(100 * MS, 4 * MS, None), 0);
    }

    #[test]
    fn a_wait_longer_than_it_was_asked_for_is_a_standstill_if_something_waited() {
        let mut meter = Meter::new(false);
        assert_eq!(meter.waited(wait(0, 1), false), None);
        let found = meter.waited(wait(1, 112 * MS), false).expect("a look");
        assert!(found.behind >= 90 * MS && found.during < NOTABLE, "{found:?}");
        // Asleep in the middle of the work: the thread of this test has no CPU meanwhile.
        std::thread::sleep(Duration::from_millis(3));
        let found = meter.waited(wait(115 * MS, 115 * MS + 10), false).expect("a look");
        assert!(found.during > 2 * MS && found.behind == 0, "{found:?}");
        let idle = Wait { idle: true, ..wait(116 * MS, 216 * MS) };
        let found = meter.waited(idle, false).expect("a look");
        assert_eq!((found.behind, found.stop), (0, 0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn one_thread_watches_for_stops_of_the_process() {
        let mut meter = Meter::new(true);
        let idle = |from, to| Wait { idle: true, ..wait(from, to) };
        assert_eq!(meter.waited(idle(0, MS), false), None);
        let found = meter.waited(idle(MS, 92 * MS), false).expect("a look");
        assert!((60 * MS..=90 * MS).contains(&found.stop), "{found:?}");
    }

    #[test]
    fn what_is_read_behind_a_standstill_is_disturbed_until_its_backlog_is_worked_off() {
        let (mut disturbance, common) = (Disturbance::default(), Common::default());
        disturbance.delivered(0);
        disturbance.go_on(Some(stood(0, 80 * MS, 0)), 100 * MS, &common);
        disturbance.delivered(0);
        disturbance.completed(0);
        disturbance.go_on(None, 119 * MS, &common);
        disturbance.delivered(0);
        disturbance.go_on(None, 121 * MS, &common);
        disturbance.delivered(0);
        disturbance.delivered(3_000);
        disturbance.go_on(Some(stood(5 * MS, 0, 0)), 122 * MS, &common);
        let count = |h: &Histogram<u64>, ms: u64| h.count_at(ms * MS);
        let deliveries = [0, 3, 5, 80].map(|ms| count(&disturbance.deliveries, ms));
        assert_eq!((deliveries, count(&disturbance.messages, 80)), ([1, 1, 1, 2], 1));
    }

    #[test]
    fn another_threads_standstill_disturbs_messages_and_a_stop_everything() {
        let common = Common::default();
        let mut disturbance = [(); 2].map(|()| Disturbance::default());
        let mut read = |found, now| {
            disturbance[0].go_on(Some(stood(0, 0, 0)), now - MS, &common);
            disturbance[1].go_on(Some(found), now, &common);
            disturbance[0].delivered(0);
            disturbance[0].completed(0);
            disturbance[0].go_on(Some(stood(0, 0, 0)), now + 1, &common);
        };
        read(stood(4 * MS, 0, 0), 100 * MS);
        read(stood(0, 0, 8 * MS), 200 * MS);
        read(stood(0, 0, 0), 300 * MS);
        let Disturbance { deliveries, messages, .. } = &disturbance[0];
        let counts = |h: &Histogram<u64>| [0, 4, 8].map(|ms| h.count_at(ms * MS));
        assert_eq!((counts(deliveries), counts(messages)), ([2, 0, 1], [1, 1, 1]));
    }
}
