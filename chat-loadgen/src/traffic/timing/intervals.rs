//! Intervals of one second: sums the workers' histograms first, and makes percentiles only then.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::record::{Extremes, HEAT_BOUNDS, Interval, Summary};
use crate::traffic::timing::latency::LatencySlice;

/// Length of an interval of the record, in nanoseconds.
pub(crate) const INTERVAL: u64 = 1_000_000_000;

/// A worker's report on one second: the deliveries of an interval, by the time of receipt.
#[derive(Debug)]
pub(crate) struct IntervalReport {
    /// Index of the worker.
    pub(crate) worker: usize,
    /// Index of the interval, counted from the opening of the measuring window.
    pub(crate) index: u64,
    /// Latencies of the deliveries.
    pub(crate) slice: LatencySlice,
}

/// Collects the workers' reports.
#[derive(Debug)]
pub(crate) struct Intervals {
    /// The last interval that each worker has reported.
    reported: Vec<Option<u64>>,
    open: BTreeMap<u64, LatencySlice>,
    /// Seconds for which the measuring window is open.
    window: f64,
    /// Messages that had been sent when each interval ended, from the opening of the window on.
    sent: Vec<u64>,
    totals: LatencyTotals,
}

/// The times of all deliveries.
#[derive(Debug, Default)]
pub(crate) struct LatencyTotals {
    /// Latencies of the canary: the last worker, which serves one client only.
    pub(crate) canary: LatencySlice,
    /// Latencies of all other workers' clients.
    pub(crate) bulk: LatencySlice,
}

/// An interval that all workers have reported.
#[derive(Debug)]
pub(crate) struct EndedInterval {
    /// The interval as the record keeps it.
    pub(crate) interval: Interval,
    /// The response of its deliveries.
    pub(crate) response: Histogram<u64>,
}

impl Intervals {
    /// Intervals for so many workers, and a measuring window of so many seconds.
    pub(crate) fn new(workers: usize, window: f64) -> Self {
        Self {
            reported: vec![None; workers],
            open: BTreeMap::new(),
            window,
            sent: Vec::new(),
            totals: LatencyTotals::default(),
        }
    }

    /// Notes the number of messages sent so far, `since` nanoseconds after the window opened.
    pub(crate) fn note_sent(&mut self, sent: u64, since: u64) {
        let boundaries = usize::try_from(since / INTERVAL).unwrap_or(usize::MAX);
        while self.sent.len() <= boundaries {
            self.sent.push(sent);
        }
    }

    /// Takes a report. Gives the intervals that all workers have now reported.
    pub(crate) fn take(&mut self, report: IntervalReport) -> Vec<EndedInterval> {
        let IntervalReport { worker, index, slice } = report;
        self.open.entry(index).or_default().add(&slice);
        let canary = worker + 1 == self.reported.len();
        let total = if canary { &mut self.totals.canary } else { &mut self.totals.bulk };
        total.add(&slice);
        self.reported[worker] = Some(index);
        let known = self.reported.iter().copied().min().flatten();
        let mut ended = Vec::new();
        while let Some(entry) = self.open.first_entry()
            && known.is_some_and(|known| *entry.key() <= known)
        {
            let (index, slice) = entry.remove_entry();
            ended.push(self.end(index, slice));
        }
        ended
    }

    /// Gives the intervals that are left at the end, and the sum of all.
    pub(crate) fn finish(mut self) -> (Vec<EndedInterval>, LatencyTotals) {
        let open = std::mem::take(&mut self.open);
        let ended = open.into_iter().map(|(index, slice)| self.end(index, slice)).collect();
        (ended, self.totals)
    }

