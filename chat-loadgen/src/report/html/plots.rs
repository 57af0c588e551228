//! The plots of the page: their series and axes.

use hdrhistogram::Histogram;
use maud::{Markup, html};

use super::axis::{self, Axis};
use super::chart::{Drawing, Ink, Size, chart};
use super::markup::{legend, no_samples};
use crate::record::figures::float;
use crate::record::{HEAT_BOUNDS, Histograms, Interval, Step, Summary};

/// Size of a plot over the whole page.
pub(super) const WIDE: Size = Size(1080, 360);

/// Size of one of two plots side by side.
const HALF: Size = Size(520, 280);

/// Points of a percentile curve for every halving of what lies above.
const POINTS: u32 = 20;

/// Maximum number of columns of the heat map; for longer runs, several intervals share one.
pub(super) const COLUMNS: usize = 240;

/// A line through the intervals: its name, its colour and its figure.
type Series = (&'static str, Ink, fn(&Summary) -> u64);

/// Plot of the latencies of deliveries and messages, by percentile.
pub(super) fn percentiles(histograms: &Histograms) -> Markup {
    curves(&[
        ("response", Ink::Response, &histograms.response),
        ("service", Ink::Service, &histograms.service),
        ("first receiver", Ink::First, &histograms.first),
        ("last receiver", Ink::Last, &histograms.last),
    ])
}

/// Plot of histograms of times, by percentile.
pub(super) fn curves(series: &[(&str, Ink, &Histogram<u64>)]) -> Markup {
    let drawn: Vec<_> = series.iter().filter(|(_, _, h)| !h.is_empty()).collect();
    let samples = drawn.iter().map(|(_, _, histogram)| histogram.len()).max();
    let low = drawn.iter().map(|(_, _, histogram)| histogram.min()).min();
    let high = drawn.iter().map(|(_, _, histogram)| histogram.max()).max();
    let (Some(samples), Some(low), Some(high)) = (samples, low, high) else {
        return no_samples();
    };
    // The first one last: the others often lie under it, and it is what matters.
    let lines = drawn.iter().rev().map(|(_, ink, histogram)| Drawing::Line(*ink, curve(histogram)));
    let marks: Vec<_> = lines.collect();
    let names: Vec<_> = drawn.iter().map(|(name, ink, _)| (*name, ink.variable(), false)).collect();
    let plot = chart(
        "Latency by percentile",
        WIDE,
        Axis::percentiles(float(samples)),
        Axis::time("latency", float(low), float(high)),
        &marks,
    );
    html! { (legend(&names)) (plot) }
}

/// The reciprocal of what lies above a percentile, and the percentile.
fn curve(histogram: &Histogram<u64>) -> Vec<(f64, f64)> {
    let samples = float(histogram.len());
    let steps = histogram.iter_quantiles(POINTS);
    steps
        .map(|step| {
            let above = (1.0 - step.quantile_iterated_to()).max(1.0 / samples);
            (1.0 / above, float(step.value_iterated_to()))
        })
        .collect()
}

/// The response second by second.
pub(super) fn latency_over_time(intervals: &[Interval]) -> Markup {
    let sampled = || intervals.iter().map(|i| &i.response).filter(|summary| summary.count > 0);
    let (Some(low), Some(high)) = (sampled().map(|s| s.p50).min(), sampled().map(|s| s.max).max())
    else {
        return no_samples();
    };
    let figures: [Series; 3] = [
        ("p50", Ink::Service, |s| s.p50),
        ("p99", Ink::Response, |s| s.p99),
        ("max", Ink::Last, |s| s.max),
    ];
    let mut marks = Vec::new();
    for (_, ink, figure) in figures {
        // Where nothing arrived, the line has a gap.
        for part in intervals.split(|interval| interval.response.count == 0) {
            marks.extend(line(ink, part, |interval| float(figure(&interval.response))));
        }
    }
    let names = figures.map(|(name, ink, _)| (name, ink.variable(), false));
    let time = Axis::time("response", float(low), float(high));
    let plot = chart("Response over time", WIDE, seconds(intervals), time, &marks);
    html! { (legend(&names)) (plot) }
}

/// Deliveries per second.
pub(super) fn delivery_rate(intervals: &[Interval]) -> Markup {
    rate("deliveries per second", Ink::Response, intervals, |interval| interval.response.count)
}

/// Messages per second.
pub(super) fn message_rate(intervals: &[Interval]) -> Markup {
    rate("messages per second", Ink::First, intervals, |interval| interval.messages)
}

fn rate(
    title: &'static str,
    ink: Ink,
    intervals: &[Interval],
    number: fn(&Interval) -> u64,
) -> Markup {
    let per_second = |interval: &Interval| float(number(interval)) / interval.length.max(1e-3);
    if intervals.is_empty() {
        return no_samples();
    }
    let high = intervals.iter().map(per_second).fold(0.0, f64::max);
    let marks: Vec<_> = line(ink, intervals, per_second).into_iter().collect();
    let rates = Axis::from_zero(title, high, axis::rate);
    chart(title, HALF, seconds(intervals), rates, &marks)
}

/// A line through the middle of every interval; one alone is a dot.
pub(super) fn line(
    ink: Ink,
    intervals: &[Interval],
    figure: impl Fn(&Interval) -> f64,
) -> Option<Drawing> {
    let middle = |interval: &Interval| interval.start + interval.length / 2.0;
    let points: Vec<_> = intervals.iter().map(|i| (middle(i), figure(i))).collect();
    match points.as_slice() {
        [] => None,
        [point] => Some(Drawing::Dot(ink, *point)),
        _ => Some(Drawing::Line(ink, points)),
    }
}

/// The seconds of a run.
pub(super) fn seconds(intervals: &[Interval]) -> Axis {
    Axis::seconds(intervals.last().map_or(0.0, |last| last.start + last.length))
}

/// Heat map of the response times, second by second.
pub(super) fn heat(intervals: &[Interval]) -> Markup {
    let columns = heat_columns(intervals);
    let rows = || columns.iter().flat_map(|column| column.cells.iter().map(|(row, _)| *row));
    let (Some(lowest), Some(highest)) = (rows().min(), rows().max()) else {
        return no_samples();
    };
    let most = columns.iter().flat_map(|column| &column.cells).map(|(_, n)| *n).fold(0.0, f64::max);
    let mut marks = Vec::new();
    for Column { start, end, cells } in &columns {
        for (row, density) in cells {
            // Never so faint that a single delivery could be overlooked.
            let opacity = 0.15 + 0.85 * density.ln_1p() / most.ln_1p();
            let corners = [(*start, lower_bound(*row)), (*end, lower_bound(row + 1))];
            marks.push(Drawing::Cell(Ink::Heat, corners, (opacity * 100.0).round() / 100.0));
        }
    }
    let time = Axis::time("response", lower_bound(lowest), lower_bound(highest + 1));
    chart("Responses over time as a heat map", WIDE, seconds(intervals), time, &marks)
}

struct Column {
    start: f64,
    end: f64,
    /// The rows that are not empty, and how many deliveries per second they had.
    cells: Vec<(usize, f64)>,
}

fn heat_columns(intervals: &[Interval]) -> Vec<Column> {
    let shared = intervals.len().div_ceil(COLUMNS).max(1);
    let column = |intervals: &[Interval]| {
        let (first, last) = (intervals.first()?, intervals.last()?);
        let (start, end) = (first.start, last.start + last.length);
        let count = |row| intervals.iter().filter_map(|i| i.heat.get(row)).sum::<u64>();
        let cells = (0..=HEAT_BOUNDS.len())
            .map(|row| (row, float(count(row)) / (end - start).max(1e-3)))
            .filter(|(_, density)| *density > 0.0)
            .collect();
        Some(Column { start, end, cells })
    };
    intervals.chunks(shared).filter_map(column).collect()
}

/// Lower bound of a row of the heat map, in nanoseconds. The first and the last row are open, and
/// drawn as wide as the others.
fn lower_bound(row: usize) -> f64 {
    let bound = |index: usize| HEAT_BOUNDS.get(index).map(|bound| float(*bound));
    match row.checked_sub(1) {
        None => float(HEAT_BOUNDS[0]) / std::f64::consts::SQRT_2,
        Some(below) => bound(below)
            .unwrap_or(float(HEAT_BOUNDS[HEAT_BOUNDS.len() - 1]) * std::f64::consts::SQRT_2),
    }
}

/// Plot of the results of `--find-max`, by rate.
pub(super) fn search(steps: &[Step]) -> Markup {
    let mut steps: Vec<_> = steps.iter().filter(|s| s.latency.response.count > 0).collect();
    steps.sort_by(|a, b| a.achieved_rate.total_cmp(&b.achieved_rate));
    let at = |step: &Step| (step.achieved_rate, float(step.latency.response.p99));
    let points: Vec<_> = steps.iter().map(|step| at(step)).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return no_samples();
    };
    let low = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(|point| point.1).fold(0.0, f64::max);
    let mut marks = vec![Drawing::Line(Ink::Muted, points.clone())];
    marks.extend(steps.iter().map(|step| match (step.no_evidence, step.holds) {
        (true, _) => Drawing::Ring(Ink::Muted, at(step)),
        (false, true) => Drawing::Dot(Ink::Good, at(step)),
        (false, false) => Drawing::Ring(Ink::Bad, at(step)),
    }));
    let rates = Axis::logarithmic("messages per second, achieved", first.0, last.0, axis::rate);
    let plot =
        chart("Response p99 by rate", WIDE, rates, Axis::time("response p99", low, high), &marks);
    let names = [
        ("held", Ink::Good.variable(), true),
        ("did not hold", Ink::Bad.variable(), true),
        ("no evidence", Ink::Muted.variable(), true),
    ];
    html! { (legend(&names)) (plot) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn count(svg: &Markup, element: &str, colour: &str) -> usize {
        let elements = svg.0.lines().filter(|line| line.starts_with(&format!("<{element} ")));
        elements.filter(|line| line.contains(&format!("var(--{colour})"))).count()
    }

    #[test]
    fn every_percentile_curve_is_a_line_in_its_colour() {
        let mut histograms = sample::histograms();
        let svg = percentiles(&histograms);
        for colour in ["response", "service", "first", "last"] {
            assert_eq!(count(&svg, "polyline", colour), 1, "{colour}");
        }
        for tick in ["50 %", "90 %", "99 %", "99.9 %", "99.99 %"] {
            assert!(svg.0.contains(&format!("\n{tick}\n")), "{tick}");
        }
        assert!(!svg.0.contains("#0102"), "a placeholder is left");
        histograms.first.reset();
        assert_eq!(count(&percentiles(&histograms), "polyline", "first"), 0);
    }

    #[test]
    fn a_curve_ends_at_the_largest_value() {
        let histogram = sample::histogram(1000, 1.0);
        let points = curve(&histogram);
        assert!(points.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1));
        let last = points.last().unwrap();
        assert!((last.0 - 1000.0).abs() < 1e-6, "{last:?}");
        assert!((last.1 - float(histogram.max())).abs() < 1e-6, "{last:?}");
    }

    #[test]
    fn a_second_without_deliveries_is_a_gap() {
        let mut intervals = sample::record().intervals;
        assert_eq!(count(&latency_over_time(&intervals), "polyline", "last"), 1);
        intervals[20].response.count = 0;
        assert_eq!(count(&latency_over_time(&intervals), "polyline", "last"), 2);
        intervals[22].response.count = 0;
        let svg = latency_over_time(&intervals);
        assert_eq!(count(&svg, "polyline", "last"), 2);
        assert_eq!(count(&svg, "circle", "last"), 1);
    }

    #[test]
    fn every_cell_of_the_heat_map_that_has_any_is_drawn() {
        let mut intervals = sample::record().intervals;
        let filled = intervals.iter().flat_map(|i| &i.heat).filter(|n| **n > 0).count();
        assert_eq!(count(&heat(&intervals), "rect", "heat"), filled);
        intervals[5].heat[50] = 1;
        intervals[5].heat[0] = 1;
        let filled = intervals.iter().flat_map(|i| &i.heat).filter(|n| **n > 0).count();
        assert_eq!(count(&heat(&intervals), "rect", "heat"), filled);
    }

    #[test]
    fn long_runs_share_columns() {
        let intervals = vec![sample::record().intervals; 61].concat();
        let columns = heat_columns(&intervals);
        assert!(columns.len() <= COLUMNS && columns.len() > COLUMNS / 2, "{}", columns.len());
    }

    #[test]
    fn rates_that_held_are_told_from_those_that_did_not() {
        let mut steps = sample::full().search;
        let svg = search(&steps);
        assert_eq!(count(&svg, "circle", "good"), 3);
        assert_eq!(count(&svg, "circle", "bad"), 2);
        steps[4].no_evidence = true;
        assert_eq!(count(&search(&steps), "circle", "bad"), 1);
    }

    #[test]
    fn without_samples_every_plot_says_so() {
        let mut histograms = sample::histograms();
        let Histograms { response, service, lag, first, last, spread } = &mut histograms;
        [response, service, lag, first, last, spread].into_iter().for_each(Histogram::reset);
        let mut empty = sample::record().intervals[0].clone();
        empty.response.count = 0;
        empty.heat.clear();
        let mut step = sample::full().search[0].clone();
        step.latency.response.count = 0;
        let plots = [
            percentiles(&histograms),
            latency_over_time(&[]),
            latency_over_time(std::slice::from_ref(&empty)),
            delivery_rate(&[]),
            message_rate(&[]),
            heat(&[]),
            heat(&[empty]),
            search(&[]),
            search(&[step]),
        ];
        for plot in plots.map(Markup::into_string) {
            assert!(plot.contains("no samples") && !plot.contains("<svg"), "{plot}");
        }
    }
}
