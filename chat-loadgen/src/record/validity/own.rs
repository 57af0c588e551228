//! Figures that the generator may have made itself.
//!
//! A delivery's time is at most the server's part plus the generator's: the longest standstill of a
//! receiving thread that may have delayed it, or the lateness of its message. So where this
//! disturbance is small at a percentile, the figure at that percentile is the server's. No receiver
//! delays the lag: the generator's part of it is its lateness alone, and the rest is a server that does
//! not take what is written.

use crate::record::figures::float;
use crate::record::validity::{LATENESS, LATENESS_SHARE};
use crate::record::{Generator, Latency, Record, Summary};

/// Maximum mean disturbance, in nanoseconds, where a tenth of the mean is less.
const MEAN: f64 = 100_000.0;

/// A histogram of [`Latency`]: its name, and the generator's part in it.
type Named = (&'static str, fn(&Generator) -> Option<Summary>, fn(&Latency) -> &Summary);

/// A figure: its name, and the least bound of its disturbance. A figure below it is always the
/// server's, to this bound.
type Figure = (&'static str, f64, fn(&Summary) -> f64);

const HISTOGRAMS: [Named; 6] = [
    ("response", |generator| generator.disturbance, |latency| &latency.response),
    ("service", |generator| generator.disturbance, |latency| &latency.service),
    ("lag", |generator| Some(generator.pacing), |latency| &latency.lag),
    ("first", |generator| generator.disturbance_of_messages, |latency| &latency.first),
    ("last", |generator| generator.disturbance_of_messages, |latency| &latency.last),
    ("spread", |generator| generator.disturbance_of_messages, |latency| &latency.spread),
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
    let mut own = Vec::new();
    for (histogram, part, of) in HISTOGRAMS {
        let latency = of(&record.latency);
        let disturbance = part(&record.generator).filter(|_| latency.count > 0);
        let Some(disturbance) = disturbance else { continue };
        let made = FIGURES.iter().filter(|(_, least, of)| {
            // The disturbance is no more than what it is part of.
            let (part, all) = (of(&disturbance).min(of(latency)), of(latency));
            part > least.max(all * LATENESS_SHARE)
        });
        own.extend(made.map(|(figure, ..)| format!("{histogram}.{figure}")));
    }
    own
}

/// Returns whether a figure of the latency is one of these, which the generator may have made itself.
pub(crate) fn is_own(own: &[String], histogram: &str, figure: &str) -> bool {
    let is_it = |name: &String| {
        name.strip_prefix(histogram).and_then(|rest| rest.strip_prefix('.')) == Some(figure)
    };
    own.iter().any(is_it)
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
        let is_own = |figure| is_own(&record.own_figures, "response", figure);
        assert!(is_own("p99.9") && !is_own("p99"));
        // No more than all of it can be the generator's, and that is within the bound.
        let mut record = disturbed();
        record.latency.response.p999 = MS;
        assert_eq!(own_figures(&record), ["response.p99.99"]);
        let mut record = disturbed();
        record.generator.disturbance = None;
        assert_eq!(own_figures(&record), Vec::<String>::new(), "an older record");
        assert_eq!(own_figures(&sample::record()), Vec::<String>::new());
    }

    #[test]
    fn a_lag_is_the_generators_own_where_it_was_late_and_not_where_it_stood_still() {
        let mut record = disturbed();
        record.latency.lag.p999 = 20 * MS;
        record.latency.lag.p9999 = 20 * MS;
        let lags = |record: &Record| {
            let own = own_figures(record).into_iter();
            own.filter(|figure| figure.starts_with("lag.")).collect::<Vec<_>>()
        };
        assert_eq!(lags(&record), Vec::<String>::new(), "its standstills delay what it receives");
        record.generator.pacing.p9999 = 3 * MS;
        assert_eq!(lags(&record), ["lag.p99.99"]);
    }
}
