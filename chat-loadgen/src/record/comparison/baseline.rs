//! Comparison of a run with a baseline (`--baseline`, `--fail-on-regression`).

use std::fmt;

use crate::record::comparison::median::Estimate;
use crate::record::comparison::workload::{Incomparable, differences, other_machine};
use crate::record::figures;
use crate::record::threshold::{Metric, Unknown};
use crate::record::{Environment, Record, Status, Workload};

/// A run beside its baseline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    /// The compared figures.
    pub(crate) rows: Vec<Row>,
    /// Tolerance: the share by which a figure may be worse than in the baseline.
    pub(crate) allowed: f64,
}

/// One figure of the comparison, before and now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The compared figure.
    pub(crate) metric: Metric,
    /// The baseline's value.
    pub(crate) before: Estimate,
    /// This run's value.
    pub(crate) now: Estimate,
    /// Relative change: 0.2 is 20 % more than the baseline.
    pub(crate) change: f64,
    /// Judgement on the change.
    pub(crate) judgement: Judgement,
}

/// Judgement on a figure's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It is not worse by more than the tolerance.
    Kept,
    /// It is worse by more than the tolerance.
    Regressed,
    /// It is, but the intervals overlap: this may be chance.
    CannotTell,
    /// The generator may have made it itself, in the run or in the baseline: this tells nothing.
    Own,
}

/// Compared figures: name, direction that is worse, and whether a run may lack the figure.
const COMPARED: [(&str, Worse, bool); 5] = [
    ("response.p50", Worse::Higher, false),
    ("response.p99", Worse::Higher, false),
    ("last.p99", Worse::Higher, false),
    ("cpu_per_delivery", Worse::Higher, true),
    ("delivery_rate", Worse::Lower, false),
];

#[derive(Clone, Copy, PartialEq)]
enum Worse {
    Higher,
    Lower,
}

/// Compares a run with its baseline; a figure may be worse by `allowed` (0.2 for 20 %).
///
/// # Errors
///
/// The workloads or the machines differ, or one of the runs is not valid: then a difference would
/// not tell anything about the server.
pub(crate) fn compare(
    baseline: &Record,
    run: &Record,
    allowed: f64,
) -> Result<Comparison, Incomparable> {
    let mut problems = Vec::from_iter(invalid("the run", run));
    problems.extend(obstacles(baseline, &run.workload, &run.environment));
    let mut rows = Vec::new();
    for (name, worse, optional) in COMPARED {
        match row(name, worse, baseline, run, allowed) {
            Ok(row) => rows.push(row),
            Err(_) if optional => {}
            Err(unknown) => problems.push(unknown.to_string()),
        }
    }
    problems.dedup();
    if problems.is_empty() { Ok(Comparison { rows, allowed }) } else { Err(Incomparable(problems)) }
}

/// Checks before a run of this workload on this machine that it can be compared with the baseline.
///
/// # Errors
///
/// See [`compare`].
pub(crate) fn check(
    baseline: &Record,
    workload: &Workload,
    environment: &Environment,
) -> Result<(), Incomparable> {
    let problems = obstacles(baseline, workload, environment);
    if problems.is_empty() { Ok(()) } else { Err(Incomparable(problems)) }
}

/// Reasons, known before a run, for which it cannot be compared with the baseline.
fn obstacles(baseline: &Record, workload: &Workload, environment: &Environment) -> Vec<String> {
    let (before, now) = ("the baseline", "this run");
    let mut problems = Vec::from_iter(invalid("the baseline", baseline));
    problems.extend(differences((before, &baseline.workload), (now, workload), &[]));
    problems.extend(other_machine((before, &baseline.environment), (now, environment)));
    let needed = COMPARED.iter().filter(|(_, _, optional)| !optional);
    problems.extend(needed.filter_map(|(name, ..)| {
        metric(name).value(baseline).err().map(|unknown| unknown.to_string())
    }));
    problems
}

fn metric(name: &str) -> Metric {
    name.parse().expect("what is compared has names")
}

/// Parses a tolerance: `20%`.
///
/// # Errors
///
/// It is no percentage of 0 or more.
pub(crate) fn allowance(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    number
        .filter(|number| number.is_finite() && *number >= 0.0)
        .map(|number| number / 100.0)
        .ok_or_else(|| format!("`{text}` is no percentage such as 20%"))
}

impl Comparison {
    /// Returns whether any figure is worse by more than the tolerance.
    pub(crate) fn regressed(&self) -> bool {
        self.rows.iter().any(|row| row.judgement == Judgement::Regressed)
    }
}

