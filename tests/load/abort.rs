//! Runs that a condition ends early.

use assert_cmd::Command;
use chat_drive::failure::Result;
use chat_tests::binaries;
use predicates::prelude::*;

use crate::running::{Ended, Relay, run_at};

/// A run that would take an hour, ended by this condition.
#[track_caller]
fn ended_by(relay: &Relay, condition: &str, options: &[&str]) -> Ended {
    let load = ["--clients", "4", "--duration", "1h", "--abort-if", condition];
    let ended = run_at(relay.address, &[&load[..], options].concat());
    assert_eq!(ended.value("/ended_early/condition"), condition, "{}", ended.words);
    // Invalid only where the machine is too busy.
    let status = ended.value("/verdict/status").as_str();
    assert!(matches!(status, Some("partial" | "invalid")), "{}", ended.words);
    let said = format!("by --abort-if '{condition}': ");
    let reasons = ended.value("/verdict/reasons").to_string();
    assert!(reasons.contains(&said), "{reasons}");
    ended
}

#[test]
fn a_condition_ends_the_run_with_a_record_of_the_time_before() -> Result {
    let relay = Relay::start(&[])?;
    for pacing in [["--rate", "200/s"], ["--window", "4"]] {
        let ended = ended_by(&relay, "deliveries>=100 && lost==0", &pacing);
        assert_eq!(ended.status, Some(4), "{}", ended.words);
        // What was in flight has arrived.
        assert_eq!(ended.number("/ledger/expected"), ended.number("/ledger/ok"));
        assert!(ended.number("/ledger/ok") >= 100);
        let figures = ended.value("/ended_early/figures").as_str().expect("a text");
        assert!(
            figures.starts_with("deliveries = ") && figures.ends_with(", lost = 0"),
            "{figures}"
        );
        assert!(ended.number("/traffic/messages") > 0);
        assert_eq!(ended.number("/traffic/unsent"), 0);
    }
    Ok(())
}

#[test]
fn a_condition_may_have_to_hold_for_a_time() -> Result {
    let relay = Relay::start(&[])?;
    let twice = ["--abort-if", "disconnected>0", "--warm-up", "100ms"];
    let ended = ended_by(&relay, "messages>=1 for 300ms", &twice);
    assert_eq!(ended.status, Some(4), "{}", ended.words);
    let at = ended.value("/ended_early/at").as_f64().expect("a number");
    assert!(at >= 0.3, "{at}");
    Ok(())
}

#[test]
fn what_is_lost_ends_the_run_and_counts_as_wrong() -> Result {
    let relay = Relay::start(&["--drop", "1/5"])?;
    let drained = ["--rate", "100/s", "--drain-timeout", "100ms"];
    let ended = ended_by(&relay, "lost>0", &drained);
    assert_eq!(ended.status, Some(3), "wrong deliveries come first: {}", ended.words);
    assert!(ended.number("/ledger/lost") > 0);
    Ok(())
}

/// Not even a message that comes long after a later one is lost.
#[test]
fn what_is_reordered_is_not_taken_for_lost() -> Result {
    let relay = Relay::start(&["--swap", "1/3"])?;
    let options = ["--clients", "4", "--rate", "100/s", "--duration", "2s", "--abort-if", "lost>0"];
    let ended = run_at(relay.address, &options);
    assert!(ended.number("/ledger/reordered") > 0);
    assert!(ended.value("/ended_early").is_null(), "{}", ended.words);
    Ok(())
}

#[test]
fn a_condition_that_cannot_be_judged_is_refused() {
    for (options, why) in [
        (&["--abort-if", "last.p99>1s"][..], "`last.p99` is known only at the end of a run"),
        (&["--abort-if", "lost>0 for ever"], "`ever` behind `for` is no time"),
        (&["--abort-if", "lost>0 for 10s"], "can never end a run of 10s"),
        (&["--abort-if", "lost>0", "--find-max", "p99<1s"], "cannot be used with"),
    ] {
        let mut command = binaries::loadgen();
        command.args(options);
        Command::from_std(command).assert().code(2).stdout("").stderr(
            predicate::str::contains(why)
                .and(predicate::function(|words: &str| words.lines().count() == 1)),
        );
    }
}
