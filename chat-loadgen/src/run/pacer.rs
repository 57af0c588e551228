//! Pacing of the open loop: a thread that sends each message at its intended time, whether or not
//! those before have arrived.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hdrhistogram::Histogram;

use crate::system::machine::{self, ThreadUse};
use crate::traffic::sending::senders::Senders;
use crate::traffic::shared::Shared;
use crate::traffic::timing::latency::{enter, histogram};

/// Interval at which a waiting pacer checks whether the run is over, in nanoseconds.
const LOOK: u64 = 50_000_000;

/// Time for which a pacer that is late goes on after the end of the warm-up, and of the window, in
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

/// Sends a message at each of these times (nanoseconds of the run's clock), until there are no more,
/// the run sends no more, or the window is over: what is due by then is missed.
pub(crate) fn pace(senders: &Senders, mut times: impl Iterator<Item = u64>) -> Paced {
    let shared = &**senders.shared();
    machine::wake_on_time();
    let mut paced = Paced { lateness: histogram(), due: 0, unsendable: 0, missed: 0, used: None };
    let mut began = None;
    let within = |time: &u64| shared.window.holds(*time);
    while let Some(intended) = times.next() {
        let (measured, now) = (within(&intended), shared.clock.now());
        if !measured && now > shared.window.start().saturating_add(GRACE) {
            // What the warm-up could not be given must not hold up the window.
            continue;
        }
        let over = now > shared.window.end().saturating_add(GRACE);
        if over || !wait_until(shared, intended) {
            // Those of an interrupted run need not be counted to the end: its window ends here.
            let rest = [intended].into_iter().chain(times);
            let rest = rest.take_while(|time| *time < shared.window.end()).filter(within);
            paced.missed = rest.count() as u64;
            break;
        }
        if measured && began.is_none() {
            began = ThreadUse::now();
        }
        let send_half = senders.enqueue_next(intended, shared.clock.now()).map(Arc::clone);
        if measured {
            paced.due += 1;
            paced.unsendable += u64::from(send_half.is_none());
            enter(&mut paced.lateness, shared.clock.now().saturating_sub(intended), 1);
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

/// Returns whether the time was reached; false when the run sends no more.
fn wait_until(shared: &Shared, time: u64) -> bool {
    loop {
        if shared.progress.silent.load(Ordering::Relaxed) {
            return false;
        }
        let now = shared.clock.now();
        if now >= time {
            return true;
        }
        shared.clock.sleep_until(time.min(now + LOOK));
    }
}
