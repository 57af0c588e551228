//! Ends a run early (`--abort-if`): judges its conditions on the figures so far.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::record::figures::{float, time};
use crate::record::threshold::{AbortCondition, LiveFigures};
use crate::record::{EndedEarly, Interval, Record, Status, Summary};
use crate::traffic::ledger::anomalies::Anomaly;
use crate::traffic::shared::{Progress, Shared};

/// Time for which a message has to have been overtaken to count as lost, in nanoseconds: one that is
/// only reordered arrives meanwhile.
const OVERTAKEN: u64 = 1_000_000_000;

/// The conditions that end a run, and since when each holds.
pub(super) struct Abort<'a> {
    conditions: &'a [AbortCondition],
    /// Times since when they hold, in nanoseconds of the run's clock.
    since: Vec<Option<u64>>,
    figures: LiveFigures,
    /// True if an interval has ended since the last look.
    fresh: bool,
    /// True if messages were in flight when the last interval ended.
    in_flight: bool,
    /// Seconds for which nothing has arrived while messages were in flight.
    stalled: f64,
    overtaken: Overtaken,
    /// The condition that ended the run, and the figures then.
    decided: Option<(&'a AbortCondition, LiveFigures)>,
    /// The end, once a condition has held for its time.
    pub(super) ended: Option<EndedEarly>,
}

/// Number of messages that had been overtaken by some time ago.
#[derive(Debug, Default)]
struct Overtaken {
    settled: u64,
    recent: VecDeque<(u64, u64)>,
}

impl Overtaken {
    /// Notes the number now. Gives the one of the time [`OVERTAKEN`] ago.
    fn settle(&mut self, now: u64, number: u64) -> u64 {
        if self.recent.back().map_or(self.settled, |(_, last)| *last) != number {
            self.recent.push_back((now, number));
        }
        while let Some((_, number)) = self.recent.pop_front_if(|(at, _)| *at + OVERTAKEN <= now) {
            self.settled = number;
        }
        self.settled
    }
}

impl<'a> Abort<'a> {
    /// Conditions that do not hold yet.
    pub(super) fn new(conditions: &'a [AbortCondition]) -> Self {
        Self {
            conditions,
            since: vec![None; conditions.len()],
            figures: LiveFigures::default(),
            fresh: false,
            in_flight: false,
            stalled: 0.0,
            overtaken: Overtaken::default(),
            decided: None,
            ended: None,
        }
    }

    /// Takes the figures of a second that is over.
    ///
    /// If nothing arrived in it though messages were in flight at its beginning, these have waited at
    /// least since then, and that is its response.
    pub(super) fn interval(&mut self, interval: &Interval) {
        let Interval { length, messages, response, service, .. } = *interval;
        let empty = response.count == 0;
        self.stalled = if empty && self.in_flight { self.stalled + length } else { 0.0 };
        self.figures.latencies = if self.stalled > 0.0 {
            let waited = constant(Duration::from_secs_f64(self.stalled));
            Some([waited, waited])
        } else {
            (!empty).then_some([response, service])
        };
        self.figures.rates = Some([messages, response.count].map(|n| float(n) / length.max(1e-9)));
        self.fresh = true;
    }

    /// Returns whether the run is to end: a condition has held for its time.
    pub(super) fn judge(&mut self, shared: &Shared) -> bool {
        if self.conditions.is_empty() {
            return false;
        }
        let Shared { progress, clock, window, .. } = shared;
        let now = clock.now();
        if std::mem::take(&mut self.fresh) {
            self.in_flight = progress.open.load(Ordering::Relaxed) > 0;
        }
        self.count(progress, now);
        for (condition, since) in self.conditions.iter().zip(&mut self.since) {
            if !condition.holds(&self.figures) {
                *since = None;
            } else if Duration::from_nanos(now - *since.get_or_insert(now)) >= condition.hold {
                self.decided = Some((condition, self.figures.clone()));
                self.ended = Some(EndedEarly {
                    condition: condition.to_string(),
                    figures: condition.actual(&self.figures),
                    at: float(now.saturating_sub(window.start())) / 1e9,
                });
                return true;
            }
        }
        false
    }

    /// Makes a run invalid that was ended by a latency which may be the generator's own.
    pub(super) fn doubt(&self, record: &mut Record) {
        let disturbance = record.generator.disturbance.map_or(0, |disturbance| disturbance.max);
        if let Some((condition, figures)) = &self.decided
            && !condition.is_certain(figures, disturbance)
        {
            record.verdict.status = Status::Invalid;
            let reason = format!(
                "what ended the run may be the generator's own, which disturbed by up to {}: {}",
                time(disturbance),
                condition.actual(figures),
            );
            record.verdict.reasons.insert(0, reason);
        }
    }

    /// Deliveries that were overtaken a second ago and have not arrived.
    pub(super) fn lost(&mut self, progress: &Progress, now: u64) -> u64 {
        // First those that have come after all: of what was overtaken by then, no more came.
        let recovered = progress.recovered.load(Ordering::Relaxed);
        let overtaken = progress.overtaken.load(Ordering::Relaxed);
        self.overtaken.settle(now, overtaken).saturating_sub(recovered)
    }

