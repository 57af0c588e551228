//! The page's section on several runs.

use maud::{Markup, html};

use super::markup::{TableRow, section, table};
use crate::record::Record;
use crate::report::comparison::runs::{cells, coverage, sentence, verdicts};

/// Median, interval and each run's value of every figure; nothing if there was one run only.
pub(super) fn runs(record: &Record) -> Markup {
    let Some(runs) = &record.runs else { return html! {} };
    let numbers: Vec<_> = (1..=runs.each.len()).map(|number| format!("run {number}")).collect();
    let mut head = vec!["", "median", "low", "high"];
    head.extend(numbers.iter().map(String::as_str));
    let rows: Vec<TableRow> =
        runs.figures.iter().map(|figure| cells(record, runs, figure).into()).collect();
    let content = html! {
        p { (sentence(runs, record.workload.seed)) "; " (coverage(runs)) "." }
        (table(&head, &rows))
        p { "The runs: " (verdicts(runs).join(" · ")) }
    };
    section("Several runs", &content)
}
