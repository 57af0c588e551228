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
    /// Its part of the ledger, if deliveries were judged.
    #[serde(default)]
    pub(crate) ledger: Option<Tally>,
}

impl Interval {
    /// An interval in which nothing was written, and nothing arrived that is timed.
    pub(crate) fn empty(start: f64, length: f64) -> Self {
        Self {
            start,
            length,
            messages: 0,
            response: Summary::default(),
            service: Summary::default(),
            heat: vec![0; HEAT_BOUNDS.len() + 1],
            ledger: None,
        }
    }
}

/// The ledger's part of one second.
///
/// A delivery that was due counts in the second in which its message should have been sent: `ok` and
/// the seven classes behind it, which add up to `expected`. What came beside these counts in the
/// second in which it came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Messages whose time came in the second, and that were sent then or later.
    pub(crate) sent: u64,
    /// Their deliveries that were due.
    pub(crate) expected: u64,
    /// See [`Ledger::ok`](crate::record::Ledger::ok), and so on.
    pub(crate) ok: u64,
    pub(crate) lost: u64,
    pub(crate) reordered: u64,
    pub(crate) corrupt: u64,
    pub(crate) late: u64,
    pub(crate) cut_off: u64,
    #[serde(default)]
    pub(crate) died_with_node: u64,
    pub(crate) undecided: u64,
    pub(crate) duplicated: u64,
    pub(crate) echoed: u64,
    pub(crate) foreign: u64,
    pub(crate) merged: u64,
    pub(crate) disorder: u64,
}

/// Name of a count of [`Tally`], and the count.
pub(crate) type TallyColumn = (&'static str, fn(&Tally) -> u64);

impl Tally {
    /// All counts by name, in the order in which reports show them.
    pub(crate) const COLUMNS: &[TallyColumn; 15] = &[
        ("sent", |tally| tally.sent),
        ("expected", |tally| tally.expected),
        ("ok", |tally| tally.ok),
        ("lost", |tally| tally.lost),
        ("reordered", |tally| tally.reordered),
        ("corrupt", |tally| tally.corrupt),
        ("late", |tally| tally.late),
        ("cut off", |tally| tally.cut_off),
        ("died with node", |tally| tally.died_with_node),
        ("undecided", |tally| tally.undecided),
        ("duplicated", |tally| tally.duplicated),
        ("echoed", |tally| tally.echoed),
        ("foreign", |tally| tally.foreign),
        ("merged", |tally| tally.merged),
        ("disorder", |tally| tally.disorder),
    ];

    /// The sum of two.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            sent: self.sent.saturating_add(other.sent),
            expected: self.expected.saturating_add(other.expected),
            ok: self.ok.saturating_add(other.ok),
            lost: self.lost.saturating_add(other.lost),
            reordered: self.reordered.saturating_add(other.reordered),
            corrupt: self.corrupt.saturating_add(other.corrupt),
            late: self.late.saturating_add(other.late),
            cut_off: self.cut_off.saturating_add(other.cut_off),
            died_with_node: self.died_with_node.saturating_add(other.died_with_node),
            undecided: self.undecided.saturating_add(other.undecided),
            duplicated: self.duplicated.saturating_add(other.duplicated),
            echoed: self.echoed.saturating_add(other.echoed),
            foreign: self.foreign.saturating_add(other.foreign),
            merged: self.merged.saturating_add(other.merged),
            disorder: self.disorder.saturating_add(other.disorder),
        }
    }

    /// Deliveries that were due and are in another class than `ok`.
    pub(crate) fn not_ok(&self) -> u64 {
        let Self { lost, reordered, corrupt, late, cut_off, died_with_node, undecided, .. } = self;
        lost + reordered + corrupt + late + cut_off + died_with_node + undecided
    }

    /// The counts that are no part of `sent`, `expected` and `ok`.
    pub(crate) fn remarkable(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Self::remarkable_columns().map(|(name, of)| (*name, of(self)))
    }

    /// Their names, and the counts.
    pub(crate) fn remarkable_columns() -> impl Iterator<Item = &'static TallyColumn> {
        Self::COLUMNS.iter().skip(3)
    }
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
