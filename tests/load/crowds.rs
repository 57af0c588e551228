//! Crowds: those that are timed and those that read later, source addresses, and visitors.

use chat_drive::failure::Result;
use chat_tests::binaries;
use serde_json::Value;

use crate::running::{Relay, run_at};

#[test]
fn those_that_read_later_are_judged_and_counted_and_not_timed() -> Result {
    let relay = Relay::start(&[])?;
    let crowd = ["--clients", "20", "--senders", "2", "--rate", "50/s"];
    let timed = ["--timed", "5", "--others-after", "100ms"];
    let ended = run_at(relay.address, &[&crowd[..], &timed].concat());
    ended.is_clean(50 * 19);
    assert_eq!(ended.number("/traffic/deliveries"), 50 * 19);
    assert_eq!(ended.number("/workload/untimed"), 13);
    // Five listeners, and the other sender.
    assert_eq!(ended.number("/latency/response/count"), 50 * 6);
    assert_eq!(ended.number("/latency/last/count"), 50);
    Ok(())
}

#[test]
fn what_those_that_read_later_do_not_get_is_lost() -> Result {
    let relay = Relay::start(&["--drop", "1/1"])?;
    let crowd = ["--clients", "20", "--senders", "1", "--rate", "50/s", "--timed", "1"];
    let ended = run_at(
        relay.address,
        &[&crowd[..], &["--drain-timeout", "300ms", "--others-after", "100ms"]].concat(),
    );
    ended.closes();
    assert_eq!((ended.number("/ledger/lost"), ended.status), (50 * 19, Some(3)));
    Ok(())
}

#[test]
fn timed_clients_go_neither_with_a_closed_loop_nor_with_others_that_read_after_the_end() {
    for options in [["--window", "3"], ["--others-after", "5s"]] {
        let mut generator = binaries::loadgen();
        let output = generator.args(["--timed", "5", "--dry-run"]).args(options).output();
        assert_eq!(output.expect("it starts").status.code(), Some(2), "{options:?}");
    }
}

#[test]
fn connections_come_from_the_addresses_that_are_given() -> Result {
    let relay = Relay::start(&[])?;
    let ended = run_at(relay.address, &["--clients", "4", "--rate", "20/s", "--from", "127.0.0.1"]);
    ended.is_clean(20 * 3);
    assert!(ended.value("/worst").as_array().is_some_and(|worst| {
        worst.iter().all(|it| it["address"].as_str().is_some_and(|at| at.starts_with("127.0.0.1")))
    }));
    Ok(())
}

#[test]
fn a_visit_is_over_when_the_server_has_let_the_visitor_out() -> Result {
    let relay = Relay::start(&[])?;
    let output = binaries::loadgen()
        .args(["visit", "--server", &relay.address.to_string(), "--rate", "200/s"])
        .args(["--duration", "500ms", "--timeout", "20s"])
        .output()
        .expect("it starts");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((found["due"].as_u64(), found["done"].as_u64()), (Some(100), Some(100)), "{found}");
    assert_eq!(found["took"]["count"], 100);
    Ok(())
}
