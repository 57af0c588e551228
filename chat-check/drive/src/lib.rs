//! Driving programs as black boxes: child processes, pseudo-terminals, TCP peers, captured output,
//! and a transcript of all that is said.

pub mod captured;
pub mod child;
pub mod failure;
pub mod keys;
pub mod peer;
pub mod port;
#[cfg_attr(not(target_os = "linux"), path = "process/unseen.rs")]
pub mod process;
pub mod pty;
pub mod role;
pub mod sockets;
pub mod terminal;
pub mod transcript;

use std::fmt::Display;
use std::io::{self, Write};
use std::thread;

/// Says that the test that runs on this thread skips itself, and why: `ci/test` counts such lines.
///
/// Written past the test harness, which would keep the line of a test that passes.
pub fn skip(why: impl Display) {
    let thread = thread::current();
    let name = thread.name().unwrap_or("a test");
    // A closed standard error is no reason to fail.
    let _ = writeln!(io::stderr(), "test skipped: {name}: {why}");
}
