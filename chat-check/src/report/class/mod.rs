//! Class report of many submissions: the marks of each, and the common faults.
//!
//! The language is the first report's.

mod csv;
mod html;
mod markdown;

pub(crate) use self::csv::csv;
pub(crate) use self::html::html;
pub(crate) use self::markdown::markdown;

use std::collections::BTreeMap;

use crate::checks::check::Side;
use crate::grade::result::{Outcome, Part, Report};
use crate::grade::rubric::points;
use crate::report::wording;
use crate::text::Lang;
use crate::verdict::Verdict;

/// Harmless copies of the reports, with their checks.
struct Class {
    lang: Lang,
    /// The reports, each with the name of its folder as it is.
    reports: Vec<(String, Report)>,
    /// Every check in any of the reports, in the catalogue's order: its name and its title.
    checks: Vec<(String, String)>,
}

impl Class {
    fn new(reports: &[Report]) -> Self {
        let mut checks: Vec<(Side, String, String)> = Vec::new();
        for part in reports.iter().flat_map(|report| &report.parts) {
            let mut place = checks.len();
            // From the end, so that a check that only this report has is placed before its
            // successor.
            for outcome in part.results.iter().rev() {
                let found = checks.iter().position(|(side, id, _)| {
                    (*side, id.as_str()) == (part.side, outcome.id.as_str())
                });
                place = found.unwrap_or_else(|| {
                    let shown = outcome.harmless();
                    let place = place.min(checks.len());
                    checks.insert(place, (part.side, outcome.id.clone(), shown.title));
                    place
                });
            }
        }
        checks.sort_by_key(|(side, ..)| *side);
        Self {
            lang: reports.first().map(|report| report.lang).unwrap_or_default(),
            reports: reports
                .iter()
                .map(|report| (report.submission.clone().unwrap_or_default(), report.harmless()))
                .collect(),
            checks: checks.into_iter().map(|(_, id, title)| (id, title)).collect(),
        }
    }

    /// Returns the checks that fail, most frequent first, with their count.
    fn common(&self) -> Vec<(usize, &Outcome)> {
        let mut counted: BTreeMap<&str, (usize, &Outcome)> = BTreeMap::new();
        let all = self.reports.iter().flat_map(|(_, report)| report.results());
        for outcome in all.filter(|outcome| outcome.verdict == Verdict::Fail) {
            counted.entry(&outcome.id).or_insert((0, outcome)).0 += 1;
        }
        let mut common: Vec<_> = counted.into_values().collect();
        common.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        common
    }

    /// The mean of the marks, if there are any.
    fn mean(&self) -> Option<f64> {
        let points: Vec<f64> =
            self.reports.iter().filter_map(|(_, report)| total(report)).collect();
        let count = u32::try_from(points.len()).ok().filter(|count| *count > 0)?;
        Some(points.iter().sum::<f64>() / f64::from(count))
    }
}

/// The sum of the points, if every part was judged.
fn total(report: &Report) -> Option<f64> {
    let marks = report.marks.as_ref().filter(|marks| !marks.parts.is_empty())?;
    let whole = !report.interrupted && report.parts.iter().all(Part::is_judged);
    whole.then_some(marks.points)
}

/// The points of one program, if it was judged.
fn points_for(report: &Report, side: Side) -> Option<f64> {
    let marks = report.marks.as_ref()?;
    marks.parts.iter().find(|part| part.side == side).map(|part| part.points)
}

/// Returns the points of its server, of its client and in all, for cells. What was not checked, or
/// not to the end, gets a word instead, so that a part is not taken for the whole.
///
/// The points have the decimal sign of `lang`.
fn cells(report: &Report, lang: Lang) -> [String; 3] {
    if report.interrupted {
        return [(); 3].map(|()| wording::NOT_COMPLETE.to(report.lang).to_owned());
    }
    let word = |unchecked: bool, marks: Option<f64>| match marks {
        _ if unchecked => wording::NOT_CHECKED.to(report.lang).to_owned(),
        marks => marks.map(|marks| points(marks, lang)).unwrap_or_default(),
    };
    let unchecked = |side| report.parts.iter().any(|part| part.side == side && !part.is_judged());
    let [server, client] =
        [Side::Server, Side::Client].map(|side| word(unchecked(side), points_for(report, side)));
    let partly = report.parts.iter().any(Part::is_judged) && total(report).is_none();
    let total = match report.marks {
        Some(_) if partly => wording::NOT_COMPLETE.to(report.lang).to_owned(),
        _ => word(!report.parts.iter().all(Part::is_judged), total(report)),
    };
    [server, client, total]
}

/// The count of faults, for a cell: none where nothing was judged.
fn failures(report: &Report) -> String {
    let judged = report.interrupted || report.parts.iter().any(Part::is_judged);
    if judged { report.count(Verdict::Fail).to_string() } else { String::new() }
}

/// Limit on the characters of a state in a table that people read.
const SHORT: usize = 160;

/// The beginning of a state, for tables that people read: the submission's page has the rest.
fn brief(report: &Report) -> String {
    let state = state(report);
    match state.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", &state[..end]),
        None => state,
    }
}

/// Returns the outcome of a check in this report.
fn outcome<'a>(report: &'a Report, id: &str) -> Option<&'a Outcome> {
    report.results().find(|outcome| outcome.id == id)
}

/// Returns whether the report is complete, in words, and if not, why not; and the files that it
/// leaves out, because they were not taken for the program.
fn state(report: &Report) -> String {
    let stopped = report.parts.iter().filter_map(|part| {
        let why = &part.not_started.as_ref()?.why;
        let side = part.side.name().to(report.lang);
        Some(format!("{side}: {}: {why}", wording::NOT_STARTED.to(report.lang)))
    });
    let mut state: Vec<String> = stopped.collect();
    let unchecked = report.parts.iter().filter(|part| !report.interrupted && !part.is_judged());
    let mut unchecked: Vec<(&str, String)> = unchecked
        .map(|part| {
            let word = || wording::NOT_CHECKED.to(report.lang).to_owned();
            // One without a check to make has remarks that are no reasons.
            let idle = !part.command.is_empty() && part.results.is_empty();
            let no_reason = part.remarks.is_empty() || idle;
            let why = if no_reason { word() } else { part.remarks.join(" ") };
            (part.side.name().to(report.lang), why)
        })
        .collect();
    if let [(_, one), (_, other)] = &unchecked[..]
        && one == other
    {
        state.push(unchecked.remove(0).1);
    } else {
        state.extend(unchecked.iter().map(|(side, why)| format!("{side}: {why}")));
    }
    state.extend(report.interrupted.then(|| wording::INTERRUPTED_WORD.to(report.lang).to_owned()));
    if state.is_empty() {
        state.push(wording::COMPLETE.to(report.lang).to_owned());
    }
    let chosen = report.parts.iter().filter(|part| !part.others.is_empty()).map(|part| {
        let [side, also] = [part.side.name(), wording::ALSO].map(|text| text.to(report.lang));
        format!("{side}: {also} {}", part.others.join(", "))
    });
    state.extend(chosen);
    state.join("; ")
}

#[cfg(test)]
mod tests;
