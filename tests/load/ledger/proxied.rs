//! The ledger's counts and classes against those of a proxy that damages what real servers send.

use std::collections::BTreeMap;

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::harness::stage::Stage;

use super::peers::{GRUPAL, IRC, MQTT, NATS, Peer, REDIS, SALA};
use super::{compare, compare_through, count};
use crate::doors::DOORS;
use crate::running::Ended;

/// A fault: its option, the names of it in the log, and the class in which the ledger counts it.
type Case = (&'static str, &'static [&'static str], &'static str);

/// Faults of any dialect.
const ALL: [Case; 7] = [
    ("--drop", &["drop"], "/ledger/lost"),
    ("--drop-all", &["drop", "unseen"], "/ledger/lost"),
    ("--dup", &["dup"], "/ledger/duplicated"),
    ("--swap", &["swap"], "/ledger/reordered"),
    ("--late", &["late"], "/ledger/reordered"),
    ("--corrupt", &["corrupt"], "/ledger/corrupt"),
    ("--stranger", &["stranger"], "/words/strangers/count"),
];
/// Faults of lines.
const LINES: [Case; 2] =
    [("--double", &["double"], "/ledger/duplicated"), ("--merge", &["merge"], "/ledger/merged")];
/// A fault where a sender does not hear itself.
const ECHO: [Case; 1] = [("--echo", &["echo"], "/ledger/echoed")];
/// A fault of several rooms.
const LEAK: [Case; 1] = [("--leak", &["leak"], "/ledger/foreign")];

const LOAD: [&str; 8] =
    ["--duration", "400ms", "--rate", "600/s", "--drain-timeout", "1s", "--size", "24..200"];
const ONE_ROOM: [&str; 4] = ["--clients", "8", "--senders", "2"];
const THREE_ROOMS: [&str; 6] = ["--clients", "18", "--senders", "6", "--rooms", "3"];

type Log = BTreeMap<String, u64>;

/// Runs the load through a proxy before this server; nothing if there is no such server.
fn through(peer: &Peer, faults: &[&str], load: &[&str]) -> Result<Option<(Ended, Log)>> {
    through_door(DOORS[0], peer, faults, load)
}

/// The same through a door of the proxy.
fn through_door(
    door: (&[&str], &str),
    peer: &Peer,
    faults: &[&str],
    load: &[&str],
) -> Result<Option<(Ended, Log)>> {
    let stage = Stage::new();
    let Some(server) = peer.start(&stage)? else { return Ok(None) };
    let address = server.address.to_string();
    let before = ["--upstream", &address, "--dialect", peer.dialect, "--late-by", "100ms"];
    let load = [&LOAD, load, &["--dialect", peer.dialect]].concat();
    compare_through(door, &[&before, faults].concat(), &load).map(Some)
}

/// Number of faults in the log that the ledger is to count in this class.
fn injected(cases: &[Case], log: &Log, class: &str) -> u64 {
    let names = cases.iter().filter(|case| case.2 == class).flat_map(|case| case.1);
    names.collect::<std::collections::BTreeSet<_>>().into_iter().map(|name| count(log, name)).sum()
}

/// Checks that each class holds as many as were injected, and no other holds any.
#[track_caller]
fn agree(cases: &[Case], ended: &Ended, log: &Log) {
    for class in [&ALL[..], &LINES, &ECHO, &LEAK].concat().iter().map(|case| case.2) {
        let counted = ended.record.pointer(class).and_then(serde_json::Value::as_u64);
        let counted = counted.unwrap_or(0);
        assert_eq!(counted, injected(cases, log, class), "{class}: {log:?} {}", ended.record);
    }
    for class in ["late", "cut_off", "undecided", "disconnected", "forgotten"] {
        assert_eq!(ended.number(&format!("/ledger/{class}")), 0, "{class}: {}", ended.record);
    }
    let words = ended.value("/words");
    assert!(words.get("refusals").or(words.get("garbage")).is_none(), "{words}");
}

/// Tries each fault alone, and all of them together.
fn each_and_all(peer: &Peer, cases: &[&[Case]], load: &[&str]) -> Result {
    let cases = cases.concat();
    let Some((ended, log)) = through(peer, &[], load)? else { return Ok(()) };
    agree(&[], &ended, &log);
    super::only(&ended, &[]);
    for case in &cases {
        let Some((ended, log)) = through(peer, &[case.0, "1/12"], load)? else { return Ok(()) };
        assert!(injected(&[*case], &log, case.2) > 0, "{}: {log:?}", case.0);
        agree(&[*case], &ended, &log);
    }
    let faults: Vec<_> = cases.iter().flat_map(|case| [case.0, "1/30"]).collect();
    if let Some((ended, log)) = through(peer, &faults, load)? {
        agree(&cases, &ended, &log);
    }
    Ok(())
}

#[test]
fn faults_at_once_are_told_apart_behind_the_doors_of_the_proxy() -> Result {
    let lines: &[&[Case]] = &[&ALL, &LINES, &ECHO];
    let [_, tls, ws, wss] = DOORS;
    for (door, peer, cases, load) in [
        (wss, &SALA, lines, &ONE_ROOM[..]),
        (ws, &MQTT, &[&ALL, &ECHO, &LEAK], &THREE_ROOMS),
        (ws, &NATS, &[&ALL, &ECHO, &LEAK], &THREE_ROOMS),
        (tls, &IRC, &[&ALL, &LINES, &ECHO, &LEAK], &THREE_ROOMS),
    ] {
        let cases = cases.concat();
        let faults: Vec<_> = cases.iter().flat_map(|case| [case.0, "1/30"]).collect();
        if let Some((ended, log)) = through_door(door, peer, &faults, load)? {
            agree(&cases, &ended, &log);
        }
    }
    Ok(())
}

#[test]
fn each_fault_behind_sala_is_that_fault_and_no_other() -> Result {
    each_and_all(&SALA, &[&ALL, &LINES, &ECHO], &ONE_ROOM)
}

#[test]
fn each_fault_in_rooms_of_grupal_is_that_fault_and_no_other() -> Result {
    each_and_all(&GRUPAL, &[&ALL, &LINES, &ECHO, &LEAK], &THREE_ROOMS)
}

#[test]
fn each_fault_in_channels_of_irc_is_that_fault_and_no_other() -> Result {
    each_and_all(&IRC, &[&ALL, &LINES, &ECHO, &LEAK], &THREE_ROOMS)
}

#[test]
fn each_fault_in_subjects_of_nats_is_that_fault_and_no_other() -> Result {
    each_and_all(&NATS, &[&ALL, &ECHO, &LEAK], &THREE_ROOMS)
}

#[test]
fn each_fault_in_channels_of_redis_is_that_fault_and_no_other() -> Result {
    each_and_all(&REDIS, &[&ALL, &LEAK], &THREE_ROOMS)
}

#[test]
fn each_fault_in_topics_of_mqtt_is_that_fault_and_no_other() -> Result {
    each_and_all(&MQTT, &[&ALL, &ECHO, &LEAK], &THREE_ROOMS)
}

#[test]
fn losses_in_rooms_are_found_though_clients_leave() -> Result {
    let load = ["--clients", "36", "--senders", "6", "--rooms", "3", "--churn", "6/s"];
    let load = [&load[..], &["--duration", "2s"]].concat();
    let faults = ["--drop-all", "1/7", "--dup", "1/9", "--echo", "1/9", "--leak", "1/9"];
    let Some((ended, log)) = through(&GRUPAL, &faults, &load)? else { return Ok(()) };
    let (certain, unseen) = (count(&log, "drop"), count(&log, "unseen"));
    let lost = ended.number("/ledger/lost");
    assert!(certain > 500 && unseen < certain / 10, "{log:?}");
    assert!((certain..=certain + unseen).contains(&lost), "{lost}, {log:?}");
    for (class, name) in [("duplicated", "dup"), ("echoed", "echo"), ("foreign", "leak")] {
        assert!(count(&log, name) > 0, "{log:?}");
        assert_eq!(ended.number(&format!("/ledger/{class}")), count(&log, name), "{class}");
    }
    Ok(())
}

#[test]
fn a_cut_of_one_receiver_is_that_whichever_the_server() -> Result {
    // Connected one after another, the third only listens.
    let load = [&ONE_ROOM[..], &["--connect-concurrency", "1"]].concat();
    for peer in [&SALA, &GRUPAL, &IRC, &NATS, &REDIS, &MQTT] {
        let faults = ["--cut", "2", "--cut-after", "150ms"];
        let Some((ended, log)) = through(peer, &faults, &load)? else { continue };
        let cut = count(&log, "cut");
        assert!(cut > 20, "{}: {log:?}", peer.dialect);
        assert_eq!(ended.number("/ledger/cut_off"), cut, "{}", ended.value("/ledger"));
        assert_eq!(ended.number("/ledger/disconnected"), 1);
        super::only(&ended, &["disconnected"]);
    }
    Ok(())
}

#[test]
fn a_slow_path_to_one_receiver_shows_in_its_times_and_is_no_fault() -> Result {
    let load = [&ONE_ROOM[..], &["--connect-concurrency", "1"]].concat();
    let delay = ["--delay-one", "2", "--delay-by", "80ms"];
    let nanoseconds = 80_000_000;
    let slow_is_first = |ended: &Ended| {
        super::only(ended, &[]);
        assert_eq!(ended.value("/worst/0/name"), "c-2", "{}", ended.value("/worst"));
        let mean = ended.value("/worst/0/mean").as_f64().unwrap_or_default();
        assert!(mean >= f64::from(nanoseconds), "{}", ended.value("/worst"));
    };
    slow_is_first(&compare(&delay, &[&LOAD[..], &load].concat())?.0);
    for peer in [&GRUPAL, &MQTT] {
        if let Some((ended, _)) = through(peer, &delay, &load)? {
            slow_is_first(&ended);
        }
    }
    Ok(())
}

#[test]
fn a_fault_that_makes_no_sense_in_a_dialect_is_refused() {
    for (dialect, fault, why) in [
        (
            "nats",
            "--merge",
            "--merge makes no sense with --dialect nats: its messages are no lines",
        ),
        ("mqtt", "--double", "its messages are no lines"),
        ("redis", "--echo", "it echoes each message anyway"),
        ("sala", "--leak", "it has no rooms"),
    ] {
        let mut relay = binaries::loadgen();
        relay.args(["relay", "--bind", "127.0.0.1:0", "--upstream", "127.0.0.1:9"]);
        let output = relay.args(["--dialect", dialect, fault, "1/9"]).output().expect("it starts");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && words.contains(why), "{words}");
    }
}
