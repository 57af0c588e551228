//! The harness of this project's own end-to-end tests.
//!
//! A [`Stage`](stage::Stage) is where one test plays. On it stand programs, started and watched
//! line by line; programs on terminals, of which one sees the screen; and raw TCP peers that do
//! just what they are told. Everything that any of them says is written into one
//! [`Transcript`](chat_drive::transcript::Transcript), which every
//! [`Failure`](chat_drive::failure::Failure) shows whole.
//!
//! Whatever waits, waits for an event and at most for the stage's patience; nothing sleeps. What
//! was started is killed with its whole process group when it is dropped, or when the harness is
//! killed itself.
//!
//! The grader has a fixture of its own, the scene: it speaks a dialect, and puts up with
//! whatever strangers' programs do.
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

pub mod lines;
pub mod peer;
pub mod program;
pub mod stage;
