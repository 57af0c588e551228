//! The ledger counts exactly the faults that a faulty relay caused.

mod peers;
mod proxied;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use chat_drive::failure::Result;

use crate::delaying::{altering, delaying};
use crate::doors::{DOORS, run_through};
use crate::running::{Ended, Relay, run_at};

/// The counts in the relay's log, by kind of fault.
pub(crate) fn logged(path: &Path) -> BTreeMap<String, u64> {
    let log = fs::read_to_string(path).expect("the relay's log");
    let mut counts = BTreeMap::new();
    for line in log.lines() {
        let fault = line.split('\t').next().unwrap_or_default();
        if line.contains('{') {
            *counts.entry(fault.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Runs the load against a relay with these faults. Returns the result and the relay's own counts.
fn compare(faults: &[&str], load: &[&str]) -> Result<(Ended, BTreeMap<String, u64>)> {
    compare_through(DOORS[0], faults, load)
}

/// The same through a door.
fn compare_through(
    (door, scheme): (&[&str], &str),
    faults: &[&str],
    load: &[&str],
) -> Result<(Ended, BTreeMap<String, u64>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("relay.log");
    let mut options = [door, faults].concat();
    options.extend(["--log", log.to_str().expect("a path")]);
    #[cfg_attr(not(unix), expect(unused_mut, reason = "it is signalled on Unix only"))]
    let mut relay = Relay::start(&options)?;
    let ended = run_through(scheme, relay.address, load);
    #[cfg(unix)]
    {
        relay.program.signal(15)?;
        relay.program.expect_exit(0)?;
    }
    Ok((ended, logged(&log)))
}

/// Checks that there are no other faults than these.
#[track_caller]
fn only(ended: &Ended, faults: &[&str]) {
    for fault in [
        "lost",
        "late",
        "reordered",
        "corrupt",
        "duplicated",
        "echoed",
        "foreign",
        "disconnected",
        "forgotten",
    ] {
        let number = ended.number(&format!("/ledger/{fault}"));
        assert!(number == 0 || faults.contains(&fault), "{fault}: {}", ended.value("/ledger"));
    }
    assert_eq!(ended.status, Some(if faults.is_empty() { 0 } else { 3 }), "{}", ended.words);
}

pub(crate) fn count(log: &BTreeMap<String, u64>, fault: &str) -> u64 {
    log.get(fault).copied().unwrap_or(0)
}

#[test]
fn every_fault_is_counted_exactly_in_one_run_with_all_of_them() -> Result {
    let faults = [
        "--drop",
        "1/90",
        "--dup",
        "1/80",
        "--swap",
        "1/70",
        "--echo",
        "1/60",
        "--corrupt",
        "1/50",
    ];
    let load = ["--clients", "30", "--senders", "10", "--rate", "1000/s", "--drain-timeout", "2s"];
    for door in DOORS {
        let (ended, log) = compare_through(door, &faults, &load)?;
        assert_eq!(ended.number("/traffic/messages"), 1000);
        for (counted, logged) in [
            ("/ledger/lost", "drop"),
            ("/ledger/duplicated", "dup"),
            ("/ledger/reordered", "swap"),
            ("/ledger/echoed", "echo"),
            ("/ledger/corrupt", "corrupt"),
        ] {
            assert!(count(&log, logged) > 5, "no {logged} in {log:?}");
            assert_eq!(ended.number(counted), count(&log, logged), "{logged}: {log:?}");
        }
        assert_eq!(ended.number("/ledger/expected"), 29_000);
        let wrong =
            ["lost", "reordered", "corrupt"].map(|fault| ended.number(&format!("/ledger/{fault}")));
        assert_eq!(ended.number("/ledger/ok"), 29_000 - wrong.iter().sum::<u64>());
        assert_eq!(ended.number("/ledger/foreign"), 0);
        assert_eq!(ended.status, Some(3), "{}", ended.words);
        let witnesses = ended.value("/ledger/witnesses").as_object().expect("an object");
        assert_eq!(witnesses.len(), 5);
        assert!(witnesses.values().all(|all| all.as_array().is_some_and(|all| all.len() == 5)));
    }
    Ok(())
}

#[test]
fn each_fault_alone_is_that_fault_and_no_other() -> Result {
    for (option, logged, counted) in [
        ("--drop", "drop", "lost"),
        ("--dup", "dup", "duplicated"),
        ("--swap", "swap", "reordered"),
        ("--echo", "echo", "echoed"),
        ("--corrupt", "corrupt", "corrupt"),
    ] {
        let load = ["--clients", "8", "--senders", "2", "--window", "8", "--drain-timeout", "1s"];
        let (ended, log) = compare(&[option, "1/20"], &load)?;
        assert!(count(&log, logged) > 0, "{option}: {log:?}");
        let found = ended.number(&format!("/ledger/{counted}"));
        assert_eq!(found, count(&log, logged), "{option}: {}", ended.value("/ledger"));
        only(&ended, &[counted]);
    }
    Ok(())
}

#[test]
fn total_loss_ends_and_is_counted_exactly() -> Result {
    let load = ["--clients", "10", "--senders", "2", "--rate", "200/s", "--drain-timeout", "500ms"];
    let (ended, log) = compare(&["--drop", "1/1"], &load)?;
    assert_eq!(count(&log, "drop"), 1800);
    assert_eq!(ended.number("/ledger/lost"), 1800);
    assert_eq!(ended.number("/ledger/ok"), 0);
    assert_eq!(ended.status, Some(3));
    Ok(())
}

#[test]
fn a_closed_loop_goes_on_when_everything_is_lost() -> Result {
    let load = ["--clients", "4", "--senders", "1", "--window", "5", "--drain-timeout", "200ms"];
    let (ended, log) = compare(&["--drop", "1/1"], &load)?;
    // Five messages after each timeout without an answer.
    assert!(ended.number("/traffic/messages") >= 10, "{}", ended.value("/traffic"));
    assert_eq!(ended.number("/ledger/lost"), count(&log, "drop"));
    Ok(())
}

#[test]
fn what_is_lost_to_those_who_leave_is_lost() -> Result {
    let load = ["--clients", "20", "--senders", "2", "--rate", "300/s", "--churn", "3/s"];
    let load = [&load[..], &["--duration", "3s", "--drain-timeout", "2s"]].concat();
    let (ended, log) = compare(&["--drop-all", "1/7"], &load)?;
    // A client can tell that a message was lost if it got others of its sender before and after it.
    let (certain, unseen) = (count(&log, "drop"), count(&log, "unseen"));
    let lost = ended.number("/ledger/lost");
    assert!(certain > 1000 && unseen < certain / 20, "{log:?}");
    assert!((certain..=certain + unseen).contains(&lost), "{lost}, {log:?}");
    only(&ended, &["lost"]);
    Ok(())
}

#[test]
fn what_was_due_after_a_cut_is_cut_off() -> Result {
    // Connected one after another, the fourth is one that only listens.
    let load = ["--clients", "8", "--senders", "2", "--rate", "300/s"];
    let load = [&load[..], &["--connect-concurrency", "1"]].concat();
    for door in DOORS {
        let (ended, log) = compare_through(door, &["--cut", "3", "--cut-after", "300ms"], &load)?;
        assert!(count(&log, "cut") > 50, "{log:?}");
        assert_eq!(
            ended.number("/ledger/cut_off"),
            count(&log, "cut"),
            "{}",
            ended.value("/ledger")
        );
        assert_eq!(ended.number("/ledger/expected"), 300 * 7);
        only(&ended, &["disconnected"]);
        assert_eq!(ended.number("/ledger/disconnected"), 1);
    }
    Ok(())
}

#[test]
fn each_second_says_what_was_due_in_it_and_what_became_of_it() -> Result {
    let load = ["--clients", "8", "--senders", "2", "--rate", "300/s", "--warm-up", "1s"];
    let load = [&load[..], &["--duration", "3s", "--connect-concurrency", "1"]].concat();
    let faults = ["--cut", "3", "--cut-after", "2200ms", "--drop-all", "1/10"];
    let (ended, log) = compare(&faults, &load)?;
    assert!(count(&log, "cut") > 0 && count(&log, "drop") > 0, "{log:?}");
    // The ledger is that of the warm-up as well, and all of them are sent at their time.
    assert_eq!(ended.number("/before/sent"), 300);
    assert_eq!(ended.number("/before/expected"), 2100);
    assert_eq!(ended.by_second("sent")[..3], [300; 3]);
    assert_eq!(ended.by_second("expected")[..3], [2100; 3]);
    let [lost, cut_off] = ["lost", "cut_off"].map(|kind| ended.by_second(kind));
    assert!(lost[..3].iter().all(|number| *number > 0), "{lost:?}");
    // The cut comes in the window's second second, at the earliest.
    assert_eq!((ended.number("/before/cut_off"), cut_off[0]), (0, 0), "{cut_off:?}");
    assert!(cut_off[2] > 0, "{cut_off:?}");
    Ok(())
}

#[test]
fn every_text_on_a_line_is_read() -> Result {
    let load = ["--clients", "8", "--senders", "2", "--rate", "300/s"];
    for door in DOORS {
        let (ended, log) = compare_through(door, &["--double", "1/9"], &load)?;
        assert!(count(&log, "double") > 50, "{log:?}");
        assert_eq!(ended.number("/ledger/duplicated"), count(&log, "double"));
        only(&ended, &["duplicated"]);
        let (ended, log) = compare_through(door, &["--merge", "1/9"], &load)?;
        assert!(count(&log, "merge") > 50, "{log:?}");
        assert_eq!(ended.number("/ledger/merged"), count(&log, "merge"));
        assert_eq!(ended.number("/ledger/ok"), 300 * 7);
        assert!(ended.words.contains("on one line with another delivery"), "{}", ended.words);
        only(&ended, &[]);
    }
    Ok(())
}

#[test]
fn what_is_late_is_not_lost() -> Result {
    let faults = ["--late", "1/10", "--late-by", "800ms"];
    let load = ["--clients", "8", "--senders", "2", "--rate", "500/s", "--drain-timeout", "500ms"];
    let (ended, log) = compare(&faults, &load)?;
    // Most of them arrive within the time for draining, and have been overtaken.
    let (late, reordered) = (ended.number("/ledger/late"), ended.number("/ledger/reordered"));
    assert!(late > 20 && reordered > 20, "{}", ended.value("/ledger"));
    // The last of a sender arrive late and in their order, if nothing has overtaken them.
    let in_order = count(&log, "late") - late - reordered;
    assert!(in_order < 20, "{log:?} {}", ended.value("/ledger"));
    only(&ended, &["late", "reordered"]);
    assert!(ended.words.contains("after the end of the drain"), "{}", ended.words);
    let witnesses = ended.value("/ledger/witnesses/late").as_array().expect("a list");
    let says_when = |witness: &serde_json::Value| {
        let sent_before = witness["sent"].as_i64() < witness["at"].as_i64();
        sent_before && witness["detail"].as_str().is_some_and(|detail| !detail.is_empty())
    };
    assert!(witnesses.iter().all(says_when) && witnesses.len() == 5, "{witnesses:?}");
    Ok(())
}

#[test]
fn deliveries_that_go_on_arriving_are_mentioned() -> Result {
    let faults = ["--late", "1/2", "--late-by", "800ms"];
    let load = ["--clients", "8", "--senders", "2", "--rate", "500/s", "--drain-timeout", "250ms"];
    let (ended, _) = compare(&faults, &load)?;
    assert_eq!(ended.value("/ledger/still_arriving"), true, "{}", ended.value("/ledger"));
    assert!(ended.words.contains("still arriving when the run ended"), "{}", ended.words);
    Ok(())
}

#[test]
fn a_duplicate_behind_the_last_delivery_is_seen() {
    // The last is sent 100 ms before sending ends.
    let address = delaying(|_| vec![Duration::ZERO, Duration::from_millis(150)]);
    let load = ["--clients", "4", "--senders", "1", "--rate", "10/s"];
    let ended = run_at(address, &load);
    assert_eq!(ended.number("/ledger/ok"), 30);
    assert_eq!(ended.number("/ledger/duplicated"), 30);
    only(&ended, &["duplicated"]);
}

#[test]
fn strangers_lines_are_counted_and_no_fault() -> Result {
    let load = ["--clients", "8", "--senders", "2", "--rate", "300/s"];
    let (ended, log) = compare(&["--stranger", "1/20"], &load)?;
    assert!(count(&log, "stranger") > 50, "{log:?}");
    assert_eq!(ended.number("/words/strangers/count"), count(&log, "stranger"));
    assert_eq!(ended.value("/words/strangers/first/0/detail"), "usuario 0: Hola, soy de fuera");
    assert_eq!(ended.value("/words").as_object().map(serde_json::Map::len), Some(1));
    only(&ended, &[]);
    Ok(())
}

#[test]
fn bytes_around_a_message_are_garbage_and_it_is_delivered() {
    let load = ["--clients", "4", "--senders", "1", "--rate", "100/s"];
    // Probes, which come before, are left alone.
    let messages = |line: &str| {
        let garbage = if line.as_bytes().get(5) == Some(&b'm') { "basura \u{7}" } else { "" };
        format!("{garbage}{line}")
    };
    let in_front = run_at(altering(messages), &load);
    only(&in_front, &[]);
    assert_eq!(in_front.number("/ledger/ok"), 300);
    assert_eq!(in_front.number("/words/garbage/count"), 300);
    assert_eq!(in_front.value("/words/garbage/first/0/detail"), "basura \u{fffd}");
    assert_eq!(in_front.value("/words").as_object().map(serde_json::Map::len), Some(1));
    // A server may put a label of its own there: then nothing tells it from garbage.
    let labelled = run_at(altering(|line| format!("<ana> {line}")), &load);
    labelled.is_clean(300);
    assert_eq!(labelled.value("/words").as_object().map(serde_json::Map::len), Some(0));
}

#[test]
fn two_generators_at_once_are_strangers_to_each_other() -> Result {
    let relay = Relay::start(&[])?;
    let address = relay.address.to_string();
    let options = ["--clients", "4", "--senders", "1", "--rate", "100/s", "--server", &address];
    let other = relay.stage.start("other", {
        let mut other = crate::running::load(&options);
        other.args(["--duration", "1h"]);
        other
    })?;
    let mut witness = relay.stage.connect("witness", relay.address)?;
    while witness.hear()?.expect("a line").as_bytes().get(5) != Some(&b'm') {}
    let ended = run_at(relay.address, &options[..6]);
    assert!(ended.number("/words/strangers/count") > 0, "{}", ended.value("/words"));
    assert_eq!(ended.number("/ledger/ok"), 300);
    only(&ended, &[]);
    drop(other);
    Ok(())
}
