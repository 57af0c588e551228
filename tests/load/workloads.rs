//! Kinds of simulated clients.

use std::fs;
use std::time::Duration;

use chat_drive::failure::Result;

use crate::delaying::delaying;
use crate::running::{Relay, load, run, run_at, server};

/// Deliveries in one second at 100/s among ten clients: each message reaches nine.
const DELIVERIES: u64 = 900;

#[test]
fn this_projects_profiles_deliver_everything_once_and_in_order() {
    for dialect in ["basico", "sala", "grupal"] {
        let spawned = server(&format!("--profile {dialect} --max-rate off"));
        let ended = run(&[
            "--dialect",
            dialect,
            "--spawn",
            &spawned,
            "--clients",
            "10",
            "--rate",
            "100/s",
            "--total-order",
        ]);
        ended.is_clean(DELIVERIES);
        assert_eq!(ended.number("/ledger/disorder"), 0);
    }
}

#[test]
fn an_open_loop_sends_exactly_what_the_schedule_says() -> Result {
    let relay = Relay::start(&[])?;
    for (rate, arrivals, messages) in [
        ("200/s", "even", 200),
        ("200/s", "burst:50", 200),
        ("100:300/s", "even", 200),
        ("100,200,300/s", "even", 200),
    ] {
        let options = ["--clients", "3", "--rate", rate, "--arrivals", arrivals];
        let ended = run_at(relay.address, &options);
        assert_eq!(ended.number("/traffic/messages"), messages, "{rate} {arrivals}");
        ended.is_clean(2 * messages);
    }
    let poisson = |seed| {
        let options =
            ["--clients", "3", "--rate", "200/s", "--arrivals", "poisson", "--seed", seed];
        run_at(relay.address, &options).number("/traffic/messages")
    };
    assert_eq!(poisson("7"), poisson("7"));
    Ok(())
}

#[test]
fn response_is_lag_and_service() -> Result {
    let relay = Relay::start(&[])?;
    let ended = run_at(relay.address, &["--clients", "20", "--rate", "300/s"]);
    let mean = |of: &str| ended.value(&format!("/latency/{of}/mean")).as_f64().expect("a number");
    let sum = mean("lag") + mean("service");
    // The earliest of three hundred messages cannot have been late by much.
    assert!(ended.number("/generator/pacing/min") < 10_000_000, "{}", ended.value("/generator"));
    // The histograms keep three digits.
    assert!((mean("response") - sum).abs() < sum * 0.002, "{}", ended.value("/latency"));
    for each in ["response", "service", "lag"] {
        assert_eq!(ended.number(&format!("/latency/{each}/count")), 300 * 19);
    }
    for each in ["first", "last", "spread"] {
        assert_eq!(ended.number(&format!("/latency/{each}/count")), 300);
    }
    Ok(())
}

#[test]
fn a_closed_loop_is_never_ahead_of_the_slowest_receiver() -> Result {
    let relay = Relay::start(&[])?;
    let ended = run_at(relay.address, &["--clients", "5", "--senders", "2", "--window", "3"]);
    assert_eq!(ended.status, Some(0), "{}", ended.words);
    let messages = ended.number("/ledger/expected") / 4;
    assert!(messages > 10, "{messages}");
    assert_eq!(ended.number("/ledger/ok"), 4 * messages);
    Ok(())
}

#[test]
fn sizes_may_be_distributed() -> Result {
    let relay = Relay::start(&[])?;
    for size in ["24", "32..4000", "64:9,1024:1"] {
        run_at(relay.address, &["--clients", "10", "--rate", "100/s", "--size", size])
            .is_clean(DELIVERIES);
    }
    Ok(())
}

#[test]
fn rooms_keep_to_themselves() {
    let spawned = server("--profile grupal --max-rate off");
    let ended = run(&[
        "--dialect",
        "grupal",
        "--spawn",
        &spawned,
        "--clients",
        "20",
        "--senders",
        "4",
        "--rooms",
        "4",
        "--rate",
        "100/s",
    ]);
    // Each message reaches the four others of its room.
    ended.is_clean(400);
}

#[test]
fn idle_clients_are_connected_and_get_nothing() {
    let spawned = server("--profile grupal --max-rate off");
    let ended = run(&[
        "--dialect",
        "grupal",
        "--spawn",
        &spawned,
        "--clients",
        "10",
        "--idle-clients",
        "30",
        "--rate",
        "100/s",
    ]);
    ended.is_clean(DELIVERIES);
    assert_eq!(ended.number("/traffic/connected"), 10);
}

#[test]
fn who_leaves_and_comes_back_is_due_what_is_said_meanwhile_and_no_more() {
    for dialect in ["basico", "grupal"] {
        let spawned = server(&format!("--profile {dialect} --max-rate off"));
        let ended = run(&[
            "--dialect",
            dialect,
            "--spawn",
            &spawned,
            "--clients",
            "20",
            "--senders",
            "2",
            "--churn",
            "4/s",
            "--rate",
            "500/s",
            "--duration",
            "3s",
        ]);
        ended.has_nothing_wrong();
        let expected = ended.number("/ledger/expected");
        // The twelve that stay get everything, the eight others a part of it.
        assert!(expected > 1500 * 11 && expected < 1500 * 19, "{expected}");
        assert_eq!(ended.number("/ledger/disconnected"), 0);
    }
}

