//! The report as one web page: no network, no scripts, light and dark, on the screen and on paper.
//!
//! It contains output of programs. That is made harmless before, `maud` escapes every text, and the
//! page forbids itself to load or run anything.

mod conversation;
mod part;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::grade::result::Report;
use crate::grade::result::{Marks, PartMarks};
use crate::grade::rubric::points;
use crate::report::wording::{self, heading, points_of, sign};
use crate::text::{Lang, Text};
use crate::verdict::Verdict;

/// Renders the page.
pub(crate) fn render(report: &Report) -> String {
    let report = report.for_people();
    let lang = report.lang;
    let title = match &report.submission {
        Some(submission) => format!("{submission} · {}", wording::TITLE.to(lang)),
        None => wording::TITLE.to(lang).to_owned(),
    };
    let body = html! {
        header {
            h1 { (report.submission.as_deref().unwrap_or(wording::TITLE.to(lang))) }
            p { (wording::TITLE.to(lang)) " " (report.version) " · " time { (report.date) } }
        }
        @if report.interrupted {
            p.banner role="status" { (wording::INTERRUPTED.to(lang)) }
        }
        (tiles(&report))
        @for part in &report.parts { (part::overview(part, lang)) }
        @if let Some(marked) = &report.marks { (marks(marked, lang)) }
        @for part in &report.parts { (part::details(part, lang)) }
    };
    page(&title, lang, &body)
}

/// A page with this title and content.
pub(super) fn page(title: &str, lang: Lang, body: &Markup) -> String {
    let code = match lang {
        Lang::Es => "es",
        Lang::En => "en",
    };
    let page = html! {
        (DOCTYPE)
        html lang=(code) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { main { (body) } }
        }
    };
    page.into_string()
}

/// Renders text; a part between two backticks is code.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (i, piece) in text.split('`').enumerate() {
            @if i % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// A figure with its name.
pub(super) fn tile(name: Text, lang: Lang, figure: &str, class: &str) -> Markup {
    html! { div.tile.(class) { span { (heading(name, lang)) } b { (figure) } } }
}

/// The legend of the signs.
pub(super) fn legend(lang: Lang, count: impl Fn(Verdict) -> usize) -> Markup {
    html! {
        ul.legend {
            @for verdict in Verdict::ALL {
                @if count(verdict) > 0 {
                    li {
                        span.sign.(wording::code(verdict)) aria-hidden="true" { (sign(verdict)) }
                        (verdict.names(count(verdict)).to(lang)) ": " (count(verdict))
                    }
                }
            }
        }
    }
}

fn tiles(report: &Report) -> Markup {
    let lang = report.lang;
    let fails = report.count(Verdict::Fail);
    let passes = report.count(Verdict::Pass);
    let marks = report.marks.as_ref().filter(|marks| !marks.parts.is_empty());
    let others = report.results().count() - fails - passes;
    html! {
        div.tiles {
            @if let Some(marks) = marks {
                (tile(wording::MARKS, lang, &points_of(marks.points, marks.of, lang), "main"))
                @if marks.parts.len() > 1 {
                    @for part in &marks.parts {
                        (tile(part.side.name(), lang, &points_of(part.points, part.of, lang), ""))
                    }
                }
            }
            (tile(wording::FAILURES, lang, &fails.to_string(), if fails > 0 { "bad" } else { "good" }))
            (tile(wording::PASSES, lang, &passes.to_string(), ""))
            (tile(wording::REST, lang, &others.to_string(), ""))
        }
    }
}

fn marks(marks: &Marks, lang: Lang) -> Markup {
    html! {
        section {
            h2 { (heading(wording::ARITHMETIC, lang)) }
            p { (marks.rubric) }
            @if marks.parts.is_empty() { p { (wording::NO_MARKS.to(lang)) } }
            div.columns {
                @for part in &marks.parts { (part_marks(part, lang)) }
            }
        }
    }
}

fn part_marks(part: &PartMarks, lang: Lang) -> Markup {
    html! {
        div {
            h3 { (heading(part.side.name(), lang)) ": " (points_of(part.points, part.of, lang)) }
            pre { (part.arithmetic.join("\n")) }
            h4 { (heading(wording::LOST, lang)) }
            @if part.lost.is_empty() { p { (wording::NOTHING_LOST.to(lang)) } }
            ul.lost {
                @for loss in &part.lost {
                    li {
                        b { "−" (points(loss.points, lang)) } " " (loss.reason)
                        @for id in &loss.checks {
                            " → " a href=(part::anchor(part.side, id, "#")) { (id) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
