//! Comparison of a run with a baseline (`--baseline`, `--fail-on-regression`).

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::record::figures;
use crate::record::threshold::{Metric, Unknown};
use crate::record::{Record, Status};

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
    pub(crate) before: f64,
    /// This run's value.
    pub(crate) now: f64,
    /// Relative change: 0.2 is 20 % more than the baseline.
    pub(crate) change: f64,
    /// True if the figure is worse by more than the tolerance.
    pub(crate) regressed: bool,
    /// True if it is worse, and the generator may have made it itself.
    pub(crate) own: bool,
}

/// Two runs that cannot be compared, with all reasons.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the run cannot be compared with its baseline: {}", .0.join("; "))]
pub(crate) struct Incomparable(pub(crate) Vec<String>);

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
    let mut problems = Vec::from_iter(invalid("the baseline", baseline));
    problems.extend(invalid("the run", run));
    problems.extend(differences(&baseline.workload, &run.workload));
    let machine = |record: &Record| {
        let environment = &record.environment;
        serde_json::json!({
            "system": environment.system,
            "processor": environment.processor,
            "cpus": environment.cpus,
        })
    };
    problems.extend(differences(&machine(baseline), &machine(run)));
    let mut rows = Vec::new();
    for (name, worse, optional) in COMPARED {
        match row(name, worse, baseline, run, allowed) {
            Ok(row) => rows.push(row),
            Err(_) if optional => {}
            Err(unknown) => problems.push(unknown.to_string()),
        }
    }
    if problems.is_empty() { Ok(Comparison { rows, allowed }) } else { Err(Incomparable(problems)) }
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
        self.rows.iter().any(|row| row.regressed)
    }

    /// Returns whether any figure is worse and may be the generator's own: it tells nothing.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.rows.iter().any(|row| row.own)
    }
}

impl fmt::Display for Comparison {
    /// A table, a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18}{:>12}{:>12}{:>11}   allowed {}",
            "against baseline",
            "before",
            "now",
            "change",
            figures::share(self.allowed),
        )?;
        for row in &self.rows {
            let show = |value| row.metric.quantity().show(value);
            writeln!(
                f,
                "{:<18}{:>12}{:>12}{:>11}   {}",
                row.metric.to_string(),
                show(row.before),
                show(row.now),
                figures::change(row.change),
                match row {
                    Row { own: true, .. } => "the generator's own",
                    Row { regressed: true, .. } => "REGRESSED",
                    _ => "ok",
                },
            )?;
        }
        Ok(())
    }
}

fn invalid(which: &str, record: &Record) -> Option<String> {
    let status = record.verdict.status;
    (status != Status::Valid).then(|| format!("{which} is {status:?}").to_lowercase())
}

/// Names the fields that differ, with both values.
fn differences<T: Serialize>(before: &T, now: &T) -> Vec<String> {
    let (Ok(Value::Object(before)), Ok(Value::Object(now))) =
        (serde_json::to_value(before), serde_json::to_value(now))
    else {
        return vec!["what was asked for cannot be read".to_owned()];
    };
    before
        .iter()
        .filter(|(field, value)| now.get(*field) != Some(value))
        .map(|(field, value)| {
            format!("{field} was {value}, is {}", now.get(field).unwrap_or(&Value::Null))
        })
        .collect()
}

