//! Nodes that are started for a run, and their faults. Here a node is a relay, and its broker is this project's
//! server: what a client says to one node comes to those at the others, and a session goes on at each.

use chat_tests::binaries;

use crate::running::{Ended, load, run, server};

/// The command of a node.
fn node(dialect: &str) -> String {
    let relay = binaries::loadgen();
    let program = relay.get_program().to_string_lossy().into_owned();
    format!("{program} relay --bind 127.0.0.1:{{port}} --upstream {{broker}} --dialect {dialect}")
}

/// A run over three nodes, with these faults.
#[track_caller]
fn run_over_nodes(dialect: &str, broker: &str, faults: &[&str]) -> Ended {
    let (node, broker) = (node(dialect), server(broker));
    let nodes = ["--spawn", &node, "--spawn-nodes", "3", "--spawn-broker", &broker];
    let load = ["--clients", "12", "--rate", "200/s", "--senders", "6", "--drain-timeout", "20s"];
    run(&[&nodes, &load[..], &["--dialect", dialect], faults].concat())
}

/// Checks that all that was said was heard, and that no client was lost.
#[track_caller]
fn loses_nothing(ended: &Ended) {
    let ledger = ended.value("/ledger");
    for fault in ["lost", "duplicated", "reordered", "corrupt", "disorder", "late"] {
        assert_eq!(ended.number(&format!("/ledger/{fault}")), 0, "{fault}: {ledger}");
    }
    assert_eq!(ended.number("/ledger/ok"), ended.number("/ledger/expected"), "{ledger}");
}

const GRUPAL: &str = "--profile grupal --max-rate off";

#[cfg(unix)]
#[test]
fn clients_of_a_node_that_is_killed_go_on_at_another_and_miss_nothing() {
    let ended = run_over_nodes("grupal", GRUPAL, &["--kill-node", "500ms", "--duration", "4s"]);
    loses_nothing(&ended);
    assert_eq!(ended.status, Some(0), "{}", ended.words);
    assert!(ended.number("/nodes/kills") > 0, "{}", ended.value("/nodes"));
    assert!(ended.number("/seam/resumed") >= 4, "{}", ended.value("/seam"));
    // They do not wait for their own.
    let [own, other] = [0, 1].map(|at| ended.number(&format!("/addresses/{at}/deliveries")));
    assert!(own < other / 4, "{own} {other}");
    assert!(ended.words.contains("a node killed every 0.5 s"), "{}", ended.words);
}

#[cfg(unix)]
#[test]
fn clients_without_sessions_stay_away_from_a_node_that_is_killed_and_nothing_counts_as_lost() {
    let faults = ["--kill-node", "500ms", "--duration", "3s"];
    let ended = run_over_nodes("sala", "--profile sala", &faults);
    let ledger = ended.value("/ledger");
    assert_eq!(ended.status, Some(0), "{}", ended.words);
    assert_eq!(ended.number("/nodes/kills"), 1, "{}", ended.value("/nodes"));
    assert_eq!(ended.number("/ledger/lost"), 0, "{ledger}");
    // What is due to those four clients is cut off.
    assert!(ended.number("/ledger/cut_off") > 0, "{ledger}");
    assert_eq!(ended.number("/ledger/disconnected"), 0, "{ledger}");
    assert!(ended.value("/seam").is_null());
}

#[test]
fn what_waits_while_a_node_is_cut_off_from_its_broker_comes_later() {
    let ended = run_over_nodes("grupal", GRUPAL, &["--cut-node", "1s", "--duration", "2s"]);
    loses_nothing(&ended);
    assert_eq!(ended.status, Some(0), "{}", ended.words);
    assert_eq!(ended.number("/nodes/cuts"), 1);
    assert_eq!(ended.number("/ledger/disconnected"), 0);
    // A message that is sent when the link is cut waits until it is whole.
    assert!(ended.number("/latency/response/max") > 500_000_000, "{}", ended.value("/latency"));
}

#[cfg(unix)]
#[test]
fn a_broker_that_is_killed_begins_again_with_its_store_and_its_port() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("chat.db");
    let broker = format!("{GRUPAL} --store {} --durability commit", store.display());
    // The only sender comes back as well, though it hears nobody.
    let faults = ["--kill-broker", "--duration", "2s", "--senders", "1"];
    let ended = run_over_nodes("grupal", &broker, &faults);
    loses_nothing(&ended);
    assert_eq!(ended.number("/traffic/unsent"), 0, "{}", ended.words);
    assert_eq!(ended.number("/nodes/broker_kills"), 1);
    assert!(ended.number("/seam/resumed") > 0, "{}", ended.value("/seam"));
    assert_eq!(ended.number("/seam/accepted_lost"), 0, "{}", ended.value("/seam"));
}

#[cfg(target_os = "linux")]
#[test]
fn nodes_and_broker_end_with_the_run_also_when_it_is_interrupted() -> chat_drive::failure::Result {
    use std::path::Path;
    use std::time::{Duration, Instant};
    use std::{fs, thread};

    use chat_tests::harness::stage::Stage;

    const SIGINT: i32 = 2;

    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("processes");
    let noted =
        |command: &str| format!("sh -c 'echo $$ {{node}} >>{}; exec {command}'", list.display());
    let (node, broker) = (noted(&node("sala")), noted(&server("--profile sala")));
    let nodes = ["--spawn", &node, "--spawn-nodes", "2", "--spawn-broker", &broker];
    let options =
        ["--dialect", "sala", "--clients", "6", "--duration", "1h", "--kill-node", "300ms"];
    let stage = Stage::new();
    let mut run = stage.start("generator", load(&[&nodes[..], &options].concat()))?;
    let processes = || {
        let listed = fs::read_to_string(&list).unwrap_or_default();
        listed.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    // The broker, two nodes, and each of these once more.
    let deadline = Instant::now() + Duration::from_mins(1);
    while processes().len() < 5 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    run.signal(SIGINT)?;
    run.expect_exit(130)?;
    let processes = processes();
    let (ids, nodes): (Vec<_>, Vec<_>) =
        processes.iter().filter_map(|process| process.split_once(' ')).unzip();
    assert_eq!(nodes.get(3..5), Some(&["1", "2"][..]), "one after the other: {processes:?}");
    let is_there = |id: &&str| Path::new("/proc").join(id).exists();
    assert_eq!(ids.into_iter().find(is_there), None, "{processes:?}");
    Ok(())
}

#[test]
fn nodes_that_could_not_be_told_apart_or_find_no_broker_are_refused() {
    let refused = |options: &[&str], reason: &str| {
        let output =
            load(&[&["--spawn-nodes", "2"], options].concat()).output().expect("it starts");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && words.contains(reason), "{options:?}: {words}");
    };
    let with_broker = ["--spawn", "x {port} {broker}", "--spawn-broker", "y {port}"];
    refused(&["--spawn", "x"], "the command of --spawn lacks {port}");
    refused(
        &["--spawn", "x {port}", "--spawn-broker", "y"],
        "the command of --spawn lacks {broker}",
    );
    refused(
        &[&with_broker[..], &["--cut-node", "1s"]].concat(),
        "--cut-node takes longer than the run",
    );
    refused(&["--spawn", "x {port}", "--cut-node", "500ms"], "--spawn-broker <COMMAND>");
    refused(&["--spawn", "x {port}", "--kill-every", "1s"], "cannot be used with");
    refused(&["--kill-node", "1s"], "--spawn <COMMAND>");
}
