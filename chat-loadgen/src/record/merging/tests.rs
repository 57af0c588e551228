//! Tests of merging.

use super::*;
use crate::record::sample;

fn merged(records: [Record; 2]) -> Result<Record, CannotMerge> {
    let [a, mut b] = records;
    if b.environment.started == a.environment.started {
        b.environment.started = "2026-03-14T15:09:27Z".to_owned();
    }
    merge(&[("a".to_owned(), a), ("b".to_owned(), b)])
}

#[test]
fn counts_rates_and_histograms_are_summed() {
    let (a, b) = (sample::record(), sample::full());
    let b = Record { search: Vec::new(), share: None, workload: a.workload.clone(), ..b };
    let sum = merged([a.clone(), b.clone()]).unwrap();
    assert_eq!(sum.ledger.expected, a.ledger.expected + b.ledger.expected);
    assert_eq!(sum.ledger.ok, a.ledger.ok + b.ledger.ok);
    assert_eq!((sum.ledger.lost, sum.ledger.cut_off), (3, 7));
    assert_eq!(sum.ledger.died_with_node, 5);
    assert!(sum.ledger.closes());
    assert_eq!((sum.workload.clients, sum.workload.senders), (1000, 100));
    assert_eq!(sum.traffic.messages, 2 * 29_994);
    let [one, two] = &sum.addresses[..] else { panic!("two addresses") };
    assert_eq!((one.connected, one.senders, two.connected), (750, 75, 250));
    assert_eq!(one.response.count, 2 * two.response.count);
    assert_eq!(sum.traffic.offered_rate, Some(1000.0));
    let response = &sum.histograms.as_ref().unwrap().response;
    assert_eq!(response.len(), 2 * sample::histograms().response.len());
    assert_eq!(sum.latency.response.count, response.len());
    assert_eq!(sum.latency.response.p99, a.latency.response.p99);
    assert_eq!(sum.intervals.len(), a.intervals.len());
    assert_eq!(sum.intervals[9].messages, 2 * a.intervals[9].messages);
    assert_eq!(sum.ledger.witnesses["lost"][0].detail, "never arrived (b)");
    assert_eq!(sum.words["strangers"].count, 7);
    assert!(sum.without_slow_readers.is_none() && sum.floor.is_none());
    // Half as much per delivery as the one generator thought that measured the server.
    let server = sum.server.unwrap();
    assert!((server.cpu_per_delivery / (41.5e9 / 2.0 / (249_450.1 * 60.0)) - 1.0).abs() < 1e-6);
}

#[test]
fn the_percentiles_are_those_of_all_samples() {
    let mut slow = sample::record();
    let histograms = slow.histograms.as_mut().unwrap();
    histograms.response = sample::histogram(1_000, 900.0);
    slow.latency.response = crate::record::Summary::of(&histograms.response);
    slow.latency.response.max = 99_999_999_999;
    let sum = merged([sample::record(), slow.clone()]).unwrap();
    // 1,000 of 26,820 samples are hundreds of times as slow: more than one in a hundred.
    assert!(sum.latency.response.p90 < 3_000_000, "{:?}", sum.latency.response);
    assert!(sum.latency.response.p99 > 400_000_000, "{:?}", sum.latency.response);
    assert_eq!(sum.latency.response.max, 99_999_999_999);
}

#[test]
fn what_was_written_and_read_can_be_merged() {
    let text = serde_json::to_string(&sample::record()).unwrap();
    let read: Record = serde_json::from_str(&text).unwrap();
    let mut grown = sample::record();
    grown.histograms.as_mut().unwrap().response.record(1 << 45).unwrap();
    let sum = merged([read, grown]).unwrap();
    assert!(sum.latency.response.p9999 < 1 << 40);
    assert!(sum.histograms.unwrap().response.max() >= 1 << 45);
}

#[test]
fn the_worst_verdict_is_that_of_all_with_the_reasons() {
    let statuses = [Status::Valid, Status::Faulty, Status::Partial, Status::Invalid];
    for (i, a) in statuses.into_iter().enumerate() {
        for (j, b) in statuses.into_iter().enumerate() {
            let record = |status| Record {
                verdict: Verdict { status, reasons: vec!["why".into()] },
                ..sample::record()
            };
            let verdict = merged([record(a), record(b)]).unwrap().verdict;
            assert_eq!(verdict.status, statuses[i.max(j)]);
            assert!(verdict.reasons.contains(&"b: why".to_owned()), "{verdict:?}");
            let named = verdict.reasons.iter().any(|reason| reason.starts_with("a is "));
            assert_eq!(named, a != Status::Valid);
        }
    }
    let mut late = sample::record();
    late.environment.started = "2026-03-14T16:09:26Z".into();
    let reasons = merged([sample::record(), late]).unwrap().verdict.reasons;
    assert!(reasons[1].starts_with("the runs began 3600 s apart"), "{reasons:?}");
    let mut open = sample::record();
    open.ledger.ok -= 1;
    assert_eq!(merged([sample::record(), open]).unwrap().verdict.status, Status::Invalid);
}

#[test]
fn what_is_no_part_of_one_run_is_refused_with_all_reasons() {
    let mut other = sample::repeated(&[1.0, 1.0], &sample::full());
    (other.histograms, other.share) = (None, None);
    other.workload.dialect = "nats".into();
    other.workload.duration = 5.0;
    let calm = Workload {
        untimed: 0,
        others_after: 0.0,
        churn: 0.0,
        reconnect: 0.0,
        kill_every: 0.0,
        kill_node: 0.0,
        cut_node: 0.0,
        kill_broker: false,
        ..other.workload
    };
    other.workload = calm;
    other.workload.slow_readers = 0;
    other.workload.seed = 7;
    let CannotMerge(problems) = merged([sample::record(), other]).unwrap_err();
    assert_eq!(
        problems,
        [
            "b has no histograms: an older version wrote it",
            "b is of several runs (--runs): merge single ones",
            "b is of a search (--find-max)",
            "dialect is \"basico\" in a, \"nats\" in b",
            "duration is 60.0 in a, 5.0 in b",
        ]
    );
    assert!(merge(&[]).is_err());
}

#[test]
fn a_copy_of_a_record_is_refused() {
    let [a, b] = ["a", "b"].map(|name| (name.to_owned(), sample::record()));
    let refused = |b: &(String, Record)| match merge(&[a.clone(), b.clone()]) {
        Err(CannotMerge(problems)) => problems.join("; "),
        Ok(_) => String::new(),
    };
    assert_eq!(refused(&b), "a and b are of the same run");
    for change in [
        |record: &mut Record| record.workload.seed = 7,
        |record: &mut Record| record.environment.processor = None,
        |record: &mut Record| record.environment.started = "2026-03-14T15:09:27Z".to_owned(),
    ] {
        let mut other = b.clone();
        change(&mut other.1);
        assert_eq!(refused(&other), "");
    }
}

#[test]
fn a_sum_that_is_too_large_and_a_record_without_clients_are_refused() {
    type Change = (&'static str, fn(&mut Record));
    let changes: [Change; 4] = [
        ("with b the sum of `clients` is too large", |record| record.workload.clients = u32::MAX),
        ("with b the sum of `ok` is too large", |record| record.ledger.ok = u64::MAX),
        ("with b the sum of `bytes` is too large", |record| record.traffic.bytes = u64::MAX),
        ("b has no clients", |record| record.workload.clients = 0),
    ];
    for (why, change) in changes {
        let mut other = sample::record();
        change(&mut other);
        assert_eq!(merged([sample::record(), other]).unwrap_err().0, [why]);
    }
}
