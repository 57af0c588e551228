//! The ledger by second: deliveries that were right, and everything else.

use maud::{Markup, html};

use super::axis::{self, Axis};
use super::chart::{Drawing, Ink, Size, chart};
use super::markup::{TableRow, legend, table};
use super::plots::{COLUMNS, WIDE, line, seconds};
use crate::record::figures::{count, float};
use crate::record::{Interval, Record, Tally};

/// Size of the plot of all kinds but `ok`: a lane each.
const LANES: Size = Size(1080, 320);

/// Maximum number of seconds in the table.
const ROWS: usize = 60;

/// Plots of the ledger by second, and a table of the seconds in which something was not right.
pub(super) fn ledger(record: &Record) -> Markup {
    let judged: Vec<(&Interval, &Tally)> =
        record.intervals.iter().filter_map(|each| Some((each, each.ledger.as_ref()?))).collect();
    if judged.is_empty() {
        return html! {};
    }
    let is_remarkable = |tally: &Tally| tally.remarkable().any(|(_, number)| number > 0);
    let before = record.before.as_ref().filter(|tally| is_remarkable(tally));
    let plotted = judged.iter().any(|(_, tally)| is_remarkable(tally));
    html! {
        h3 { "Deliveries by the second of their message" }
        (right(record))
        h3 { "Everything that was not right" }
        @if before.is_none() && !plotted {
            p.none { "nothing, in any second" }
        } @else {
            p {
                "What did not come right stands in the second in which its message should have been \
                 sent; what came besides, from duplicated on, in the second in which it came."
            }
            @if plotted { (lanes(&record.intervals, &judged)) }
            (rows(before, &judged))
        }
    }
}

/// Deliveries that were due and those that were right, up to the end of the window.
fn right(record: &Record) -> Markup {
    let end = record.workload.duration;
    let within = record.intervals.partition_point(|interval| interval.start < end);
    let within = &record.intervals[..within];
    let rate = |number: fn(&Tally) -> u64| {
        move |interval: &Interval| {
            float(interval.ledger.as_ref().map_or(0, number)) / interval.length.max(1e-3)
        }
    };
    let (expected, ok) = (rate(|tally| tally.expected), rate(|tally| tally.ok));
    let high = within.iter().map(expected).fold(0.0, f64::max);
    // Where all were right, the second line covers the first.
    let marks = [line(Ink::Muted, within, expected), line(Ink::Good, within, ok)];
    let marks: Vec<_> = marks.into_iter().flatten().collect();
    let names = [
        ("expected", Ink::Muted.variable(), false),
        ("arrived as they should", Ink::Good.variable(), false),
    ];
    let title = "Deliveries per second, expected and right";
    let rates = Axis::from_zero("deliveries per second", high, axis::rate);
    html! { (legend(&names)) (chart(title, WIDE, seconds(&record.intervals), rates, &marks)) }
}

/// A lane for each kind, with a cell for each second that has any: the more it stands out, the more
/// there were.
fn lanes(intervals: &[Interval], judged: &[(&Interval, &Tally)]) -> Markup {
    let all = || judged.iter().flat_map(|(_, tally)| tally.remarkable());
    let most = all().map(|(_, number)| number).max().unwrap_or(0);
    let shared = judged.len().div_ceil(COLUMNS).max(1);
    let mut marks = Vec::new();
    for part in judged.chunks(shared) {
        let (Some((first, _)), Some((last, _))) = (part.first(), part.last()) else { continue };
        for (lane, (_, of)) in Tally::remarkable_columns().enumerate() {
            let number = part.iter().map(|(_, tally)| of(tally)).max().unwrap_or(0);
            if number > 0 {
                let (low, high) = Axis::lane(lane);
                let corners = [(first.start, low), (last.start + last.length, high)];
                let opacity = 0.4 + 0.6 * float(number).ln_1p() / float(most).ln_1p();
                marks.push(Drawing::Cell(ink(lane), corners, (opacity * 100.0).round() / 100.0));
            }
        }
    }
    let names = [("a fault", Ink::Bad.variable(), true), ("no fault", Ink::Muted.variable(), true)];
    let title = "Faults over time, a lane for each kind";
    html! { (legend(&names)) (chart(title, LANES, seconds(intervals), Axis::lanes(), &marks)) }
}

