//! The section of one program on the page.

use maud::{Markup, html};

use super::conversation::conversation;
use super::{legend, prose};
use crate::checks::check::Side;
use crate::grade::mending::Blocker;
use crate::grade::result::{Evidence, Outcome, Part};
use crate::report::wording::{self, blocks, code, heading, sign};
use crate::text::{Lang, Text, seconds};
use crate::verdict::Verdict;

/// The anchor of a check on the page: a name that means nothing to a browser.
pub(super) fn anchor(side: Side, id: &str, before: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let id: String = id.chars().map(safe).collect();
    format!("{before}{}-{id}", side.name().en)
}

/// The overview of a program.
pub(super) fn overview(part: &Part, lang: Lang) -> Markup {
    let count = |verdict| part.results.iter().filter(|o| o.verdict == verdict).count();
    html! {
        section {
            h2 { (heading(part.side.name(), lang)) }
            @let first = part.mend_first();
            @if !first.is_empty() {
                div.banner.bad role="status" {
                    b { (heading(wording::MEND_FIRST, lang)) }
                    ul { @for Blocker { outcome, skipped } in first {
                        li {
                            a href=(anchor(part.side, &outcome.id, "#")) { (outcome.id) } ": "
                            (prose(&outcome.title)) " (" (blocks(skipped, lang)) ")"
                        }
                    } }
                }
            }
            dl {
                @if !part.command.is_empty() {
                    dt { (wording::COMMAND.to(lang)) } dd { code { (part.command) } }
                }
                dt { (wording::PROFILE.to(lang)) } dd { (part.profile.name()) }
                @if !part.results.is_empty() {
                    dt { (wording::DIALECT.to(lang)) }
                    dd { (wording::dialect(&part.dialect, lang)) }
                }
                dt { (wording::TIME.to(lang)) } dd { (seconds(part.seconds).to(lang)) }
            }
            @if !part.remarks.is_empty() {
                ul { @for remark in &part.remarks { li { (remark) } } }
            }
            @if let Some(not_started) = &part.not_started {
                div.banner.bad role="status" {
                    b { (heading(wording::NOT_STARTED, lang)) } ": " (not_started.why)
                }
                @if !not_started.printed.is_empty() {
                    h3 { (heading(wording::PRINTED, lang)) }
                    pre { (not_started.printed.join("\n")) }
                }
            }
            ul.matrix {
                @for outcome in &part.results { li { (chip(part.side, outcome, lang)) } }
            }
            (legend(lang, count))
        }
    }
}

fn chip(side: Side, outcome: &Outcome, lang: Lang) -> Markup {
    let Outcome { id, title, verdict, .. } = outcome;
    let name = verdict.name().to(lang);
    html! {
        a.chip.(code(*verdict)) href=(anchor(side, id, "#")) title={ (name) ": " (title) } {
            span.sign aria-hidden="true" { (sign(*verdict)) }
            (id)
            span.unseen { " " (name) }
        }
    }
}

/// The details of each check.
pub(super) fn details(part: &Part, lang: Lang) -> Markup {
    let with_evidence = |outcome: &&Outcome| outcome.evidence.is_some();
    let (mut faults, rest): (Vec<_>, Vec<_>) = part.results.iter().partition(with_evidence);
    faults.sort_by_key(|outcome| outcome.verdict != Verdict::Fail);
    let (passes, others): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|outcome| outcome.verdict == Verdict::Pass);
    let title = |text: Text| format!("{}: {}", heading(part.side.name(), lang), text.to(lang));
    html! {
        @if !faults.is_empty() {
            section {
                h2 { (title(wording::FAULTS)) }
                @for outcome in faults {
                    @if let Some(evidence) = &outcome.evidence {
                        (fault(part.side, outcome, evidence, lang))
                    }
                }
            }
        }
        @if !others.is_empty() {
            section { h2 { (title(wording::OTHERS)) } (table(part.side, &others, lang)) }
        }
        @if !passes.is_empty() {
            section {
                details open {
                    summary { h2 { (title(wording::PASSES)) } }
                    (table(part.side, &passes, lang))
                }
            }
        }
    }
}

fn badge(outcome: &Outcome, lang: Lang) -> Markup {
    let verdict = outcome.verdict;
    html! {
        span.badge.(code(verdict)) {
            span aria-hidden="true" { (sign(verdict)) " " } (verdict.name().to(lang))
        }
    }
}

fn table(side: Side, outcomes: &[&Outcome], lang: Lang) -> Markup {
    let reasons = outcomes.iter().any(|outcome| outcome.reason.is_some());
    html! {
        div.wide { table {
            thead { tr {
                th scope="col" { (wording::CHECK.to(lang)) }
                th scope="col" { (wording::LEVEL.to(lang)) }
                th scope="col" { (wording::VERDICT.to(lang)) }
                @if reasons { th scope="col" { (wording::REASON.to(lang)) } }
                th.number scope="col" { (wording::TIME.to(lang)) }
            } }
            tbody { @for outcome in outcomes {
                tr id=(anchor(side, &outcome.id, "")) {
                    th scope="row" { code { (outcome.id) } " " (prose(&outcome.title)) }
                    td { (outcome.level.name().to(lang)) }
                    td { (badge(outcome, lang)) }
                    @if reasons { td { (outcome.reason.as_deref().unwrap_or_default()) } }
                    td.number { (seconds(outcome.seconds).to(lang)) }
                }
            } }
        } }
    }
}

fn fault(side: Side, outcome: &Outcome, evidence: &Evidence, lang: Lang) -> Markup {
    html! {
        article id=(anchor(side, &outcome.id, "")) {
            h3 {
                (badge(outcome, lang)) " " code { (outcome.id) } " " (prose(&outcome.title))
                " " span.level { (outcome.level.name().to(lang)) }
            }
            div.versus {
                div.expected { span { (wording::EXPECTED.to(lang)) } p { (evidence.expected) } }
                div.came { span { (wording::CAME.to(lang)) } p { (evidence.came) } }
            }
            p { (prose(&evidence.explanation)) }
            (conversation(evidence, lang))
            (lines(wording::SENT, &evidence.sent, lang))
            (lines(wording::STDERR, &evidence.stderr, lang))
            (lines(wording::REPEAT, std::slice::from_ref(&outcome.repeat), lang))
        }
    }
}

fn lines(name: Text, lines: &[String], lang: Lang) -> Markup {
    html! {
        @if !lines.is_empty() {
            h4 { (heading(name, lang)) }
            pre { (lines.join("\n")) }
        }
    }
}
