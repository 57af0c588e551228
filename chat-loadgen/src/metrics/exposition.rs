//! The text format of Prometheus, version 0.0.4: names, help and types stand here; times are in
//! seconds.
//!
//! Written by hand: the libraries keep counters of their own, which would have to be counted twice.

use std::fmt::{Display, Write};

use super::{Figures, PHASES};
use crate::record::HEAT_BOUNDS;
use crate::record::figures::float;
use crate::traffic::ledger::anomalies::Anomaly;

/// Prefix of all names.
const PREFIX: &str = "chat_loadgen";

/// Classes of the deliveries that were due, beside `ok`.
const CLASSES: [Anomaly; 7] = [
    Anomaly::Lost,
    Anomaly::Reordered,
    Anomaly::Corrupt,
    Anomaly::Late,
    Anomaly::CutOff,
    Anomaly::DiedWithNode,
    Anomaly::Undecided,
];

/// Kinds of what came beside these.
const BESIDES: [Anomaly; 5] =
    [Anomaly::Duplicated, Anomaly::Echoed, Anomaly::Foreign, Anomaly::Merged, Anomaly::Disorder];

/// A text in the making.
#[derive(Default)]
struct Page(String);

impl Page {
    /// Begins a metric.
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let name = format!("{PREFIX}_{name}");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A sample, with its labels as they are written.
    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "{PREFIX}_{name}{labels} {value}");
    }

    /// A metric of one sample.
    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.head(name, kind, help);
        self.sample(name, "", value);
    }

    /// A counter that is told apart by one label.
    fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        counts: impl IntoIterator<Item = (&'static str, u64)>,
    ) {
        self.head(name, "counter", help);
        for (value, count) in counts {
            let value = value.replace(' ', "_");
            self.sample(name, &format!("{{{label}=\"{value}\"}}"), count);
        }
    }
}

/// All figures as a scrape gets them.
pub(super) fn page(figures: &Figures) -> String {
    let mut page = Page::default();
    run(&mut page, figures);
    traffic(&mut page, figures);
    ledger(&mut page, figures);
    responses(&mut page, figures);
    page.0
}

fn run(page: &mut Page, figures: &Figures) {
    let help = "Runs that have begun; with each, all other counters start again.";
    page.single("runs_total", "counter", help, figures.runs);
    page.head("phase", "gauge", "Phase of the run: 1 for the current one.");
    for phase in PHASES {
        let current = u8::from(figures.phase == Some(phase));
        page.sample("phase", &format!("{{phase=\"{phase}\"}}"), current);
    }
    page.single("clients_connected", "gauge", "Clients that are connected.", figures.clients);
    let help = "Connections that ended unexpectedly.";
    page.single("disconnections_total", "counter", help, figures.disconnections);
}

fn traffic(page: &mut Page, figures: &Figures) {
    if let Some(rate) = figures.intended_rate {
        let help = "Messages that should be sent per second at this moment.";
        page.single("intended_messages_per_second", "gauge", help, rate);
        let help = "Longest lateness lately of a message when it was handed to its sender: the \
                    generator's own.";
        page.single("send_lag_seconds", "gauge", help, float(figures.lag) / 1e9);
    }
    page.single("messages_sent_total", "counter", "Messages sent.", figures.messages);
    let help = "Messages that have not reached all their receivers.";
    page.single("messages_open", "gauge", help, figures.open);
    page.single("received_bytes_total", "counter", "Bytes that were read.", figures.bytes);
}

fn ledger(page: &mut Page, figures: &Figures) {
    let count = |anomaly: Anomaly| (anomaly.name(), figures.anomaly(anomaly));
    let classes = [("ok", figures.ok)].into_iter().chain(CLASSES.map(count));
    let help = "Deliveries that were due, by what became of them. What is missing is lost a second \
                after a later one of its sender has arrived; the end of the run corrects the count.";
    page.counters("deliveries_total", help, "class", classes);
    let help = "Deliveries that were not due, and remarks, by kind.";
    page.counters("other_deliveries_total", help, "kind", BESIDES.map(count));
    let help = "Words of the server that are no message, by kind.";
    page.counters("words_total", help, "kind", Anomaly::WORDS.map(count));
}

fn responses(page: &mut Page, figures: &Figures) {
    let name = "response_seconds";
    let help = "Time from when a message should have been sent to its receipt.";
    page.head(name, "histogram", help);
    let mut below = 0;
    for (row, bound) in HEAT_BOUNDS.iter().enumerate() {
        below += figures.rows[row];
        let label = format!("{{le=\"{}\"}}", float(*bound) / 1e9);
        page.sample("response_seconds_bucket", &label, below);
    }
    let all: u64 = figures.rows.iter().sum();
    page.sample("response_seconds_bucket", "{le=\"+Inf\"}", all);
    page.sample("response_seconds_sum", "", figures.sum / 1e9);
    page.sample("response_seconds_count", "", all);
    let name = "recent_response_seconds";
    let help =
        "The same as a summary: quantiles of the last second that had any; 1 is the longest.";
    page.head(name, "summary", help);
    let last = figures.last_second.iter();
    for (quantile, value) in last.flat_map(|last| {
        let values = [last.p50, last.p90, last.p99, last.p999, last.max];
        ["0.5", "0.9", "0.99", "0.999", "1"].into_iter().zip(values)
    }) {
        page.sample(name, &format!("{{quantile=\"{quantile}\"}}"), float(value) / 1e9);
    }
    page.sample("recent_response_seconds_sum", "", figures.sum / 1e9);
    page.sample("recent_response_seconds_count", "", all);
}