fn ink(lane: usize) -> Ink {
    let name = Tally::remarkable_columns().nth(lane).map(|(name, _)| name);
    if name.is_some_and(|name| ["cut off", "died with node", "undecided", "merged"].contains(name))
    {
        Ink::Muted
    } else {
        Ink::Bad
    }
}

/// The seconds in which something was not right, with those kinds that there are.
fn rows(before: Option<&Tally>, judged: &[(&Interval, &Tally)]) -> Markup {
    let before = before.map(|tally| ("before".to_owned(), tally));
    let seconds = judged.iter().map(|(interval, tally)| (format!("{}", interval.start), *tally));
    let all = before.into_iter().chain(seconds);
    let all: Vec<(String, &Tally)> =
        all.filter(|(_, tally)| tally.remarkable().any(|(_, number)| number > 0)).collect();
    let seen = |of: fn(&Tally) -> u64| all.iter().any(|(_, tally)| of(tally) > 0);
    let usual = Tally::COLUMNS.iter().take(3);
    let columns: Vec<_> =
        usual.chain(Tally::remarkable_columns().filter(|(_, of)| seen(*of))).collect();
    let head: Vec<&str> =
        ["second"].into_iter().chain(columns.iter().map(|(name, _)| *name)).collect();
    let row = |(second, tally): &(String, &Tally)| -> TableRow {
        let figures = columns.iter().map(|(_, of)| count(of(tally)));
        [second.clone()].into_iter().chain(figures).collect::<Vec<_>>().into()
    };
    let rows: Vec<_> = all.iter().take(ROWS).map(row).collect();
    html! {
        (table(&head, &rows))
        @if all.len() > ROWS {
            p { "and " (count((all.len() - ROWS) as u64)) " more seconds, which --csv shows" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn cells(page: &Markup, colour: &str) -> usize {
        let cell = |line: &&str| line.starts_with("<rect ") && line.contains(colour);
        page.0.lines().filter(cell).count()
    }

    #[test]
    fn a_fault_is_a_cell_in_its_second_and_a_row_of_the_table() {
        let mut record = sample::record();
        let clean = ledger(&record);
        assert!(clean.0.contains("nothing, in any second"));
        assert_eq!(clean.0.matches("<svg").count(), 1);
        let tally = record.intervals[7].ledger.as_mut().unwrap();
        (tally.lost, tally.undecided, tally.ok) = (1_234, 1, tally.ok - 1_235);
        let page = ledger(&record);
        assert_eq!((cells(&page, "var(--bad)"), cells(&page, "var(--muted)")), (1, 1));
        assert!(page.0.contains("<th scope=\"row\">7</th>"), "{}", page.0);
        assert!(page.0.contains("<td>1,234</td><td>1</td></tr>"), "{}", page.0);
        assert!(page.0.contains("\nlost\n") && !page.0.contains("col\">duplicated<"));
    }

    #[test]
    fn what_happened_before_the_window_is_a_row_of_its_own() {
        let mut record = sample::record();
        record.before.as_mut().unwrap().duplicated = 3;
        let page = ledger(&record);
        assert!(page.0.contains("<th scope=\"row\">before</th>"), "{}", page.0);
        assert!(page.0.contains("<td>3</td></tr>"), "{}", page.0);
    }

    #[test]
    fn a_table_of_many_seconds_ends() {
        let mut record = sample::record();
        record.intervals.extend_from_within(..30);
        for interval in &mut record.intervals {
            interval.ledger.as_mut().unwrap().late = 1;
        }
        let page = ledger(&record);
        assert_eq!(page.0.matches("<th scope=\"row\">").count(), ROWS);
        assert!(page.0.contains("and 30 more seconds"));
    }

    #[test]
    fn what_was_not_judged_has_no_plot() {
        let mut record = sample::record();
        for interval in &mut record.intervals {
            interval.ledger = None;
        }
        assert_eq!(ledger(&record).0, "");
    }
}
