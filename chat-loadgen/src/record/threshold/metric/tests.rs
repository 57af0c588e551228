//! Tests of metrics.

use super::*;
use crate::record::sample;

fn metric(name: &str) -> Metric {
    name.parse().unwrap()
}

#[test]
fn every_name_means_one_figure() {
    let stats = HISTOGRAMS.iter().flat_map(|h| STATS.iter().map(move |s| (h, s)));
    let names: Vec<_> = PLAIN
        .iter()
        .map(|plain| plain.name.to_owned())
        .chain(stats.map(|(h, s)| format!("{}.{}", h.name, s.name)))
        .collect();
    let record = sample::full();
    for name in &names {
        assert_eq!(metric(name).to_string(), *name);
        assert!(metric(name).value(&record).unwrap() >= 0.0, "{name}");
    }
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
}

#[test]
fn names_have_short_forms() {
    let pairs = [
        ("p99", "response.p99"),
        ("p99.9", "response.p99.9"),
        ("p9999", "response.p99.99"),
        ("last.p999", "last.p99.9"),
        ("pacing.max", "pacing.max"),
    ];
    for (short, long) in pairs {
        assert_eq!(metric(short), metric(long));
    }
    let record = sample::full();
    assert_eq!(metric("last.p999").value(&record), Ok(float(record.latency.last.p999)));
    assert_eq!(metric("canary.p50").value(&record), Ok(float(record.generator.canary.p50)));
    assert_eq!(metric("server.cpu").value(&record), Ok(41.5e9));
}

#[test]
fn an_unknown_name_is_answered_with_the_one_that_was_meant() {
    for (name, meant) in [
        ("lots", "lost"),
        ("Lost", "lost"),
        ("duplicates", "duplicated"),
        ("last.p9", "there are p50, p90, p99, p99.9 and p99.99"),
        ("p95", "there are p50"),
        ("lst.p99", "last.p99"),
        ("latency.max", "there is none"),
        ("response.median", "did you mean p50?"),
        ("median", "p50"),
        ("deliverys", "deliveries"),
        ("colour", "there is none"),
        ("", "there is none"),
        ("p99.x", "p99.9"),
    ] {
        let error = name.parse::<Metric>().unwrap_err().to_string();
        let expected = match meant {
            "there is none" => "unknown metric (`--fail-if help` lists all)".to_owned(),
            meant => meant.to_owned(),
        };
        assert!(error.contains(&expected), "{name}: {error}");
    }
}

#[test]
fn what_a_run_does_not_have_says_why() {
    let mut record = sample::record();
    record.latency.first.count = 0;
    record.generator.starved = None;
    for (name, why) in [
        ("cpu_per_delivery", "--spawn"),
        ("disorder", "--total-order"),
        ("first.p50", "no samples"),
        ("generator.starved", "does not tell"),
    ] {
        let error = metric(name).value(&record).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(why), "{error}");
    }
    assert_eq!(metric("first.count").value(&record), Ok(0.0));
}

#[test]
fn what_was_not_judged_is_not_known() {
    let mut record = sample::full();
    record.workload.verify = false;
    let known = |name: &str| metric(name).value(&record).is_ok();
    assert!(JUDGED.into_iter().all(|name| metric(name).is_judged() && !known(name)));
    assert!(["p99", "rate", "deliveries", "disconnected", "refusals"].into_iter().all(known));
    let unknown = metric("lost").value(&record).unwrap_err().to_string();
    assert_eq!(unknown, "`lost` is not known: --verify off judges no deliveries");
}
