//! Test harness of this project's own end-to-end tests.
//!
//! A [`Stage`](stage::Stage) belongs to one test. It starts programs, whose output is read line by
//! line; programs on terminals, with the screen that a user sees; and raw TCP peers that do exactly
//! what the test says. The output of all of them is recorded in one
//! [`Transcript`](chat_drive::transcript::Transcript). Every
//! [`Failure`](chat_drive::failure::Failure) shows the whole transcript.
//!
//! Every wait is for an event, with a timeout; nothing sleeps. A program is killed with its whole
//! process group when it is dropped, or when the harness itself is killed.
//!
//! The grader has a fixture of its own, the scene: it speaks a dialect, and tolerates unknown
//! programs.
//!
//! ```no_run
//! # use std::process::Command;
//! # use chat_tests::harness::stage::Stage;
//! # fn main() -> chat_drive::failure::Result {
//! let stage = Stage::new();
//! let mut server = stage.start("server", Command::new("chat-server"))?;
//! server.out.wait_for("esperando clientes...")?;
//! let mut ana = stage.connect("ana", "127.0.0.1:12345".parse().unwrap())?;
//! ana.expect("bienvenido al chat! escribe 'salir' para salir")?;
//! # Ok(())
//! # }
//! ```

pub mod broker;
pub mod door;
pub mod forwarder;
pub mod lines;
pub mod peer;
pub mod program;
pub mod stage;
