//! Tests of the other chapters, run again with peers that are WebSocket clients.

use std::env;
use std::process::Command;

use chat_tests::harness::door::VARIABLE;

/// The tests that hold through every door. Not among them are those of the listener for lines itself, of the real
/// client, of what separates lines where there are no frames (2.6), and of bytes that are no whole message.
const TESTS: &[&str] =
    &["c2_broadcast::r2_1_every_message_reaches_every_other_client_exactly_once"];

#[test]
fn r10_7_what_holds_for_lines_holds_through_a_websocket() {
    let program = env::current_exe().expect("the path of this program");
    let mut run = Command::new(program);
    let run = run.arg("--exact").args(TESTS).env(VARIABLE, "websocket").output().expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    let all = format!("{} passed; 0 failed", TESTS.len());
    assert!(run.status.success() && out.contains(&all), "{out}{err}");
}
