//! The record's seconds.

use serde::{Deserialize, Serialize};

use crate::record::Summary;

/// One second of a run, by the time of receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interval {
    /// Seconds since the measuring window opened.
    pub(crate) start: f64,
    /// Length in seconds.
    pub(crate) length: f64,
    /// Messages written in the interval.
    pub(crate) messages: u64,
    /// Response times of the deliveries that arrived in the interval.
    pub(crate) response: Summary,
    /// Service times of these deliveries.
    pub(crate) service: Summary,
    /// Row counts of the heat map: the number of responses below each of [`HEAT_BOUNDS`] and not
    /// below the one before; last, those that are not below any.
    pub(crate) heat: Vec<u64>,
}

/// Upper bounds of the heat map's rows: the powers of the square root of two from 1 µs to 23 s.
pub(crate) const HEAT_BOUNDS: [u64; 50] = {
    let mut bounds = [0; 50];
    let mut i = 0;
    while i < 50 {
        let octave = 1000 << (i / 2);
        bounds[i] = if i % 2 == 0 { octave } else { octave * 1414 / 1000 };
        i += 1;
    }
    bounds
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heat_maps_rows_rise_to_some_23_seconds() {
        assert!(HEAT_BOUNDS.is_sorted_by(|a, b| a < b));
        assert_eq!(HEAT_BOUNDS[0], 1_000);
        assert!((23..24).contains(&(HEAT_BOUNDS[49] / 1_000_000_000)));
    }
}
