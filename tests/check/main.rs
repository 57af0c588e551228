//! The grader, applied to this project's server and client: no requirement fails in any profile.
#![cfg(target_os = "linux")]

use std::fmt::Write;
use std::process::Command;

use chat_tests::binaries;
use serde_json::Value;

/// Runs `chat-check` with these arguments, and returns its report and its exit status.
fn report(arguments: &[&str]) -> (Value, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.json");
    let mut check = binaries::check();
    let ended = check.args(arguments).arg("--json").arg(&file).output().expect("chat-check");
    let said = String::from_utf8_lossy(&ended.stderr);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("no report: {e}: {said}"));
    (serde_json::from_str(&text).expect("a report"), ended.status.code())
}

/// The command line of a program, as a user would type it.
fn line(command: &Command, arguments: &str) -> String {
    let program = command.get_program().to_str().expect("a path of text");
    format!("'{program}' {arguments}")
}

/// The entries of a list in a report.
fn entries<'a>(value: &'a Value, list: &str) -> &'a [Value] {
    value[list].as_array().map_or(&[], Vec::as_slice)
}

/// The failed requirements of a part, with the recorded evidence.
fn faults(part: &Value) -> String {
    let mut faults = String::new();
    if !part["not_started"].is_null() {
        let _ = writeln!(faults, "{:#}", part["not_started"]);
    }
    let right =
        |outcome: &&Value| matches!(outcome["verdict"].as_str(), Some("pass" | "untestable"));
    for outcome in entries(part, "results").iter().filter(|outcome| !right(outcome)) {
        let _ =
            writeln!(faults, "{}: {}, {}", outcome["id"], outcome["verdict"], outcome["reason"]);
        for entry in entries(&outcome["evidence"], "conversation") {
            let _ = writeln!(faults, "{} ms {} {}", entry["after"], entry["who"], entry["what"]);
        }
    }
    faults
}

/// Checks that every requirement of the report passes exactly, and that enough were tested.
fn assert_right((report, status): &(Value, Option<i32>)) {
    let parts = entries(report, "parts");
    let faults: String = parts.iter().map(faults).collect();
    assert!(faults.is_empty(), "{faults}");
    assert!(*status == Some(0) && !parts.is_empty(), "{status:?}");
    for part in parts {
        let holds = |outcome: &&Value| outcome["verdict"] == "pass";
        let passed = entries(part, "results").iter().filter(holds).count();
        assert!(passed > 10, "{passed} passed");
    }
}

fn server_is_right(profile: &str) {
    server_is_right_with(profile, "");
}

fn server_is_right_with(profile: &str, options: &str) {
    let options = format!("--profile {profile} --idle-timeout 2s {options}");
    let command = line(&binaries::server(), &options);
    assert_right(&report(&["server", &command, "--profile", profile, "--idle", "2s"]));
}

fn client_is_right(profile: &str, options: &str) {
    let command = line(&binaries::client(), &format!("--profile {profile} {options}"));
    assert_right(&report(&["client", &command, "--profile", profile]));
}

#[test]
fn our_server_is_right_in_basico() {
    server_is_right("basico");
}

#[test]
fn our_server_is_right_in_sala() {
    server_is_right("sala");
}

#[test]
fn our_server_is_right_in_practico() {
    server_is_right("practico");
}

#[test]
fn our_server_is_right_in_grupal() {
    server_is_right("grupal");
}

#[test]
fn our_server_is_right_in_english() {
    server_is_right_with("grupal", "--lang en");
}

#[test]
fn our_client_is_right_in_english() {
    client_is_right("sala", "--name ana --lang en");
}

#[test]
fn our_client_is_right_in_basico() {
    client_is_right("basico", "");
}

#[test]
fn our_client_is_right_in_sala() {
    client_is_right("sala", "--name ana");
}

#[test]
fn our_client_is_right_in_practico() {
    client_is_right("practico", "--name ana");
}

#[test]
fn our_client_is_right_in_grupal() {
    client_is_right("grupal", "--name ana");
}

/// A pair in one submission: the client knows the keyword with which the server asks for a name.
#[test]
fn our_server_and_client_are_right_together() {
    let server = line(&binaries::server(), "--profile sala");
    let client = line(&binaries::client(), "--profile sala --name ana");
    let judged = report(&["both", "--server", &server, "--client", &client]);
    assert_right(&judged);
    let marks = &judged.0["marks"];
    let points = marks["points"].as_f64().expect("marks for both");
    let of = marks["of"].as_f64().expect("marks for both");
    assert!((points - of).abs() < f64::EPSILON, "{marks:#}");
}
