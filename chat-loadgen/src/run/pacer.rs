//! Pacing of the open loop: a thread that sends each message at its intended time, whether or not
//! those before have arrived.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hdrhistogram::Histogram;

use crate::system::machine::{self, ThreadUse};
use crate::traffic::sending::senders::Senders;
use crate::traffic::shared::Shared;
use crate::traffic::timing::histograms::{enter, histogram};

/// Interval at which a waiting pacer checks whether the run is over, in nanoseconds.
const LOOK: u64 = 50_000_000;

/// Time for which a pacer that is late goes on after the end of the warm-up, or of the window, in
/// nanoseconds.
const GRACE: u64 = 50_000_000;

/// Results of a pacer in the measuring window.
#[derive(Debug)]
pub(crate) struct Paced {
    /// Lateness of messages when they were handed to their sender, just before it writes, in
    /// nanoseconds.
    pub(crate) lateness: Histogram<u64>,
    /// Messages that were handed over, on time or late, or for which no sender was there.
    pub(crate) due: u64,
    /// Messages for which no sender was there any more.
    pub(crate) unsendable: u64,
    /// Messages whose time came, and that were not handed over any more.
    pub(crate) missed: u64,
    /// CPU time and waits of the thread.
    pub(crate) used: Option<ThreadUse>,
}

/// Sends a message at each of these times (nanoseconds of the run's clock): those of the warm-up, then
/// those of the window. It ends when there are no more, the run sends no more, or the window is over:
/// what is due by then is missed. What is left of the warm-up must not hold up the window.
pub(crate) fn pace(senders: &Senders, times: impl Iterator<Item = u64>) -> Paced {
    machine::wake_on_time();
    let shared = &**senders.shared();
    let mut times = times.peekable();
    while let Some(intended) = times.next_if(|time| *time < shared.window.start()) {
        if !wait_until(shared, intended, shared.window.start()) {
            break;
        }
        if let Some(send_half) = senders.enqueue_next(intended, intended) {
            send_half.flush(shared);
        }
    }
    while times.next_if(|time| *time < shared.window.start()).is_some() {}
    pace_window(senders, times)
}

fn pace_window(senders: &Senders, mut times: impl Iterator<Item = u64>) -> Paced {
    let shared = &**senders.shared();
    let began = ThreadUse::now();
    let mut paced = Paced { lateness: histogram(), due: 0, unsendable: 0, missed: 0, used: None };
    while let Some(intended) = times.next() {
        if !wait_until(shared, intended, shared.window.end()) {
            // Those of an interrupted run need not be counted to the end: its window ends here.
            let rest = [intended].into_iter().chain(times);
            let rest = rest.take_while(|time| *time < shared.window.end());
            paced.missed = rest.filter(|time| shared.window.holds(*time)).count() as u64;
            break;
        }
        let send_half = senders.enqueue_next(intended, shared.clock.now()).map(Arc::clone);
        paced.due += 1;
        paced.unsendable += u64::from(send_half.is_none());
        let late = shared.clock.now().saturating_sub(intended);
        enter(&mut paced.lateness, late, 1);
        // Only this thread raises it.
        if late > shared.progress.lag.load(Ordering::Relaxed) {
            shared.progress.lag.store(late, Ordering::Relaxed);
        }
        if let Some(send_half) = send_half {
            send_half.flush(shared);
        }
    }
    if let (Some(began), Some(now)) = (began, ThreadUse::now()) {
        paced.used = Some(now.since(began));
    }
    paced
}

/// Returns whether the time was reached; false when the run sends no more, or a pacer that is late has
/// come too far behind `end`.
fn wait_until(shared: &Shared, time: u64, end: u64) -> bool {
    loop {
        if shared.progress.silent.load(Ordering::Relaxed) {
            return false;
        }
        let now = shared.clock.now();
        if now >= time {
            return now <= end.saturating_add(GRACE);
        }
        shared.clock.sleep_until(time.min(now + LOOK));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::shared::sample;

    #[test]
    fn a_pacer_that_is_late_ends_with_its_window_and_counts_what_it_missed() {
        // The window of this run is open from 1,000 to 2,000 ns.
        let shared = Arc::new(sample::shared());
        let senders = Senders::new(Arc::clone(&shared), "64".parse().expect("a size"));
        let on_time = pace(&senders, (0..1_000).chain([1_000, 1_500]));
        assert_eq!((on_time.due, on_time.unsendable, on_time.missed), (2, 2, 0));
        shared.clock.sleep_until(GRACE + 3_000);
        // A warm-up and a window that would take minutes.
        let late = pace(&senders, 0..u64::MAX);
        assert_eq!((late.due, late.missed), (0, 1_000));
    }
}
