//! The class as a web page: a matrix of submissions and checks.

use std::fmt::Write;

use maud::{Markup, html};

use super::{Class, brief, cells, outcome, state};
use crate::checks::check::Side;
use crate::grade::result::Report;
use crate::grade::rubric::points;
use crate::report::html::{legend, page, prose, tile};
use crate::report::wording::{self, heading};
use crate::verdict::Verdict;

/// Renders the page. Each name links to `NAME/index.html` beside it.
pub(crate) fn html(reports: &[Report]) -> String {
    let class = Class::new(reports);
    let lang = class.lang;
    let count = |verdict| -> usize { reports.iter().map(|report| report.count(verdict)).sum() };
    let body = html! {
        header { h1 { (wording::CLASS_TITLE.to(lang)) } }
        div.tiles {
            (tile(wording::SUBMISSIONS, lang, &reports.len().to_string(), ""))
            @if let Some(mean) = class.mean() {
                (tile(wording::MEAN, lang, &points(mean, lang), "main"))
            }
            (tile(wording::FAILURES, lang, &count(Verdict::Fail).to_string(), ""))
        }
        section {
            div.wide { (matrix(&class)) }
            (legend(lang, count))
        }
        (common(&class))
    };
    page(wording::CLASS_TITLE.to(lang), lang, &body)
}

fn matrix(class: &Class) -> Markup {
    let lang = class.lang;
    html! {
        table.class {
            thead { tr {
                th scope="col" { (heading(wording::SUBMISSION, lang)) }
                @for text in [Side::Server.name(), Side::Client.name(), wording::TOTAL] {
                    th.number scope="col" { (heading(text, lang)) }
                }
                @for (id, title) in &class.checks {
                    th scope="col" title=(title) { span.turned { (id) } }
                }
                th scope="col" { (heading(wording::STATE, lang)) }
            } }
            tbody { @for (folder, report) in &class.reports { (row(class, folder, report)) } }
            tfoot { tr {
                th scope="row" { (heading(wording::FAILURES, lang)) }
                td {} td {} td {}
                @for (id, _) in &class.checks { td.cell { (fails(class, id)) } }
                td {}
            } }
        }
    }
}

fn row(class: &Class, folder: &str, report: &Report) -> Markup {
    let name = report.submission.as_deref().unwrap_or_default();
    html! {
        tr {
            th scope="row" { a href={ "./" (encoded(folder)) "/index.html" } { (name) } }
            @for points in cells(report, class.lang) { td.number { (points) } }
            @let nothing = report.results().next().is_none();
            @for (id, _) in class.checks.iter().filter(|_| !nothing) {
                td.cell {
                    @if let Some(outcome) = outcome(report, id) {
                        @let verdict = outcome.verdict.name().to(class.lang);
                        span.sign.(wording::code(outcome.verdict)) title={ (id) ": " (verdict) } {
                            span aria-hidden="true" { (wording::sign(outcome.verdict)) }
                            span.unseen { (verdict) }
                        }
                    }
                }
            }
            @if nothing {
                td.state title=(state(report)) colspan=(class.checks.len() + 1) { (brief(report)) }
            } @else {
                td.state title=(state(report)) { (brief(report)) }
            }
        }
    }
}

/// Returns the number of submissions that fail this check.
fn fails(class: &Class, id: &str) -> usize {
    let fails = |report: &Report| outcome(report, id).is_some_and(|o| o.verdict == Verdict::Fail);
    class.reports.iter().filter(|(_, report)| fails(report)).count()
}

fn common(class: &Class) -> Markup {
    let common = class.common();
    html! {
        @if !common.is_empty() {
            section {
                h2 { (heading(wording::COMMON, class.lang)) }
                div.wide { table {
                    thead { tr {
                        th scope="col" { (wording::CHECK.to(class.lang)) }
                        th.number scope="col" { (wording::SUBMISSIONS.to(class.lang)) }
                        th scope="col" { (wording::EXPLANATION.to(class.lang)) }
                    } }
                    tbody { @for (count, outcome) in common {
                        tr {
                            th scope="row" { code { (outcome.id) } " " (prose(&outcome.title)) }
                            td.number { (count) }
                            td { @if let Some(evidence) = &outcome.evidence {
                                (prose(&evidence.explanation))
                            } }
                        }
                    } }
                } }
            }
        }
    }
}

/// Percent-encodes a folder's name for an address.
fn encoded(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            // Writing to memory does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
