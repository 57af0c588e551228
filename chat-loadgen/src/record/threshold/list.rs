//! The list of all metrics, for `--fail-if help`.

use std::fmt::Write;

use super::live;
use super::metric::{HISTOGRAMS, Metric, PLAIN, Quantity, STATS};
use super::parse::possible;

/// Meaning of each metric; of those with a point in two parts.
const MEANINGS: [(&str, &str); 49] = [
    ("response", "of each delivery, since its message should have been sent"),
    ("service", "of each delivery, since its message was written"),
    ("lag", "of each delivery, until its message was written"),
    ("first", "of each message, to its first receiver"),
    ("last", "of each message, to its last receiver"),
    ("spread", "of each message, from its first receiver to its last"),
    ("pacing", "the generator's own: how late it handed over each message"),
    ("canary", "service at the one client with a thread of its own"),
    ("bulk", "service at all others; far above canary: the generator is slow"),
    ("min", "smallest"),
    ("mean", "mean"),
    ("p50", "median"),
    ("p90", "90th percentile"),
    ("p99", "99th percentile; p99 alone is the response's"),
    ("p99.9", "also written p999"),
    ("p99.99", "also written p9999"),
    ("max", "largest"),
    ("count", "number of samples"),
    ("expected", "deliveries that were due"),
    ("ok", "deliveries that came as they should"),
    ("lost", "deliveries that never came"),
    ("late", "deliveries that came after the time for draining"),
    ("duplicated", "deliveries that came once more"),
    ("reordered", "deliveries that came after a later one of their sender"),
    ("echoed", "messages that came back to their sender and should not"),
    ("corrupt", "deliveries that came damaged"),
    ("foreign", "messages of another room, or never sent"),
    ("merged", "messages behind another on one line"),
    ("cut_off", "deliveries that a lost connection prevented"),
    ("died_with_node", "deliveries of a dead server's clients that no client heard"),
    ("undecided", "perhaps not due: the receiver was leaving or joining"),
    ("disconnected", "clients that lost their connection"),
    ("forgotten", "clients that came back and heard nothing any more"),
    ("refusals", "refusals and errors of the server"),
    ("disorder", "in another order than at the witness; needs --total-order"),
    ("rate", "messages written per second"),
    ("messages", "messages written in the measuring window"),
    ("unsent", "messages that were due and that the server did not take"),
    ("deliveries", "deliveries that arrived"),
    ("delivery_rate", "deliveries within the window, per second"),
    ("cpu_per_delivery", "the server's processor time a delivery; --spawn or --pid"),
    ("memory_per_client", "memory of the server for a client; needs --spawn or --pid"),
    ("server.cpu", "processor time of the server; needs --spawn or --pid"),
    ("generator.cpu", "processor time of the generator"),
    ("generator.busiest_thread", "share of a processor that its busiest thread used"),
    ("generator.starved", "share of the time for which it waited for a processor"),
    ("generator.memory_per_client", "memory of the generator for a client"),
    ("generator.missed", "messages that were due and that it had no time for"),
    ("generator.untimed", "deliveries whose times it had forgotten"),
];

/// The quantities, with their names.
const QUANTITIES: [(Quantity, &str); 5] = [
    (Quantity::Time, "time"),
    (Quantity::Count, "number"),
    (Quantity::Rate, "rate"),
    (Quantity::Share, "share"),
    (Quantity::Memory, "memory"),
];

/// A line of the list: the metric's name, its quantity, whether `--abort-if` knows it, its meaning.
struct Line {
    name: String,
    quantity: &'static str,
    live: bool,
    meaning: &'static str,
}

impl Line {
    fn new(name: String, metric: Metric, term: &str) -> Self {
        let quantity = QUANTITIES.iter().find(|(quantity, _)| *quantity == metric.quantity());
        Self {
            name,
            quantity: quantity.map_or("", |(_, name)| name),
            live: live::is_live(metric),
            meaning: MEANINGS.iter().find(|(known, _)| *known == term).map_or("", |(_, text)| text),
        }
    }
}

fn lines() -> Vec<Line> {
    let histograms = HISTOGRAMS.iter().map(|histogram| {
        let name = format!("{}.FIGURE", histogram.name);
        Line::new(name, Metric::Stat(histogram, &STATS[0]), histogram.name)
    });
    let figures = STATS.iter().map(|stat| {
        let name = format!("HISTOGRAM.{}", stat.name);
        Line::new(name, Metric::Stat(&HISTOGRAMS[0], stat), stat.name)
    });
    let others = PLAIN
        .iter()
        .map(|plain| Line::new(plain.name.to_owned(), Metric::Plain(plain), plain.name));
    histograms.chain(figures).chain(others).collect()
}

/// The units of each quantity, a line each.
fn units() -> String {
    let line =
        |(quantity, name): (Quantity, &str)| format!("  {name:<8}{}\n", possible(quantity.units()));
    QUANTITIES.map(line).concat()
}

/// The metrics for people: what `--fail-if help` prints.
pub(crate) fn help() -> String {
    let mut text = format!(
        "\
A condition compares metrics with numbers: 'last.p99>20ms', 'lost>0 || disconnected>0'.
Comparisons: < <= > >= == !=, joined by && and, binding less, ||. Units:
{}
Those with a * are known while a run goes on, for --abort-if: times and rates of the last second,
numbers of the run so far. Lost is what was overtaken by a later one a second ago and is not there.

",
        units()
    );
    for Line { name, quantity, live, meaning } in lines() {
        let mark = if live { '*' } else { ' ' };
        let _ = writeln!(text, "{mark} {name:<28}{quantity:<7}{meaning}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_has_a_meaning() {
        let complete = |line: &Line| !line.meaning.is_empty() && !line.quantity.is_empty();
        assert!(lines().iter().all(complete), "{}", help());
        assert_eq!(lines().len(), MEANINGS.len(), "a meaning of no metric");
    }

    #[test]
    fn the_readme_names_all_metrics() {
        let readme = include_str!("../../../README.md");
        let (_, section) = readme.split_once("## Conditions").expect("a section");
        let (table, _) = section.split_once("\n## ").expect("its end");
        let names: BTreeSet<&str> = table.split('`').skip(1).step_by(2).collect();
        let missing: Vec<_> = MEANINGS.iter().filter(|(name, _)| !names.contains(name)).collect();
        assert!(missing.is_empty(), "the README's table lacks {missing:?}");
    }

    #[test]
    fn the_list_holds_in_a_hundred_columns() {
        for line in help().lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
