//! Latency recording of one worker: a histogram entry for every delivery, and the first and last
//! receiver of each message.

use std::ops::Range;

use hdrhistogram::Histogram;

use crate::record::Extremes;
use crate::traffic::in_flight::{InFlight, Reach, Times};
use crate::traffic::shared::Shared;
use crate::traffic::timing::histograms::{enter, histogram};
use crate::traffic::timing::standstill::Disturbance;

/// Enters a value so many times into a histogram and into its exact extremes.
fn enter_exactly(histogram: &mut Histogram<u64>, exact: &mut Extremes, value: u64, times: u64) {
    enter(histogram, value, times);
    exact.note(value);
}

/// Records the latencies of one worker's deliveries.
#[derive(Debug)]
pub(crate) struct LatencyRecorder {
    worker: usize,
    rings: Box<[Box<[Local]>]>,
    /// Response and service of the deliveries since these were last taken.
    slice: LatencySlice,
    /// Lag of every delivery, and the reach of the messages that this worker completed.
    messages: MessageTimes,
    /// The generator's own part in these times.
    pub(crate) disturbance: Disturbance,
    /// Deliveries whose times had been forgotten.
    untimed: u64,
    /// Deliveries in the slices that were taken.
    taken: u64,
    /// Messages completed since this was last taken.
    completed: Completions,
}

/// Numbers of messages that have reached all their receivers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Completions {
    /// All completed messages.
    pub(crate) all: u64,
    /// Completed messages that a closed loop still waited for: each may be followed by another.
    pub(crate) awaited: u64,
}

/// The times of the deliveries of one interval.
#[derive(Debug, Clone)]
pub(crate) struct LatencySlice {
    /// See [`crate::record::Latency::response`].
    pub(crate) response: Histogram<u64>,
    /// See [`crate::record::Latency::service`].
    pub(crate) service: Histogram<u64>,
    /// Exact extremes of the response and of the service.
    pub(crate) extremes: [Extremes; 2],
}

/// The times of messages.
#[derive(Debug, Clone)]
pub(crate) struct MessageTimes {
    /// See [`crate::record::Latency::lag`].
    pub(crate) lag: Histogram<u64>,
    /// See [`crate::record::Latency::first`].
    pub(crate) first: Histogram<u64>,
    /// See [`crate::record::Latency::last`].
    pub(crate) last: Histogram<u64>,
    /// See [`crate::record::Latency::spread`].
    pub(crate) spread: Histogram<u64>,
    /// Exact extremes of these four, in this order.
    pub(crate) extremes: [Extremes; 4],
}

impl Default for LatencySlice {
    fn default() -> Self {
        Self { response: histogram(), service: histogram(), extremes: [Extremes::NONE; 2] }
    }
}

impl Default for MessageTimes {
    fn default() -> Self {
        let [lag, first, last, spread] = [(); 4].map(|()| histogram());
        Self { lag, first, last, spread, extremes: [Extremes::NONE; 4] }
    }
}

/// One worker's state of one message. `left` counts its receivers that have neither got it nor
/// missed it; at zero the worker is done with the message.
#[derive(Debug, Clone, Copy)]
struct Local {
    number: u32,
    left: u32,
    delivered: u32,
    measured: bool,
    /// True if a receiver will not get it, or not as it was sent.
    missed: bool,
    /// See [`InFlight::late`].
    late: u32,
    times: Times,
    reach: Reach,
}

impl Local {
    const NONE: Self = Self {
        number: u32::MAX,
        left: 0,
        delivered: 0,
        measured: false,
        missed: false,
        late: 0,
        times: Times { intended: 0, written: 0 },
        reach: Reach { first: 0, last: 0 },
    };

    fn lag(&self) -> u64 {
        self.times.written.saturating_sub(self.times.intended)
    }
}

/// Latency of a delivery in the measuring window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// Response time: from the intended time of sending to the receipt.
    pub(crate) response: u64,
}

impl LatencyRecorder {
    /// The recorder of one worker.
    pub(crate) fn new(worker: usize, senders: usize, in_flight: &InFlight) -> Self {
        let ring = |sender| {
            let slots = if in_flight.is_local(sender) { in_flight.slots() } else { 0 };
            vec![Local::NONE; slots].into_boxed_slice()
        };
        let senders = u32::try_from(senders).unwrap_or(u32::MAX);
        Self {
            worker,
            rings: (0..senders).map(ring).collect(),
            slice: LatencySlice::default(),
            messages: MessageTimes::default(),
            disturbance: Disturbance::default(),
            untimed: 0,
            taken: 0,
            completed: Completions::default(),
        }
    }

    /// Records a delivery to one of the worker's receivers. `counted` is true for a receiver that
    /// takes part all the time.
    #[inline]
    pub(crate) fn delivered(
        &mut self,
        shared: &Shared,
        (sender, number): (u32, u32),
        now: u64,
        counted: bool,
    ) -> Option<Delivered> {
        let Some(local) = self.local(shared, sender, number) else {
            self.untimed += 1;
            return None;
        };
        if local.delivered == 0 {
            // It may have been heard of before it was written.
            local.times = shared.in_flight.times(sender, number).unwrap_or(local.times);
        }
        // A receipt lies behind its write, as the clock is one; equal times are possible.
        let service = now.saturating_sub(local.times.written);
        let response = service + local.lag();
        let measured = local.measured;
        local.delivered += 1;
        if local.delivered == 1 {
            local.reach.first = now;
        }
        local.reach.last = now;
        if counted {
            local.left = local.left.saturating_sub(1);
        }
        let done = counted && local.left == 0;
        let (late, first) = (local.late, local.delivered == 1);
        if late > 0 && first {
            self.disturbance.sent_late(late, now, &shared.standstill);
        }
        if measured {
            let LatencySlice { response: all, service: services, extremes } = &mut self.slice;
            enter(all, response, 1);
            enter(services, service, 1);
            extremes[0].note(response);
            extremes[1].note(service);
            self.disturbance.delivered(late);
        }
        if done {
            self.done(shared, sender, number);
        }
        measured.then_some(Delivered { response })
    }