    /// Takes the counts so far.
    fn count(&mut self, progress: &Progress, now: u64) {
        let lost = self.lost(progress, now);
        let figures = &mut self.figures;
        let seen = |anomaly: Anomaly| progress.kinds[anomaly as usize].load(Ordering::Relaxed);
        figures.lost = lost;
        figures.messages = progress.measured.load(Ordering::Relaxed);
        figures.deliveries = progress.deliveries.load(Ordering::Relaxed);
        figures.disconnected = progress.disconnected.load(Ordering::Relaxed);
        figures.duplicated = seen(Anomaly::Duplicated);
        figures.reordered = seen(Anomaly::Reordered);
        figures.echoed = seen(Anomaly::Echoed);
        figures.corrupt = seen(Anomaly::Corrupt);
        figures.foreign = seen(Anomaly::Foreign);
        figures.merged = seen(Anomaly::Merged);
        figures.refusals = seen(Anomaly::Refusal);
    }
}

/// Summary of samples that are all the same.
fn constant(time: Duration) -> Summary {
    let value = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Summary {
        count: 1,
        min: value,
        mean: float(value),
        p50: value,
        p90: value,
        p99: value,
        p999: value,
        p9999: value,
        max: value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;
    use crate::traffic::shared::sample::shared;

    const SECOND: u64 = 1_000_000_000;

    fn conditions(text: &str) -> Vec<AbortCondition> {
        vec![text.parse().unwrap()]
    }

    fn interval(count: u64) -> Interval {
        let mut interval = sample::record().intervals[0].clone();
        interval.response.count = count;
        interval
    }

    #[test]
    fn what_is_only_reordered_is_not_lost() {
        let mut overtaken = Overtaken::default();
        assert_eq!(overtaken.settle(0, 5), 0);
        assert_eq!(overtaken.settle(SECOND - 1, 7), 0);
        assert_eq!(overtaken.settle(SECOND, 8), 5);
        assert_eq!(overtaken.settle(2 * SECOND, 8), 8);
        let conditions = conditions("lost>0");
        let mut abort = Abort::new(&conditions);
        let shared = shared();
        shared.progress.overtaken.store(3, Ordering::Relaxed);
        shared.progress.recovered.store(3, Ordering::Relaxed);
        for second in 0..5 {
            abort.count(&shared.progress, second * SECOND);
            assert_eq!(abort.figures.lost, 0);
        }
        shared.progress.overtaken.store(5, Ordering::Relaxed);
        let lost = [5, 6].map(|second| {
            abort.count(&shared.progress, second * SECOND);
            abort.figures.lost
        });
        assert_eq!(lost, [0, 2]);
    }

    #[test]
    fn a_second_without_deliveries_is_as_slow_as_what_waits() {
        let conditions = conditions("p99>1s");
        let mut abort = Abort::new(&conditions);
        let shared = shared();
        let mut judge_second = |count, open| {
            abort.interval(&interval(count));
            shared.progress.open.store(open, Ordering::Relaxed);
            abort.judge(&shared)
        };
        assert!(!judge_second(0, 0), "nothing was sent");
        assert!(!judge_second(0, 4), "it may have been sent a moment ago");
        assert!(!judge_second(0, 4), "1 s is not more than 1 s");
        assert!(judge_second(0, 4));
        assert!(!judge_second(7, 4));
        assert_eq!(abort.ended.unwrap().figures, "response.p99 = 2.00 s");
    }

    #[test]
    fn what_the_generator_may_have_made_itself_ends_no_valid_run() {
        let conditions = conditions("p99>100ms || lost>3");
        for (p99, lost, status) in [
            (150_000_000, 0, Status::Valid),
            (140_000_000, 0, Status::Invalid),
            (140_000_000, 4, Status::Valid),
        ] {
            let mut abort = Abort::new(&conditions);
            let shared = shared();
            let response = Summary { p99, ..interval(7).response };
            abort.interval(&Interval { response, ..interval(7) });
            shared.progress.overtaken.store(lost, Ordering::Relaxed);
            abort.overtaken.settled = lost;
            assert!(abort.judge(&shared));
            let mut record = sample::record();
            record.generator.disturbance = Some(Summary { max: 45_000_000, ..response });
            abort.doubt(&mut record);
            assert_eq!(record.verdict.status, status, "{p99} {lost}");
        }
    }

    #[test]
    fn a_condition_has_to_hold_without_interruption() {
        let conditions = conditions("disconnected>0 for 1h");
        let mut abort = Abort::new(&conditions);
        let shared = shared();
        shared.progress.disconnected.store(1, Ordering::Relaxed);
        assert!(!abort.judge(&shared));
        assert!(abort.since[0].is_some());
        shared.progress.disconnected.store(0, Ordering::Relaxed);
        assert!(!abort.judge(&shared));
        assert_eq!((abort.since[0], abort.ended), (None, None));
    }
}
