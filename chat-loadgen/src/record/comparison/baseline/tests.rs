//! Tests of comparisons with a baseline.

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
        let rows = comparison.rows.iter().filter(|row| row.judgement == Judgement::Regressed);
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
    let marked = Record { own_figures: vec!["response.p99".into()], ..slower() };
    for (baseline, run) in [(with_server(), marked.clone()), (marked, with_server())] {
        let comparison = compare(&baseline, &run, 0.2).unwrap();
        assert!(!comparison.regressed());
        assert!(comparison.to_string().contains("the generator's own"));
        let mut doubted = run;
        comparison.doubt(&mut doubted);
        assert_eq!(doubted.verdict.status, Status::Invalid);
        assert!(doubted.verdict.reasons[0].starts_with("response.p99 may be"), "{doubted:?}");
    }
    let mut run = with_server();
    compare(&run, &run, 0.2).unwrap().doubt(&mut run);
    assert_eq!(run.verdict.status, Status::Valid);
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
            "pacing is \"open 500/s poisson\" in the baseline, \"closed 64\" in this run",
            "seed is 42 in the baseline, 43 in this run",
            "cpus is 8 in the baseline, 2 in this run",
            "processor is \"Example 9000 @ 3.2 GHz\" in the baseline, null in this run",
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
    assert!(text.lines().all(|line| line.chars().count() <= 80));
}

/// So many runs, whose response's 99th percentiles are these times the sample's.
fn repeated(factors: &[f64]) -> Record {
    sample::repeated(factors, &with_server())
}

#[test]
fn only_intervals_that_lie_apart_are_a_regression() {
    let judged = |before: &[f64], now: &[f64]| {
        let comparison = compare(&repeated(before), &repeated(now), 0.2).unwrap();
        let judgement = comparison.rows[1].judgement;
        assert_eq!(comparison.regressed(), judgement == Judgement::Regressed);
        (judgement, comparison.to_string())
    };
    let before = [0.9, 1.0, 1.0, 1.1, 1.6];
    let (judgement, text) = judged(&before, &[1.3, 1.5, 1.6, 2.0, 2.1]);
    assert_eq!(judgement, Judgement::CannotTell, "{text}");
    assert!(text.contains("+60.0 %") && text.contains("  cannot tell"), "{text}");
    assert!(text.contains("-18.8 % … +133.3 %"), "{text}");
    assert!(text.contains("cover 93.8 % or more"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(judged(&before, &[1.7, 1.8, 1.9, 2.0, 2.1]).0, Judgement::Regressed);
    assert_eq!(judged(&before, &[0.9, 1.0, 1.1, 1.2, 9.0]).0, Judgement::Kept);
    // A single run is a value without an interval.
    assert_eq!(judged(&[1.0], &[1.5]).0, Judgement::Regressed);
    assert_eq!(judged(&[1.0], &[0.9, 1.5, 1.5]).0, Judgement::CannotTell);
    assert!(judged(&[1.0], &[1.5]).1.ends_with("single runs: --runs tells what is chance\n"));
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
