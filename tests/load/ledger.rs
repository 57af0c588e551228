//! The ledger counts exactly the faults that a faulty relay caused.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chat_drive::failure::Result;

use crate::running::{Ended, Relay, run_at};

/// The counts in the relay's log, by kind of fault.
fn logged(path: &Path) -> BTreeMap<String, u64> {
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
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("relay.log");
    let mut options = faults.to_vec();
    options.extend(["--log", log.to_str().expect("a path")]);
    #[cfg_attr(not(unix), expect(unused_mut, reason = "it is signalled on Unix only"))]
    let mut relay = Relay::start(&options)?;
    let ended = run_at(relay.address, load);
    #[cfg(unix)]
    {
        relay.program.signal(15)?;
        relay.program.expect_exit(0)?;
    }
    Ok((ended, logged(&log)))
}

fn count(log: &BTreeMap<String, u64>, fault: &str) -> u64 {
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
    let (ended, log) = compare(&faults, &load)?;
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
        for fault in ["lost", "duplicated", "reordered", "echoed", "corrupt", "foreign"] {
            let expected = if fault == counted { count(&log, logged) } else { 0 };
            let found = ended.number(&format!("/ledger/{fault}"));
            assert_eq!(found, expected, "{option}, {fault}: {}", ended.value("/ledger"));
        }
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
fn what_somebody_else_says_is_foreign() -> Result {
    let relay = Relay::start(&[])?;
    let mut stranger = relay.stage.connect("stranger", relay.address)?;
    let mut load = crate::running::load(&["--clients", "3", "--rate", "50/s"]);
    let address = relay.address.to_string();
    let program = relay.stage.start("load", {
        load.args(["--server", &address]);
        load
    })?;
    // Its first message shows that it is measuring.
    let begun = |line: &str| line.starts_with('{') && line.as_bytes().get(5) == Some(&b'm');
    while !begun(&stranger.hear()?.expect("a line")) {}
    stranger.send("usuario 7: Hola\n")?;
    let record = program.out.rest()?.join("\n");
    let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
    assert_eq!(record.pointer("/ledger/foreign"), Some(&3.into()));
    assert_eq!(record.pointer("/ledger/lost"), Some(&0.into()));
    Ok(())
}

#[test]
fn two_generators_at_once_are_foreign_to_each_other() -> Result {
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
    assert!(ended.number("/ledger/foreign") > 0, "{}", ended.value("/ledger"));
    assert_eq!(ended.number("/ledger/ok"), 300);
    assert_eq!(ended.number("/ledger/lost"), 0);
    drop(other);
    Ok(())
}
