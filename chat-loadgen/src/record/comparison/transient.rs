//! An initial transient: the first seconds of the measuring window differ from the rest, because the
//! warm-up was too short.
//!
//! As Welch's method and MSER-5 do (Law, Simulation Modeling and Analysis, section 9.5.1; White,
//! "An effective truncation heuristic for bias reduction in simulation output", 1997), it looks at
//! the beginning of a series of means over batches; here, of percentiles of seconds. Robust figures
//! take the place of means, so that one pause is no transient.

use crate::record::figures::time_of;
use crate::record::{Interval, Record, Summary};

/// Minimum number of whole seconds for a statement.
const SECONDS: usize = 6;
/// One of this many seconds belongs to the beginning: a fifth of the window.
const BEGINNING: usize = 5;
/// Minimum difference, as a share of the rest's median.
const SHARE: f64 = 0.25;
/// Minimum difference, in standard deviations of the rest's seconds.
const DEVIATIONS: f64 = 5.0;
/// Standard deviations of a normal distribution in its median absolute deviation.
const MAD: f64 = 1.4826;
/// Difference that does not matter, in nanoseconds.
const NEGLIGIBLE: f64 = 50_000.0;

/// A remark for the reader if the first seconds differ from the rest. Only for a constant rate: with
/// a ramp or steps they should differ.
pub(crate) fn remark(record: &Record) -> Option<String> {
    let shape = record.workload.pacing.split(' ').nth(1)?;
    if shape.contains([':', ',']) {
        return None;
    }
    let figures: [(&str, fn(&Summary) -> u64); 2] = [("p50", |s| s.p50), ("p99", |s| s.p99)];
    let whole = whole_seconds(record);
    figures.into_iter().find_map(|(name, of)| {
        let series: Vec<_> = whole.iter().map(|s| crate::record::figures::float(of(s))).collect();
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
    let whole = |i: &&Interval| i.length > 0.99 && i.start + i.length <= end && i.response.count > 0;
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
    let bound = (SHARE * after).max(DEVIATIONS * spread).max(NEGLIGIBLE);
    let first = sorted(beginning);
    // Of two in the middle, the one that is nearer to the rest.
    let (low, high) = (first[(first.len() - 1) / 2], first[first.len() / 2]);
    let before = if low > after { low } else { high };
    ((before - after).abs() > bound).then_some((first.len(), before, after))
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}