impl Comparison {
    /// Smallest coverage of the intervals of those sides that have any; 0 if both are single runs.
    fn coverage(&self) -> f64 {
        let sides = self.rows.iter().flat_map(|row| [row.before.coverage, row.now.coverage]);
        let smallest = sides.filter(|coverage| *coverage > 0.0).fold(f64::INFINITY, f64::min);
        if smallest.is_finite() { smallest } else { 0.0 }
    }

    /// Makes the run invalid if one of the figures may be the generator's own: it tells nothing.
    pub(crate) fn doubt(&self, run: &mut Record) {
        let own = self.rows.iter().filter(|row| row.judgement == Judgement::Own);
        let own: Vec<_> = own.map(|row| row.metric.to_string()).collect();
        if !own.is_empty() {
            run.verdict.status = Status::Invalid;
            let reason = format!(
                "{} may be the generator's own, here or in the baseline: a comparison tells nothing",
                own.join(", ")
            );
            run.verdict.reasons.insert(0, reason);
        }
    }
}

impl fmt::Display for Comparison {
    /// A table, a line each, in 80 columns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repeated = self.coverage() > 0.0;
        let range = if repeated { "interval of it" } else { "" };
        let allowed = figures::share(self.allowed);
        let width = if repeated { 19 } else { 0 };
        let [label, before, now, change] = ["against baseline", "before", "now", "change"];
        writeln!(f, "{label:<17}{before:>11}{now:>11}{change:>9}{range:>width$}")?;
        for row in &self.rows {
            let show = |value: Estimate| row.metric.quantity().show(value.median);
            let (name, change) = (row.metric.to_string(), figures::change(row.change));
            write!(f, "{name:<17}{:>11}{:>11}{change:>9}", show(row.before), show(row.now))?;
            if repeated {
                write!(f, "{:>width$}", row.range())?;
            }
            writeln!(f, "  {}", row.judgement)?;
        }
        if self.rows.iter().any(|row| row.judgement == Judgement::Own) {
            writeln!(f, "own *: may be the generator's own, so the figure tells nothing")?;
        }
        writeln!(f, "allowed: worse by {allowed}")?;
        if repeated {
            let coverage = figures::share(self.coverage());
            writeln!(
                f,
                "the intervals of the medians cover {coverage} or more; a single run has none"
            )
        } else {
            writeln!(f, "single runs: --runs tells what is chance")
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept => "ok",
            Self::Regressed => "REGRESSED",
            Self::CannotTell => "cannot tell",
            Self::Own => "own *",
        })
    }
}

impl Row {
    /// Range of the change that the intervals leave: `-3.0 % … +9.1 %`.
    fn range(&self) -> String {
        let low = relative(self.before.high, self.now.low);
        let high = relative(self.before.low, self.now.high);
        format!("{} … {}", figures::change(low), figures::change(high))
    }
}

fn invalid(which: &str, record: &Record) -> Option<String> {
    let status = record.verdict.status;
    (status != Status::Valid).then(|| format!("{which} is {status:?}").to_lowercase())
}

fn row(
    name: &str,
    worse: Worse,
    baseline: &Record,
    run: &Record,
    allowed: f64,
) -> Result<Row, Unknown> {
    let metric = metric(name);
    let (before, now) = (value(metric, baseline)?, value(metric, run)?);
    let change = relative(before.median, now.median);
    let worse_by = if worse == Worse::Higher { change } else { -change };
    let judgement = if metric.is_own(run) || metric.is_own(baseline) {
        Judgement::Own
    } else if worse_by <= allowed {
        Judgement::Kept
    } else if before.overlaps(&now) {
        Judgement::CannotTell
    } else {
        Judgement::Regressed
    };
    Ok(Row { metric, before, now, change, judgement })
}

/// A figure with its interval, where the record is of several runs.
pub(super) fn value(metric: Metric, record: &Record) -> Result<Estimate, Unknown> {
    let single = metric.value(record)?;
    let over_runs = record.runs.as_ref().and_then(|runs| runs.figure(metric));
    Ok(over_runs.unwrap_or(Estimate::single(single)))
}

/// Relative change. From zero to more is beyond every tolerance; from zero to zero is no change.
fn relative(before: f64, now: f64) -> f64 {
    if before > 0.0 {
        now / before - 1.0
    } else if now > 0.0 {
        f64::INFINITY
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests;