    fn end(&self, index: u64, slice: LatencySlice) -> EndedInterval {
        let at = |index: u64| {
            let known = usize::try_from(index).ok().and_then(|index| self.sent.get(index));
            known.or(self.sent.last()).copied().unwrap_or(0)
        };
        let start = seconds(index * INTERVAL);
        let summary = |histogram, exact: Extremes| exact.of(Summary::of(histogram));
        let interval = Interval {
            start,
            length: length(start, self.window),
            messages: at(index + 1) - at(index),
            response: summary(&slice.response, slice.extremes[0]),
            service: summary(&slice.service, slice.extremes[1]),
            heat: heat(&slice.response),
            ledger: None,
        };
        EndedInterval { interval, response: slice.response }
    }
}

/// Length of an interval. The window may close before a second is over; what comes behind it is a
/// whole one again.
pub(crate) fn length(start: f64, window: f64) -> f64 {
    let rest = window - start;
    if rest > 0.0 { rest.min(seconds(INTERVAL)) } else { seconds(INTERVAL) }
}

impl LatencySlice {
    /// Adds another worker's, or another interval's.
    pub(crate) fn add(&mut self, other: &Self) {
        sum(&mut self.response, &other.response);
        sum(&mut self.service, &other.service);
        for (all, other) in self.extremes.iter_mut().zip(other.extremes) {
            all.add(other);
        }
    }
}

/// Adds a histogram to another one, which grows for it.
pub(crate) fn sum(to: &mut Histogram<u64>, other: &Histogram<u64>) {
    let summed = to.add(other);
    debug_assert!(summed.is_ok(), "it resizes");
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

fn heat(histogram: &Histogram<u64>) -> Vec<u64> {
    let mut rows = vec![0; HEAT_BOUNDS.len() + 1];
    for value in histogram.iter_recorded() {
        let row = HEAT_BOUNDS.partition_point(|&bound| bound <= value.value_iterated_to());
        rows[row] += value.count_at_value();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::timing::histograms::enter;

    fn report(worker: usize, index: u64, values: &[u64]) -> IntervalReport {
        let mut slice = LatencySlice::default();
        for &value in values {
            enter(&mut slice.response, value, 1);
            slice.extremes[0].note(value);
        }
        IntervalReport { worker, index, slice }
    }

    #[test]
    fn an_interval_ends_when_every_worker_has_reported_it_or_a_later_one() {
        let mut intervals = Intervals::new(2, 1.5);
        intervals.note_sent(100, 0);
        intervals.note_sent(130, INTERVAL + 5);
        intervals.note_sent(150, 2 * INTERVAL + 5);
        assert!(intervals.take(report(0, 0, &[1_000, 2_000])).is_empty());
        assert!(intervals.take(report(0, 1, &[3_000])).is_empty());
        // The second worker had no time for the first interval.
        let ended = intervals.take(report(1, 1, &[9_000_000]));
        let counts: Vec<u64> = ended.iter().map(|ended| ended.response.len()).collect();
        assert_eq!(counts, [2, 2]);
        assert_eq!(ended[0].interval.messages, 30);
        assert_eq!(ended[1].interval.messages, 20);
        let lengths = ended.iter().map(|ended| ended.interval.length);
        assert_eq!(lengths.collect::<Vec<_>>(), [1.0, 0.5]);
        // Exact, and not the upper bound of the histogram's bucket.
        assert_eq!(ended[1].interval.response.max, 9_000_000);
        assert!(ended[1].response.max() > 9_000_000);
        let _ = intervals.take(report(1, 2, &[7]));
        let (ended, LatencyTotals { canary, bulk }) = intervals.finish();
        assert_eq!((ended.len(), bulk.response.len(), canary.response.len()), (1, 3, 2));
        assert!(canary.response.equivalent(canary.response.max(), 9_000_000));
    }

    #[test]
    fn the_heat_map_holds_every_sample() {
        let mut slice = LatencySlice::default();
        for value in [0, 999, 1_000, 50_000_000, 10_000_000_000, 99_000_000_000] {
            enter(&mut slice.response, value, 2);
        }
        let rows = heat(&slice.response);
        assert_eq!(rows.iter().sum::<u64>(), 12);
        assert_eq!((rows[0], rows[1], rows[HEAT_BOUNDS.len()]), (4, 2, 2));
    }
}
