//! An axis of a plot: positions of values, and tick labels.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, KeyPointWeight, Ranged};

use crate::record::{Tally, figures};

/// Maximum number of steps of a linear axis: some plots are half as wide as others.
const STEPS: f64 = 7.0;

/// Maximum number of labels on a logarithmic axis.
const TICKS: usize = 11;

#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// Title of the axis.
    pub(super) title: &'static str,
    /// Formats a value for its label.
    pub(super) show: fn(f64) -> String,
    range: Range<f64>,
    logarithmic: bool,
    ticks: Vec<f64>,
}

impl Axis {
    /// A linear axis from 0 to `high`, or a little more.
    pub(super) fn from_zero(title: &'static str, high: f64, show: fn(f64) -> String) -> Self {
        let step = nice_step(high);
        let end = ((high / step).ceil() * step).max(step);
        Self { title, show, ticks: multiples(step, end), range: 0.0..end, logarithmic: false }
    }

    /// The seconds of a run; it ends exactly where the run does.
    pub(super) fn seconds(end: f64) -> Self {
        let end = end.max(0.1);
        let ticks = multiples(nice_step(end), end);
        let show = |second| format!("{second}");
        Self { title: "seconds", show, ticks, range: 0.0..end, logarithmic: false }
    }

    /// Lanes for the kinds of what was not right, the first one on top.
    pub(super) fn lanes() -> Self {
        let number = Tally::remarkable_columns().count();
        let ticks = (0..number).map(|lane| f64::midpoint(Self::lane(lane).0, Self::lane(lane).1));
        let show = |at: f64| {
            let mut lanes = Tally::remarkable_columns().enumerate();
            let lane = lanes.find(|(lane, _)| Self::lane(*lane).0 < at && at < Self::lane(*lane).1);
            lane.map_or_else(String::new, |(_, (name, _))| (*name).to_owned())
        };
        let (_, top) = Self::lane(0);
        Self { title: "", show, ticks: ticks.collect(), range: 0.0..top + 0.1, logarithmic: false }
    }

    /// Lower and upper edge of a lane, which does not touch the next ones.
    pub(super) fn lane(lane: usize) -> (f64, f64) {
        let from_below = Tally::remarkable_columns().count() - lane;
        let middle = f64::from(u8::try_from(from_below).unwrap_or(u8::MAX)) - 0.5;
        (middle - 0.4, middle + 0.4)
    }

    /// A logarithmic axis for times between two bounds, both in nanoseconds.
    pub(super) fn time(title: &'static str, low: f64, high: f64) -> Self {
        Self::logarithmic(title, low, high, |ns| short(&figures::time_of(ns)))
    }

    /// A logarithmic axis, from the round value below `low` to the one above `high`.
    pub(super) fn logarithmic(
        title: &'static str,
        low: f64,
        high: f64,
        show: fn(f64) -> String,
    ) -> Self {
        let low = low.max(1.0);
        let ticks = round_values(low, high.max(low * 2.0));
        let range = ticks[0]..ticks[ticks.len() - 1];
        Self { title, show, range, logarithmic: true, ticks }
    }

    /// An axis for percentiles of so many samples, at the reciprocal of what lies above them: 2 for
    /// 50 %, 100 for 99 %.
    pub(super) fn percentiles(samples: f64) -> Self {
        let end = samples.max(10.0);
        let decades = (0..20).map(|exponent| 10_f64.powi(exponent));
        let mut ticks = vec![2.0];
        ticks.extend(decades.skip(1).take_while(|tick| *tick <= end));
        let show = |x: f64| format!("{} %", trimmed(100.0 - 100.0 / x));
        Self { title: "percentile", show, range: 1.0..end, logarithmic: true, ticks }
    }

    /// Position of a value on the axis, from 0 to 1.
    fn position(&self, value: f64) -> f64 {
        let Range { start, end } = self.range;
        let position = if self.logarithmic {
            (value.max(start) / start).ln() / (end / start).ln()
        } else {
            (value - start) / (end - start)
        };
        position.clamp(0.0, 1.0)
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "between two coordinates of the canvas")]
    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let length = f64::from(limit.1 - limit.0);
        limit.0 + (length * self.position(*value)).round() as i32
    }

    /// The thin lines between the ticks are left out.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight() {
            KeyPointWeight::Bold => self.ticks.clone(),
            KeyPointWeight::Any => Vec::new(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// 1, 2 or 5 times a power of ten, so that there are not too many steps up to `high`.
fn nice_step(high: f64) -> f64 {
    let least = (high / STEPS).max(0.01);
    let decade = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * decade >= least * 0.999);
    factor.unwrap_or(10.0) * decade
}

