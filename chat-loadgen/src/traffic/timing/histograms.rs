//! Histograms of nanoseconds.

use hdrhistogram::Histogram;

/// An empty histogram of three significant digits and any range: growing is rare, and nothing
/// saturates silently.
pub(crate) fn histogram() -> Histogram<u64> {
    match Histogram::new(3) {
        Ok(histogram) => histogram,
        Err(_) => unreachable!("three digits are allowed"),
    }
}

/// Enters a value so many times. The histogram grows for it: nothing is clamped to its range.
#[inline]
pub(crate) fn enter(histogram: &mut Histogram<u64>, value: u64, times: u64) {
    let entered = histogram.record_n(value, times);
    debug_assert!(entered.is_ok(), "any 64 bits have their place in memory's range");
}
