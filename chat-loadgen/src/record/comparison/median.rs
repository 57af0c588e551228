//! The median of a few values with a confidence interval by order statistics.
//!
//! The interval assumes nothing about the distribution, only that the values are independent: the
//! number of values below the true median is binomial (Conover, Practical Nonparametric Statistics,
//! 3rd ed., section 3.2; Le Boudec, Performance Evaluation of Computer and Communication Systems,
//! section 2.2).

use serde::{Deserialize, Serialize};

use crate::record::figures::float;

/// Coverage that is wanted. Fewer than 6 values do not reach it: then the interval is their range,
/// with the coverage that it has.
const CONFIDENCE: f64 = 0.95;

/// An estimated median with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Estimate {
    /// Estimate of the values.
    pub(crate) median: f64,
    /// Lower end of the interval: one of the values.
    pub(crate) low: f64,
    /// Upper end of the interval: one of the values.
    pub(crate) high: f64,
    /// Probability with which the interval contains the true median; 0 for a single value.
    pub(crate) coverage: f64,
}

impl Estimate {
    /// Estimate of the values; nothing if there are none.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let (left_out, coverage) = interval(sorted.len());
        Some(Self {
            median: f64::midpoint(sorted[last / 2], sorted[sorted.len() / 2]),
            low: sorted[left_out],
            high: sorted[last - left_out],
            coverage,
        })
    }

    /// A single value, which says nothing about how far others may lie from it.
    pub(crate) fn single(value: f64) -> Self {
        Self { median: value, low: value, high: value, coverage: 0.0 }
    }

    /// Returns whether the intervals have a value in common.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// The number of values to leave out at either end, so that the interval between the rest is the
/// narrowest that has the coverage that is wanted; and the coverage that it has.
fn interval(number: usize) -> (usize, f64) {
    let count = float(number as u64);
    // The binomial probabilities of 0, 1, 2 … values below the median, and their sum.
    let mut probability = 0.5_f64.powf(count);
    let mut beyond = probability;
    let mut left_out = 0;
    loop {
        let chosen = float(left_out as u64);
        probability *= (count - chosen) / (chosen + 1.0);
        if 2.0 * (beyond + probability) > 1.0 - CONFIDENCE {
            return (left_out, 1.0 - 2.0 * beyond);
        }
        beyond += probability;
        left_out += 1;
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_pcg::Pcg64;

    use super::*;

    fn values(number: u32) -> Vec<f64> {
        (1..=number).rev().map(f64::from).collect()
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the ends are values themselves")]
    fn the_interval_is_that_of_the_tables() {
        // Le Boudec, appendix A: the ranks of the 95 % interval of the median.
        for (number, ranks, coverage) in [
            (6, [1.0, 6.0], 0.969),
            (8, [1.0, 8.0], 0.992),
            (9, [2.0, 8.0], 0.961),
            (10, [2.0, 9.0], 0.979),
            (12, [3.0, 10.0], 0.961),
            (20, [6.0, 15.0], 0.959),
            (30, [10.0, 21.0], 0.957),
            (70, [27.0, 44.0], 0.959),
        ] {
            let Estimate { low, high, coverage: real, .. } = Estimate::of(&values(number)).unwrap();
            assert_eq!([low, high], ranks, "{number}");
            assert!((real - coverage).abs() < 0.001, "{number}: {real}");
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the ends are values themselves")]
    fn few_values_have_their_range_and_its_true_coverage() {
        for (number, coverage) in [(1, 0.0), (2, 0.5), (3, 0.75), (4, 0.875), (5, 0.9375)] {
            let median = Estimate::of(&values(number)).unwrap();
            assert_eq!([median.low, median.high], [1.0, f64::from(number)]);
            assert!((median.coverage - coverage).abs() < 1e-12, "{median:?}");
        }
        assert_eq!(Estimate::of(&[]), None);
        assert!((Estimate::of(&values(4)).unwrap().median - 2.5).abs() < 1e-12);
    }

    #[test]
    fn the_interval_contains_the_true_median_as_often_as_it_says() {
        let mut random = Pcg64::seed_from_u64(11);
        for number in [5, 9, 12] {
            let tries = 20_000;
            let mut hits = 0.0;
            for _ in 0..tries {
                // A skewed distribution whose median is 1.
                let sample: Vec<f64> =
                    (0..number).map(|_| -random.random::<f64>().log2()).collect();
                let Estimate { low, high, .. } = Estimate::of(&sample).unwrap();
                hits += f64::from(u8::from((low..=high).contains(&1.0)));
            }
            let (_, coverage) = interval(number);
            let real = hits / f64::from(tries);
            assert!((real - coverage).abs() < 0.007, "{number}: {real} instead of {coverage}");
        }
    }
}
