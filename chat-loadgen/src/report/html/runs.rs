//! The page's section on several runs.

use maud::{Markup, html};

use super::markup::{TableRow, section, table};
use crate::record::Record;
use crate::report::comparison::runs::{cells, coverage, mark, sentence, verdicts};

/// Median, interval and each run's value of every figure; nothing if there was one run only.
pub(super) fn runs(record: &Record) -> Markup {
    let Some(runs) = &record.runs else { return html! {} };
    let numbers: Vec<_> = (1..=runs.each.len()).map(|number| format!("run {number}")).collect();
    let mut head = vec!["", "median", "low", "high"];
    head.extend(numbers.iter().map(String::as_str));
    let rows = runs.figures.iter().map(|figure| {
        let mut cells = cells(figure);
        cells[1] += mark(record, figure);
        cells.into()
    });
    let rows: Vec<TableRow> = rows.collect();
    let content = html! {
        p { (sentence(runs, record.workload.seed)) "; " (coverage(runs)) "." }
        (table(&head, &rows))
        p { "The runs: " (verdicts(runs).join(" · ")) }
    };
    section("Several runs", &content)
}