#[test]
fn what_is_under_way_to_those_who_came_back_is_waited_for() {
    let late = |id| vec![Duration::from_millis(if id < 20 { 0 } else { 300 })];
    let address = delaying(late);
    let ended = run_at(
        address,
        &[
            "--clients",
            "20",
            "--senders",
            "2",
            "--churn",
            "4/s",
            "--rate",
            "50/s",
            "--duration",
            "2s",
        ],
    );
    ended.has_nothing_wrong();
}

#[test]
fn slow_readers_are_not_due_anything_and_their_effect_is_shown() {
    let ended =
        run(&["--spawn", &server(""), "--clients", "20", "--slow-readers", "5", "--rate", "200/s"]);
    ended.is_clean(200 * 14);
    assert_eq!(ended.number("/without_slow_readers/response/count"), 200 * 19);
    assert!(ended.words.contains("without"), "{}", ended.words);
    let fates = ended.value("/slow_readers").as_array().expect("a list");
    assert_eq!(fates.len(), 5);
    let stayed = |fate: &serde_json::Value| fate["cut_off"] == false && fate["behind"] == 200;
    assert!(fates.iter().all(stayed), "{fates:?}");
}

#[test]
fn slow_readers_whose_connection_the_server_closes_are_named() {
    // What the small buffers of the server take is soon full.
    let spawned = server("--slow-reader close");
    let load = ["--clients", "8", "--senders", "2", "--slow-readers", "2", "--rate", "2000/s"];
    let more = ["--size", "4000", "--duration", "2s", "--spawn", &spawned];
    let ended = run(&[&load[..], &more].concat());
    let fates = ended.value("/slow_readers").as_array().expect("a list");
    assert_eq!(fates.len(), 2);
    let gone = |fate: &serde_json::Value| {
        let behind = fate["behind"].as_u64().is_some_and(|behind| (10..4000).contains(&behind));
        fate["cut_off"] == true && behind && fate["at"].is_i64()
    };
    assert!(fates.iter().all(gone), "{fates:?}\n{}", ended.words);
    assert_eq!(ended.number("/ledger/disconnected"), 0);
}

#[test]
fn fewer_clients_than_asked_for_are_a_failure_unless_allowed() {
    let spawned = server("--max-clients 5");
    let options = ["--clients", "8", "--senders", "2", "--rate", "100/s", "--spawn", &spawned];
    let refused = load(&options).output().expect("it starts");
    assert_eq!(refused.status.code(), Some(1));
    let ended = run(&[&options[..], &["--allow-partial"]].concat());
    assert!(ended.words.contains("of 8 clients"), "{}", ended.words);
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_server_uses_is_shown() {
    let ended = run(&["--spawn", &server(""), "--clients", "50", "--window", "16"]);
    let cost = ended.value("/server/cpu_per_delivery").as_f64().expect("a number");
    assert!(cost > 1.0 && cost < 1e6, "{cost} ns");
    assert!(ended.number("/server/memory") > 1_000_000);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let mut command = chat_tests::binaries::loadgen();
    command.args(["--clients", "200", "--rate", "500/s", "--duration", "10s", "--dry-run"]);
    let output = command.output().expect("it starts");
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{words}");
    assert!(words.contains("5,000 messages, 995,000 deliveries"), "{words}");
}

#[test]
fn without_verify_the_ledger_says_that_deliveries_were_not_judged() -> Result {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    let relay = Relay::start(&["--drop", "1/5"])?;
    let load = ["--clients", "4", "--rate", "100/s", "--verify", "off", "--drain-timeout", "200ms"];
    let load = [&load[..], &["--html", page.to_str().expect("a path")]].concat();
    let ended = run_at(relay.address, &load);
    assert_eq!(ended.value("/ledger/state"), "not judged");
    for count in ["expected", "ok", "lost", "undecided"] {
        assert_eq!(ended.number(&format!("/ledger/{count}")), 0, "{}", ended.value("/ledger"));
    }
    assert!(ended.words.contains("deliveries are not judged (--verify off)"), "{}", ended.words);
    assert!(!ended.words.contains(" ok + "), "{}", ended.words);
    let page = fs::read_to_string(page).expect("a page");
    assert!(page.contains("deliveries are not judged") && !page.contains("was right"), "{page}");
    Ok(())
}

#[test]
fn a_rate_beyond_all_machines_ends_with_its_window() -> Result {
    let relay = Relay::start(&[])?;
    let load = ["--clients", "2", "--senders", "1", "--rate", "10000000/s", "--threads", "64"];
    // Short, so that it takes little from other tests; to send all of it would take the whole drain.
    let times = ["--duration", "300ms", "--drain-timeout", "10s"];
    let ended = run_at(relay.address, &[&load[..], &times].concat());
    let sent = ended.number("/traffic/messages") + ended.number("/traffic/unsent");
    assert_eq!(sent + ended.number("/generator/missed"), 3_000_000);
    let intervals = ended.value("/intervals").as_array().expect("a list");
    let starts = intervals.iter().map(|interval| interval["start"].as_f64().expect("a number"));
    let last = starts.fold(0.0, f64::max);
    assert!(last < 8.0, "something came in the second from {last} s on");
    Ok(())
}
