//! An initial transient: the first seconds of the measuring window differ from the rest, because the
//! warm-up was too short.
//!
//! As Welch's method and MSER-5 do (Law, Simulation Modeling and Analysis, section 9.5.1; White,
//! "An effective truncation heuristic for bias reduction in simulation output", 1997), it looks at
//! the beginning of a series of means over batches; here, of percentiles of seconds. Robust figures
//! take the place of means, so that one pause is no transient.

use crate::record::figures::{float, time_of};
use crate::record::{Interval, Record, Summary};

/// Minimum number of whole seconds for a statement.
const SECONDS: usize = 8;
/// One of this many seconds belongs to the beginning: a fifth of the window.
const BEGINNING: usize = 5;
/// Minimum difference, as a share of the rest's median.
const SHARE: f64 = 0.25;
/// Minimum difference, in standard deviations of the rest's seconds.
const DEVIATIONS: f64 = 5.0;
/// Minimum difference, in deviations that nine in ten of the rest's seconds do not exceed. Of a few
/// seconds, the median deviation is small by chance too often.
const RANGES: f64 = 1.5;
/// Standard deviations of a normal distribution in its median absolute deviation.
const MAD: f64 = 1.4826;
/// Difference that does not matter, in nanoseconds.
const NEGLIGIBLE: f64 = 50_000.0;

/// A percentile: its name and its value.
type Percentile = (&'static str, fn(&Summary) -> u64);

/// A remark for the reader if the first seconds differ from the rest. Only for a constant rate: with
/// a ramp or steps they should differ.
pub(crate) fn remark(record: &Record) -> Option<String> {
    let shape = record.workload.pacing.split(' ').nth(1)?;
    if shape.contains([':', ',']) {
        return None;
    }
    let figures: [Percentile; 2] = [("p50", |s| s.p50), ("p99", |s| s.p99)];
    let whole = whole_seconds(record);
    figures.into_iter().find_map(|(name, of)| {
        let series: Vec<_> = whole.iter().map(|s| float(of(s))).collect();
        let (beginning, before, after) = transient(&series)?;
        Some(format!(
            "the first {beginning} seconds differ from the rest (response {name}: {}, then {}): the \
             --warm-up was too short",
            time_of(before),
            time_of(after),
        ))
    })
}

/// The responses of the window's whole seconds.
fn whole_seconds(record: &Record) -> Vec<&Summary> {
    let end = record.workload.duration + 1e-6;
    let whole =
        |i: &&Interval| i.length > 0.99 && i.start + i.length <= end && i.response.count > 0;
    record.intervals.iter().filter(whole).map(|interval| &interval.response).collect()
}

/// Gives the number of seconds that differ, their figure, and the rest's. All but a minority of them
/// differ in the same direction, by more than the rest's own spread.
fn transient(series: &[f64]) -> Option<(usize, f64, f64)> {
    if series.len() < SECONDS {
        return None;
    }
    let (beginning, rest) = series.split_at(series.len().div_ceil(BEGINNING));
    let rest = sorted(rest);
    let after = rest[rest.len() / 2];
    let deviations = sorted(&rest.iter().map(|value| (value - after).abs()).collect::<Vec<_>>());
    let spread = MAD * deviations[deviations.len() / 2];
    let usual = deviations[deviations.len() * 9 / 10];
    let bound =
        [SHARE * after, DEVIATIONS * spread, RANGES * usual].into_iter().fold(NEGLIGIBLE, f64::max);
    let first = sorted(beginning);
    // Of two in the middle, the one that is nearer to the rest.
    let (low, high) = (first[(first.len() - 1) / 2], first[first.len() / 2]);
    let before = if (low - after).abs() < (high - after).abs() { low } else { high };
    ((before - after).abs() > bound).then_some((first.len(), before, after))
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_pcg::Pcg64;

    use super::*;
    use crate::record::sample;

    /// A record with these 99th percentiles, in milliseconds, second by second.
    fn with(p99: &[u64]) -> Record {
        let mut record = sample::record();
        record.workload.duration = float(p99.len() as u64);
        record.intervals.truncate(p99.len());
        for (interval, p99) in record.intervals.iter_mut().zip(p99) {
            interval.response.p50 = 1_000_000;
            interval.response.p99 = p99 * 1_000_000;
        }
        record
    }

    #[test]
    fn a_beginning_that_differs_is_told_with_both_figures() {
        let text = remark(&with(&[40, 35, 3, 4, 3, 3, 4, 3, 4, 3])).unwrap();
        assert!(
            text.starts_with("the first 2 seconds differ from the rest (response p99: "),
            "{text}"
        );
        assert!(text.contains("35.0 ms, then 3.00 ms"), "{text}");
        let faster = remark(&with(&[1, 1, 30, 31, 30, 30, 31, 30, 31, 30])).unwrap();
        assert!(faster.contains("1.00 ms, then 30.0 ms"), "{faster}");
    }

    #[test]
    fn one_pause_a_short_window_or_a_ramp_is_no_transient() {
        assert_eq!(remark(&with(&[40, 3, 3, 4, 3, 3, 4, 3, 4, 3])), None);
        assert_eq!(remark(&with(&[3, 4, 3, 3, 40, 3, 4, 3, 4, 3])), None);
        assert_eq!(remark(&with(&[40, 35, 3, 4, 3, 4, 3])), None);
        let mut ramp = with(&[40, 35, 3, 4, 3, 3, 4, 3, 4, 3]);
        ramp.workload.pacing = "open 100:1000/s poisson".into();
        assert_eq!(remark(&ramp), None);
        ramp.workload.pacing = "closed 64".into();
        assert!(remark(&ramp).is_some());
        assert_eq!(remark(&sample::record()), None);
    }

    /// Seconds of a steady server: independent or correlated, of normal or heavy spread, with pauses.
    fn steady(
        random: &mut Pcg64,
        seconds: usize,
        spread: f64,
        memory: f64,
        pauses: f64,
    ) -> Vec<f64> {
        let mut state = 0.0;
        let normal =
            |random: &mut Pcg64| (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        let next = |_| {
            state = memory * state + (1.0 - memory * memory).sqrt() * normal(random);
            let pause = if random.random::<f64>() < pauses { 30.0 } else { 1.0 };
            5e6 * (spread * state).exp() * pause
        };
        (0..seconds).map(next).collect()
    }

    #[test]
    fn a_steady_run_is_hardly_ever_called_otherwise() {
        let mut random = Pcg64::seed_from_u64(5);
        for seconds in [8, 10, 30, 120] {
            for (spread, memory, pauses) in
                [(0.05, 0.0, 0.0), (0.3, 0.0, 0.0), (0.2, 0.6, 0.0), (0.1, 0.0, 0.05)]
            {
                let tries = 4_000;
                let told = (0..tries).filter(|_| {
                    let series = steady(&mut random, seconds, spread, memory, pauses);
                    transient(&series).is_some()
                });
                let told = told.count();
                assert!(told * 200 <= tries, "{told} of {tries}: {seconds} s, {spread}, {memory}");
            }
        }
    }

    #[test]
    fn a_warm_up_that_lasts_into_the_window_is_seen() {
        let mut random = Pcg64::seed_from_u64(6);
        for seconds in [10, 30, 120] {
            let seen = (0..1_000).filter(|_| {
                let mut series = steady(&mut random, seconds, 0.1, 0.3, 0.0);
                series.iter_mut().take(seconds / 5).for_each(|second| *second *= 4.0);
                transient(&series).is_some()
            });
            assert!(seen.count() > 950, "{seconds}");
        }
    }
}
