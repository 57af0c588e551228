//! The class as a table for spreadsheets.

use super::{Class, cells, failures, outcome, state};
use crate::checks::check::Side;
use crate::grade::result::Report;
use crate::grade::rubric::points;
use crate::report::wording;
use crate::text::Lang;

/// The sign by which Excel knows that a table is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One row for each submission: its marks, the number of checks that fail, its state, and the
/// outcome of each check. Quoted as RFC 4180 says.
///
/// # Panics
///
/// Never: writing to memory does not fail.
pub(crate) fn csv(reports: &[Report]) -> String {
    let class = Class::new(reports);
    let mut table = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    let mut head: Vec<String> = [
        wording::SUBMISSION,
        Side::Server.name(),
        Side::Client.name(),
        wording::TOTAL,
        wording::OF,
        wording::FAILURES,
        wording::STATE,
    ]
    .map(|text| text.to(class.lang).to_owned())
    .into();
    head.extend(class.checks.iter().map(|(id, _)| inert(id)));
    table.write_record(&head).expect("memory takes it");
    for (_, report) in &class.reports {
        table.write_record(row(&class, report)).expect("memory takes it");
    }
    let bytes = table.into_inner().expect("memory takes it");
    String::from_utf8(bytes).expect("only text was written")
}

fn row(class: &Class, report: &Report) -> Vec<String> {
    let of = report.marks.as_ref().map(|marks| marks.of).filter(|of| *of > 0.0);
    let mut row = vec![inert(report.submission.as_deref().unwrap_or_default())];
    // Programs read it: the decimal sign is a point.
    row.extend(cells(report, Lang::En));
    row.extend([
        of.map(|of| points(of, Lang::En)).unwrap_or_default(),
        failures(report),
        inert(&state(report)),
    ]);
    let verdict = |(id, _): &(String, String)| {
        let outcome = outcome(report, id);
        outcome.map(|o| o.verdict.name().to(class.lang).to_owned()).unwrap_or_default()
    };
    row.extend(class.checks.iter().map(verdict));
    row
}

/// Makes a text inert for spreadsheets: one that could begin a formula gets an apostrophe.
fn inert(text: &str) -> String {
    let formula = |c: char| "=+-@＝＋－＠".contains(c);
    if text.trim_start().starts_with(formula) || text.starts_with(['\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
