//! The grader, over our own server and client: in every profile nothing fails.
#![cfg(target_os = "linux")]

use std::fmt::Write;
use std::process::Command;

use chat_check::grade::result::{Outcome, Part, Report};
use chat_check::verdict::Verdict;
use chat_tests::binaries;

/// Runs `chat-check` with these arguments, and returns its report and its exit status.
fn report(arguments: &[&str]) -> (Report, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.json");
    let mut check = binaries::check();
    let ended = check.args(arguments).arg("--json").arg(&file).output().expect("chat-check");
    let said = String::from_utf8_lossy(&ended.stderr);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("no report: {e}: {said}"));
    (serde_json::from_str(&text).expect("a report"), ended.status.code())
}

/// How a program is started, as one would type it.
fn line(command: &Command, arguments: &str) -> String {
    let program = command.get_program().to_str().expect("a path of text");
    format!("'{program}' {arguments}")
}

/// What is not as it should be, with all that was seen.
fn faults(part: &Part) -> String {
    let mut faults = String::new();
    let _ = part.not_started.iter().try_for_each(|why| writeln!(faults, "{why:#?}"));
    let right = |outcome: &&Outcome| matches!(outcome.verdict, Verdict::Pass | Verdict::Untestable);
    for outcome in part.results.iter().filter(|outcome| !right(outcome)) {
        let _ = writeln!(faults, "{}: {:?}, {:?}", outcome.id, outcome.verdict, outcome.reason);
        for entry in outcome.evidence.iter().flat_map(|evidence| &evidence.conversation) {
            let _ = writeln!(faults, "{entry}");
        }
    }
    faults
}

/// Everything holds, to the letter, and something was looked at.
fn assert_right((report, status): &(Report, Option<i32>)) {
    let faults: String = report.parts.iter().map(faults).collect();
    assert!(faults.is_empty(), "{faults}");
    assert_eq!(*status, Some(0));
    for part in &report.parts {
        let passed = part.results.iter().filter(|outcome| outcome.verdict == Verdict::Pass).count();
        assert!(passed > 10, "{passed} passed");
    }
}

fn server_is_right(profile: &str) {
    let command = line(&binaries::server(), &format!("--profile {profile} --idle-timeout 2s"));
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

/// One submission: what the server asks its clients for, the client was made for.
#[test]
fn our_server_and_client_are_right_together() {
    let server = line(&binaries::server(), "--profile sala");
    let client = line(&binaries::client(), "--profile sala --name ana");
    let judged = report(&["both", "--server", &server, "--client", &client]);
    assert_right(&judged);
    let marks = judged.0.marks.expect("marks for both");
    assert!((marks.points - marks.of).abs() < f64::EPSILON, "{marks:#?}");
}
