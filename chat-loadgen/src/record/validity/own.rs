//! Figures that the generator may have made itself.
//!
//! A delivery's time is at most the server's part plus the generator's: the longest standstill of a
//! receiving thread that may have delayed it, or the lateness of its message. So where this
//! disturbance is small at a percentile, the figure at that percentile is the server's.

use crate::record::figures::float;
use crate::record::validity::{LATENESS, LATENESS_SHARE};
use crate::record::{Latency, Record, Summary};

/// Maximum mean disturbance, in nanoseconds, where a tenth of the mean is less.
const MEAN: f64 = 100_000.0;

/// A histogram of [`Latency`]: its name, and whether it has an entry for each message.
type Named = (&'static str, bool, fn(&Latency) -> &Summary);

/// A figure: its name, and the least bound of its disturbance. A figure below it is always the
/// server's, to this bound.
type Figure = (&'static str, f64, fn(&Summary) -> f64);

const HISTOGRAMS: [Named; 6] = [
    ("response", false, |latency| &latency.response),
    ("service", false, |latency| &latency.service),
    ("lag", false, |latency| &latency.lag),
    ("first", true, |latency| &latency.first),
    ("last", true, |latency| &latency.last),
    ("spread", true, |latency| &latency.spread),
];

/// The figures that are judged. The minimum is always the server's.
const FIGURES: [Figure; 7] = [
    ("p50", LATENESS_BOUND, |s| float(s.p50)),
    ("p90", LATENESS_BOUND, |s| float(s.p90)),
    ("p99", LATENESS_BOUND, |s| float(s.p99)),
    ("p99.9", LATENESS_BOUND, |s| float(s.p999)),
    ("p99.99", LATENESS_BOUND, |s| float(s.p9999)),
    ("max", LATENESS_BOUND, |s| float(s.max)),
    ("mean", MEAN, |s| s.mean),
];

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
const LATENESS_BOUND: f64 = LATENESS as f64;

/// Names of the latency's figures that the generator may have made itself: `response.p99.9`.
pub(crate) fn own_figures(record: &Record) -> Vec<String> {
    let generator = &record.generator;
    let mut own = Vec::new();
    for (histogram, of_messages, of) in HISTOGRAMS {
        let latency = of(&record.latency);
        let disturbance =
            if of_messages { generator.disturbance_of_messages } else { generator.disturbance };
        let Some(disturbance) = disturbance.filter(|_| latency.count > 0) else { continue };
        let made = FIGURES.iter().filter(|(_, least, of)| {
            // The disturbance is no more than what it is part of.
            let (part, all) = (of(&disturbance).min(of(latency)), of(latency));
            part > least.max(all * LATENESS_SHARE)
        });
        own.extend(made.map(|(figure, ..)| format!("{histogram}.{figure}")));
    }
    own
}

/// Returns whether the generator may have made a figure of the latency itself.
pub(crate) fn is_own(record: &Record, histogram: &str, figure: &str) -> bool {
    let is_it = |name: &String| {
        name.strip_prefix(histogram).and_then(|rest| rest.strip_prefix('.')) == Some(figure)
    };
    record.own_figures.iter().any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    const MS: u64 = 1_000_000;

    /// A run in which the generator stood still: one delivery in 500 waited for up to 90 ms.
    fn disturbed() -> Record {
        let mut record = sample::record();
        let none = Summary { p9999: 0, max: 0, ..Summary::of(&sample::histogram(1, 0.0)) };
        let few = Summary { p999: 90 * MS, p9999: 90 * MS, max: 90 * MS, ..none };
        record.generator.disturbance = Some(few);
        record.generator.disturbance_of_messages = Some(none);
        record.latency.response.p999 = 75 * MS;
        record.latency.response.max = 901 * MS;
        record.latency.service = Summary { count: 0, ..record.latency.service };
        record.latency.lag.p999 = 900 * MS;
        record.latency.lag.p9999 = 900 * MS;
        record.latency.lag.max = 900 * MS;
        record.own_figures = own_figures(&record);
        record
    }

    #[test]
    fn a_figure_is_the_servers_where_the_generator_disturbed_it_by_a_tenth_at_most() {
        let record = disturbed();
        // The maximum and the lags are ten times as long: nine tenths are the server's.
        assert_eq!(record.own_figures, ["response.p99.9", "response.p99.99"]);
        assert!(is_own(&record, "response", "p99.9") && !is_own(&record, "response", "p99"));
        // No more than all of it can be the generator's, and that is within the bound.
        let mut record = disturbed();
        record.latency.response.p999 = MS;
        assert_eq!(own_figures(&record), ["response.p99.99"]);
        let mut record = disturbed();
        record.generator.disturbance = None;
        assert_eq!(own_figures(&record), Vec::<String>::new(), "an older record");
        assert_eq!(own_figures(&sample::record()), Vec::<String>::new());
    }
}
