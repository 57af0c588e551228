//! Arithmetic of marks: from verdicts to points.

use std::collections::BTreeSet;

use crate::checks::select::Patterns;
use crate::grade::result::{Loss, Marks, PartMarks};
use crate::grade::result::{Outcome, Part, Report};
use crate::grade::rubric::Rubric;
use crate::grade::rubric::form::{Level, Scale};
use crate::grade::rubric::wording::{self, points, rounded};
use crate::text::{Lang, Words};
use crate::verdict::{self, Verdict};

pub(super) fn marks(rubric: &Rubric, report: &Report) -> Marks {
    let mut scaled: Vec<(&Part, &Scale)> = report
        .parts
        .iter()
        .filter_map(|part| {
            let scale = rubric.scales.iter().find(|scale| scale.side == part.side)?;
            (report.interrupted || part.is_judged()).then_some((part, scale))
        })
        .collect();
    let of = rounded(scaled.iter().map(|(_, scale)| scale.points).sum());
    if report.interrupted {
        // A part that was not seen gives no points: otherwise a slow program would gain by it.
        scaled.clear();
    }
    let parts: Vec<PartMarks> =
        scaled.into_iter().map(|(part, scale)| Sum::new(scale, part, report.lang).done()).collect();
    let points = rounded(parts.iter().map(|part| part.points).sum());
    Marks { rubric: rubric.name.to(report.lang).to_owned(), parts, points, of }
}

/// The calculation of one program's marks.
struct Sum<'a> {
    scale: &'a Scale,
    part: &'a Part,
    lang: Lang,
    arithmetic: Vec<String>,
    lost: Vec<Loss>,
}

/// The cause of a level: its description, and the checks that failed.
struct Cause<'a> {
    words: Option<Words>,
    checks: Vec<&'a Outcome>,
}

impl<'a> Sum<'a> {
    fn new(scale: &'a Scale, part: &'a Part, lang: Lang) -> Self {
        Self { scale, part, lang, arithmetic: Vec::new(), lost: Vec::new() }
    }

    fn done(mut self) -> PartMarks {
        let scale = self.scale;
        // The last level that applies is the worst; the first one always applies.
        let holding = scale.levels.iter().rev().find_map(|level| Some((level, self.cause(level)?)));
        let (percent, means) = match &holding {
            Some((level, _)) => (level.percent, level.means.to(self.lang)),
            None => (100.0, ""),
        };
        let base = rounded(scale.points * percent / 100.0);
        let written = self.lang.number(percent);
        self.arithmetic.push(format!("{written} %: {means}"));
        if let Some((_, cause)) = &holding {
            self.explain(scale.points - base, means, cause);
        }
        let [of, reached] = [scale.points, base].map(|amount| points(amount, self.lang));
        self.arithmetic.push(format!("{of} × {written} % = {reached}"));
        let left = self.deduct(base);
        PartMarks {
            side: scale.side,
            points: left,
            of: scale.points,
            percent,
            level: means.to_owned(),
            arithmetic: self.arithmetic,
            lost: self.lost,
        }
    }

    /// Records the reasons for the level, and its cost.
    fn explain(&mut self, lost: f64, means: &str, cause: &Cause<'_>) {
        let mut because: Vec<String> =
            cause.words.iter().map(|words| words.to(self.lang).to_owned()).collect();
        because.extend(cause.checks.iter().map(|outcome| named(outcome)));
        self.arithmetic.extend(because.iter().map(|reason| format!("  − {reason}")));
        if lost > 0.0 {
            // A level that costs something has a condition, and so a cause.
            let reason = format!("{means}: {}", because.join("; "));
            let checks = cause.checks.iter().map(|outcome| outcome.id.clone()).collect();
            self.lost.push(Loss { points: rounded(lost), reason, checks });
        }
    }

    /// Subtracts the deductions for single checks: never below zero.
    fn deduct(&mut self, base: f64) -> f64 {
        let mut left = base;
        for outcome in self.failed() {
            let deductions = &self.scale.deductions;
            let Some(deduction) = deductions.iter().find(|each| each.checks.has(&outcome.id))
            else {
                continue;
            };
            let lost = rounded(deduction.points.min(left));
            let before = left;
            left = rounded(left - lost);
            let [before, less, after] = [before, lost, left].map(|each| points(each, self.lang));
            let line = format!("{before} − {less} = {after}  ({})", named(outcome));
            self.arithmetic.push(line);
            if lost > 0.0 {
                let checks = vec![outcome.id.clone()];
                self.lost.push(Loss { points: lost, reason: named(outcome), checks });
            }
        }
        left
    }

    /// Returns the failed checks that count.
    fn failed(&self) -> Vec<&'a Outcome> {
        let failed = |outcome: &&Outcome| outcome.verdict == Verdict::Fail && self.counts(outcome);
        self.part.results.iter().filter(failed).collect()
    }

    fn counts(&self, outcome: &Outcome) -> bool {
        match outcome.level {
            verdict::Level::Must => true,
            verdict::Level::Should => self.scale.count_should,
            verdict::Level::Info => false,
        }
    }

    /// Returns the cause of this level, if it applies.
    fn cause(&self, level: &Level) -> Option<Cause<'a>> {
        let because = |words, checks| Some(Cause { words, checks });
        if !level.has_condition() {
            return because(None, Vec::new());
        }
        if let Some(not_started) = self.part.not_started.as_ref().filter(|_| level.not_started) {
            return because(Some(Words::new(&not_started.why, &not_started.why)), Vec::new());
        }
        let failed = self.failed();
        let of = |patterns: &Patterns| -> Vec<&'a Outcome> {
            failed.iter().copied().filter(|outcome| patterns.has(&outcome.id)).collect()
        };
        let any = of(&level.fails_any);
        if !any.is_empty() {
            return because(None, any);
        }
        let all = of(&level.fails_all);
        if !all.is_empty() && !self.passes_one(&level.fails_all) {
            return because(Some(wording::ALL_FAIL.into()), all);
        }
        let requirements: BTreeSet<&str> =
            failed.iter().map(|outcome| outcome.requirement.as_str()).collect();
        let enough = level.requirements.is_some_and(|least| requirements.len() >= least.get());
        enough.then(|| Cause {
            words: Some(wording::requirements_failed(requirements.len())),
            checks: failed,
        })
    }

    fn passes_one(&self, patterns: &Patterns) -> bool {
        let passes = |verdict| !matches!(verdict, Verdict::Fail | Verdict::Skipped);
        self.part.results.iter().any(|o| patterns.has(&o.id) && passes(o.verdict))
    }
}

fn named(outcome: &Outcome) -> String {
    format!("{} ({})", outcome.id, outcome.title)
}