fn row(
    name: &str,
    worse: Worse,
    baseline: &Record,
    run: &Record,
    allowed: f64,
) -> Result<Row, Unknown> {
    let metric: Metric = name.parse().expect("what is compared has names");
    let (before, now) = (metric.value(baseline)?, metric.value(run)?);
    let change = relative(before, now);
    let regressed = match worse {
        Worse::Higher => change > allowed,
        Worse::Lower => -change > allowed,
    };
    let own = regressed && metric.is_own(run);
    Ok(Row { metric, before, now, change, regressed: regressed && !own, own })
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
mod tests {
    use super::*;
    use crate::record::sample;

    fn with_server() -> Record {
        Record { server: sample::full().server, ..sample::record() }
    }

    fn slower() -> Record {
        let mut run = with_server();
        run.latency.response.p99 *= 2;
        run.traffic.delivery_rate *= 0.9;
        run
    }

    #[test]
    fn a_run_is_no_worse_than_itself() {
        let comparison = compare(&with_server(), &with_server(), 0.0).unwrap();
        assert_eq!(comparison.rows.len(), 5);
        assert!(!comparison.regressed());
    }

    #[test]
    fn what_grew_or_shrank_by_more_than_allowed_has_regressed() {
        let regressed = |allowed| {
            let comparison = compare(&with_server(), &slower(), allowed).unwrap();
            let rows = comparison.rows.iter().filter(|row| row.regressed);
            rows.map(|row| row.metric.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(regressed(0.05), ["response.p99", "delivery_rate"]);
        assert_eq!(regressed(0.2), ["response.p99"]);
        assert_eq!(regressed(1.0), Vec::<String>::new());
        let better = compare(&slower(), &with_server(), 0.0).unwrap();
        assert!(!better.regressed(), "being faster is no regression");
    }

    #[test]
    fn what_may_be_the_generators_own_is_no_regression_but_a_doubt() {
        let mut run = slower();
        run.own_figures = vec!["response.p99".into()];
        let comparison = compare(&with_server(), &run, 0.2).unwrap();
        assert!(!comparison.regressed() && comparison.is_doubtful());
        assert!(comparison.to_string().contains("the generator's own"));
        assert!(!compare(&run, &run, 0.2).unwrap().is_doubtful(), "it is not worse");
    }

    #[test]
    fn cpu_is_compared_where_both_have_it() {
        let comparison = compare(&with_server(), &sample::record(), 0.2).unwrap();
        assert!(comparison.rows.iter().all(|row| row.metric.to_string() != "cpu_per_delivery"));
    }

    #[test]
    fn different_workloads_machines_and_verdicts_are_refused() {
        let mut run = sample::record();
        run.workload.seed = 43;
        run.workload.pacing = "closed 64".into();
        run.environment.cpus = 2;
        run.environment.processor = None;
        run.environment.started = "2026-03-15T00:00:00Z".into();
        run.verdict.status = Status::Faulty;
        let Incomparable(problems) = compare(&sample::record(), &run, 0.2).unwrap_err();
        assert_eq!(
            problems,
            [
                "the run is faulty",
                "pacing was \"open 500/s poisson\", is \"closed 64\"",
                "seed was 42, is 43",
                "cpus was 8, is 2",
                "processor was \"Example 9000 @ 3.2 GHz\", is null",
            ]
        );
    }

    #[test]
    fn a_run_without_samples_is_refused() {
        let mut run = sample::record();
        run.latency.last.count = 0;
        let error = compare(&sample::record(), &run, 0.2).unwrap_err().to_string();
        assert!(error.contains("`last.p99` is not known: there are no samples"), "{error}");
    }

    #[test]
    fn the_table_shows_both_and_marks_what_regressed() {
        let text = compare(&with_server(), &slower(), 0.2).unwrap().to_string();
        let line = text.lines().find(|line| line.starts_with("response.p99")).unwrap();
        assert!(line.contains("+100.0 %") && line.ends_with("REGRESSED"), "{line}");
        let line = text.lines().find(|line| line.starts_with("delivery_rate")).unwrap();
        assert!(line.contains("249,450/s") && line.contains("-10.0 %"), "{line}");
        assert!(line.ends_with("ok"), "{line}");
        assert!(text.lines().all(|line| line.chars().count() <= 100));
    }

    #[test]
    fn an_allowance_is_a_percentage() {
        assert_eq!(allowance("20%"), Ok(0.2));
        assert_eq!(allowance("0 %"), Ok(0.0));
        for text in ["20", "-1%", "NaN%", "inf%", "%", ""] {
            assert!(allowance(text).is_err(), "{text}");
        }
    }

    #[test]
    fn from_nothing_every_growth_is_too_much() {
        assert!(relative(0.0, 1.0) > 1e9);
        assert!(relative(0.0, 0.0).abs() < f64::EPSILON);
    }
}