    /// Records that a receiver that takes part all the time will not get a message, or not as it
    /// was sent.
    pub(crate) fn missed(&mut self, shared: &Shared, sender: u32, number: u32) {
        let Some(local) = self.local(shared, sender, number) else { return };
        local.missed = true;
        if local.left > 0 {
            local.left -= 1;
            if local.left == 0 {
                self.done(shared, sender, number);
            }
        }
    }

    /// The number behind the last of a sender's messages that another of the worker's receivers had
    /// got by that time; the first of `numbers` if there is none.
    pub(crate) fn heard_until(&self, sender: u32, numbers: Range<u32>, time: u64) -> u32 {
        let ring = &self.rings[sender as usize];
        let heard = |number: &u32| {
            let local = &ring[*number as usize & (ring.len() - 1)];
            local.number == *number && local.delivered > 0 && local.reach.first <= time
        };
        numbers.clone().rev().find(heard).map_or(numbers.start, |last| last + 1)
    }

    /// This worker's state of a message, looked up at its first delivery. Nothing if its times are
    /// forgotten.
    #[inline]
    fn local(&mut self, shared: &Shared, sender: u32, number: u32) -> Option<&mut Local> {
        let ring = &self.rings[sender as usize];
        let at = number as usize & (ring.len() - 1);
        if ring[at].number != number {
            self.begin(shared, sender, number, at)?;
        }
        Some(&mut self.rings[sender as usize][at])
    }

    fn begin(&mut self, shared: &Shared, sender: u32, number: u32, at: usize) -> Option<()> {
        let times = shared.in_flight.times(sender, number)?;
        let local = Local {
            number,
            left: shared.audience.receivers(self.worker, sender),
            delivered: 0,
            measured: shared.window.holds(times.intended),
            missed: false,
            late: shared.in_flight.late(sender, number),
            times,
            reach: Reach { first: 0, last: 0 },
        };
        let before = std::mem::replace(&mut self.rings[sender as usize][at], local);
        self.count_lag(&before);
        Some(())
    }

    /// Completes a message for this worker: all its receivers have got the message, or will not.
    fn done(&mut self, shared: &Shared, sender: u32, number: u32) {
        let at = number as usize & (self.rings[sender as usize].len() - 1);
        let local = &mut self.rings[sender as usize][at];
        let reach = (local.delivered > 0).then_some(local.reach);
        let local = *local;
        let Some(completed) = shared.in_flight.complete(sender, number, reach, local.missed) else {
            return;
        };
        self.completed.all += 1;
        let given_up = shared.given_up.load(std::sync::atomic::Ordering::Relaxed);
        self.completed.awaited += u64::from(local.times.intended >= given_up);
        if !local.measured {
            return;
        }
        if completed.crossed {
            shared.seam.messages.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        let times = &mut self.messages;
        let since = |time: u64| time.saturating_sub(local.times.intended);
        if let Some(reach) = completed.reach {
            enter_exactly(&mut times.first, &mut times.extremes[1], since(reach.first), 1);
        }
        let Some(reach) = completed.reach.filter(|_| completed.whole) else {
            return;
        };
        enter_exactly(&mut times.last, &mut times.extremes[2], since(reach.last), 1);
        enter_exactly(&mut times.spread, &mut times.extremes[3], reach.last - reach.first, 1);
        self.disturbance.completed(local.late);
    }

    fn count_lag(&mut self, local: &Local) {
        if local.measured && local.delivered > 0 {
            let MessageTimes { lag, extremes, .. } = &mut self.messages;
            enter_exactly(lag, &mut extremes[0], local.lag(), u64::from(local.delivered));
        }
    }

    /// Takes the numbers of messages completed since the last call.
    #[inline]
    pub(crate) fn take_completed(&mut self) -> Completions {
        std::mem::take(&mut self.completed)
    }

    /// Number of deliveries that were timed so far: those of the measuring window's messages.
    pub(crate) fn timed(&self) -> u64 {
        self.taken + self.slice.response.len()
    }

    /// The times of the deliveries since the last call.
    pub(crate) fn take_slice(&mut self) -> LatencySlice {
        self.taken = self.timed();
        let fresh = LatencySlice {
            response: Histogram::new_from(&self.slice.response),
            service: Histogram::new_from(&self.slice.service),
            extremes: [Extremes::NONE; 2],
        };
        std::mem::replace(&mut self.slice, fresh)
    }

    /// Times of the messages, the generator's own part in these and in the deliveries', and the
    /// number of deliveries without times. Messages that have not reached all their receivers are
    /// incomplete.
    pub(crate) fn finish(mut self, shared: &Shared) -> (MessageTimes, Disturbance, u64) {
        for sender in 0..self.rings.len() {
            for at in 0..self.rings[sender].len() {
                let local = self.rings[sender][at];
                if local.left > 0 && local.delivered > 0 {
                    self.rings[sender][at].missed = true;
                    self.done(shared, u32::try_from(sender).unwrap_or(u32::MAX), local.number);
                }
                self.count_lag(&local);
            }
        }
        self.disturbance.enter(0, shared.clock.now(), &shared.standstill);
        (self.messages, self.disturbance, self.untimed)
    }
}

#[cfg(test)]
mod tests;