fn multiples(step: f64, end: f64) -> Vec<f64> {
    let mut ticks = Vec::new();
    let mut index = 0.0;
    while index * step <= end * 1.0001 {
        // Without the error that 3 × 0.1 has.
        ticks.push((index * step * 1e6).round() / 1e6);
        index += 1.0;
    }
    ticks
}

/// 1, 2 and 5 times the powers of ten, from below `low` to above `high`; only the powers where
/// those would be too many. There are at least two.
fn round_values(low: f64, high: f64) -> Vec<f64> {
    let between = |factors: &[f64]| {
        let all: Vec<f64> = (0..=20)
            .flat_map(|exponent| factors.iter().map(move |factor| factor * 10_f64.powi(exponent)))
            .collect();
        let first = all.partition_point(|value| *value <= low * 1.0001).saturating_sub(1);
        let last = all.partition_point(|value| *value < high * 0.9999).min(all.len() - 1);
        all[first.min(last - 1)..=last].to_vec()
    };
    let fine = between(&[1.0, 2.0, 5.0]);
    if fine.len() <= TICKS { fine } else { between(&[1.0]) }
}

/// Per second, as it is written at an axis.
pub(super) fn rate(per_second: f64) -> String {
    short(&figures::rate(per_second))
}

/// Values at an axis are round: `1 ms` instead of `1.00 ms`.
fn short(figure: &str) -> String {
    let (number, unit) = figure.split_at(figure.find(' ').unwrap_or(figure.len()));
    match number.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => {
            format!("{whole}{unit}")
        }
        _ => figure.to_owned(),
    }
}

/// `99.9` instead of `99.90000`.
fn trimmed(percent: f64) -> String {
    let text = format!("{percent:.10}");
    let text = text.trim_end_matches('0');
    text.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|tick| (axis.show)(*tick)).collect()
    }

    #[test]
    fn percentiles_stand_at_their_nines() {
        let axis = Axis::percentiles(25_000.0);
        assert_eq!(shown(&axis), ["50 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
        assert_eq!(shown(&Axis::percentiles(0.0)), ["50 %", "90 %"]);
        assert_eq!(axis.map(&1.0, (0, 1000)), 0);
        assert_eq!(axis.map(&25_000.0, (0, 1000)), 1000);
        assert_eq!(Axis::percentiles(100.0).map(&10.0, (1000, 0)), 500);
    }

    #[test]
    fn logarithmic_axes_have_round_ends_and_few_ticks() {
        assert_eq!(shown(&Axis::time("", 1.3e6, 4.1e6)), ["1 ms", "2 ms", "5 ms"]);
        let wide = Axis::time("", 12_345.0, 2e10);
        assert_eq!(wide.range, 1e4..1e11);
        assert_eq!(wide.ticks.len(), 8);
        for (low, high) in [(0.0, 0.0), (1e3, 1e3), (1.0, 2e19), (1e19, 1.8e19)] {
            let axis = Axis::time("", low, high);
            assert!(axis.range.start < axis.range.end, "{axis:?}");
            assert!(axis.range.start <= low.max(1.0) && axis.range.end >= high, "{axis:?}");
        }
    }

    #[test]
    fn linear_axes_have_round_steps() {
        let show = |value: f64| format!("{value}");
        assert_eq!(shown(&Axis::from_zero("", 2.0, rate))[..3], ["0", "0.50", "1"]);
        assert_eq!(shown(&Axis::from_zero("", 5e3, rate))[..3], ["0", "1,000", "2,000"]);
        assert_eq!(shown(&Axis::from_zero("", 93.0, rate))[4..], ["80", "100"]);
        assert_eq!(Axis::from_zero("", 93.0, show).range, 0.0..100.0);
        assert_eq!(Axis::from_zero("", 0.0, show).range, 0.0..0.01);
        assert_eq!(shown(&Axis::seconds(3.0)), ["0", "0.5", "1", "1.5", "2", "2.5", "3"]);
        assert_eq!(shown(&Axis::seconds(60.0)).len(), 7);
        assert_eq!(Axis::seconds(60.0).map(&15.0, (100, 500)), 200);
    }
}
