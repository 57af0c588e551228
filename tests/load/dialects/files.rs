//! Dialects from files: the built-in ones said so, and chats with protocols of their own.

use std::path::Path;

use assert_cmd::Command;
use chat_tests::binaries;

use super::{DELIVERIES, Peer, chats};
use crate::running::{Ended, run, run_at, server};

/// Path of a file that the load generator brings.
pub(crate) fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../chat-loadgen/dialects");
    folder.join(name).with_extension("toml").to_string_lossy().into_owned()
}

const LOAD: [&str; 5] = ["--clients", "10", "--rate", "100/s", "--total-order"];

/// Checks that two runs came to the same, by the same dialect said in two ways.
#[track_caller]
fn are_equal(built_in: &Ended, from_file: &Ended, deliveries: u64) {
    for ended in [built_in, from_file] {
        ended.is_clean(deliveries);
    }
    assert_eq!(built_in.value("/ledger"), from_file.value("/ledger"));
    assert_eq!(built_in.value("/workload"), from_file.value("/workload"));
}

#[test]
fn this_projects_dialects_are_the_same_in_a_file() {
    for dialect in ["basico", "sala", "grupal"] {
        let spawned = server(&format!("--profile {dialect} --max-rate off"));
        let load = [&LOAD[..], &["--spawn", &spawned]].concat();
        let built_in = run(&[&load[..], &["--dialect", dialect]].concat());
        let from_file = run(&[&load[..], &["--dialect-file", &file(dialect)]].concat());
        are_equal(&built_in, &from_file, DELIVERIES);
    }
}

#[test]
fn a_file_has_rooms_and_idle_clients() {
    let spawned = server("--profile grupal --max-rate off");
    let rooms = ["--rooms", "2", "--senders", "2", "--idle-clients", "10", "--spawn", &spawned];
    let load = [&LOAD[..], &rooms].concat();
    let built_in = run(&[&load[..], &["--dialect", "grupal"]].concat());
    let from_file = run(&[&load[..], &["--dialect-file", &file("grupal")]].concat());
    are_equal(&built_in, &from_file, 400);
}

#[test]
fn irc_is_the_same_in_a_file() {
    let arguments = "--nodaemon --config {config}";
    let peer = Peer("ngircd", config!("ngircd"), arguments);
    let Some(built_in) = peer.run(&["--dialect", "irc", "--total-order"]) else { return };
    let from_file = peer.run(&["--dialect-file", &file("irc"), "--total-order"]);
    are_equal(&built_in, &from_file.expect("it is installed"), DELIVERIES);
}

#[test]
fn a_chat_of_length_prefixed_messages_can_be_measured() {
    let address = chats::length();
    let file = file("length");
    let load = [&LOAD[..], &["--dialect-file", &file, "--size", "64..4000"]].concat();
    let ended = run_at(address, &load);
    ended.is_clean(DELIVERIES);
    assert_eq!(ended.value("/workload/dialect"), "length");
    let rooms = ["--rooms", "2", "--senders", "2", "--idle-clients", "3"];
    run_at(address, &[&load[..], &rooms].concat()).is_clean(400);
}

#[test]
fn a_chat_of_json_lines_can_be_measured() {
    let file = file("json");
    let load = [&LOAD[..], &["--dialect-file", &file]].concat();
    // The file says that a sender gets its own messages.
    run_at(chats::json(), &load).is_clean(DELIVERIES + 100);
}

#[test]
fn what_a_real_server_refuses_is_counted() {
    // Texts are kept as well, until there is no memory for more. A message comes as several lines.
    let dialect = r#"
        name = "keeping"
        framing = "crlf"
        longest-text = 60000
        echo = true
        hello = ["HELLO 3", "SUBSCRIBE carga"]
        message = "APPEND kept {text}\r\nPUBLISH carga {text}"
        said = "{*"
        refused = "-*"
        routine = ["", ":*", ">*", "$*", "message", "carga"]
        bye = "QUIT"
        [[steps]]
        wait = "subscribe"
        "#;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keeping.toml");
    std::fs::write(&file, dialect).expect("written");
    let config = format!("{}\nmaxmemory 3mb\nmaxmemory-policy noeviction\n", config!("redis"));
    let peer = Peer("redis-server", &config, "{config}");
    let options = ["--dialect-file", &*file.to_string_lossy(), "--size", "50000"];
    let Some(ended) = peer.run(&options) else { return };
    assert_eq!(ended.status, Some(0), "{}", ended.words);
    assert_eq!(ended.number("/ledger/ok"), DELIVERIES + 100);
    let words = ended.value("/words/refusals");
    assert!((1..100).contains(&words["count"].as_u64().unwrap_or(0)), "{words}");
    assert!(words.to_string().contains("-OOM command not allowed"), "{words}");
}

#[test]
fn an_error_in_a_file_is_bad_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("my.toml");
    std::fs::write(&file, "name = \"my\"\nmesage = \"{text}\"\n").expect("written");
    let mut command = binaries::loadgen();
    command.arg("--dialect-file").arg(&file);
    let ended = Command::from_std(command).assert().code(2);
    let words = String::from_utf8_lossy(&ended.get_output().stderr).into_owned();
    let begin = format!("chat-loadgen: {}:2: unknown field `mesage`, expected", file.display());
    assert!(words.starts_with(&begin), "{words}");
    assert!(words.ends_with("; did you mean `message`?\n"), "{words}");

    let mut command = binaries::loadgen();
    command.args(["--dialect", "irc", "--dialect-file"]).arg(&file);
    Command::from_std(command).assert().code(2);
}
