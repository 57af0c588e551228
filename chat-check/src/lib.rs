//! The harness: drives any chat as a black box.
//!
//! A [`Stage`](stage::Stage) is where one test plays. On it stand programs, started and watched
//! line by line; programs on terminals, of which one sees the screen; and raw TCP peers that do
//! just what they are told. Everything that any of them says is written into one
//! [`Transcript`](transcript::Transcript), which every [`Failure`](failure::Failure) shows whole.
//!
//! Whatever waits, waits for an event and at most for the stage's patience; nothing sleeps. What
//! was started is killed with its whole process group when it is dropped, or when the harness is
//! killed itself.
//!
//! ```no_run
//! # use std::process::Command;
//! # use chat_check::stage::Stage;
//! # fn main() -> chat_check::failure::Result {
//! let stage = Stage::new();
//! let mut server = stage.start("server", Command::new("chat-server"))?;
//! server.out.wait_for("esperando clientes...")?;
//! let mut ana = stage.connect("ana", "127.0.0.1:12345".parse().unwrap())?;
//! ana.expect("bienvenido al chat! escribe 'salir' para salir")?;
//! # Ok(())
//! # }
//! ```

pub mod app;
pub mod batch;
pub mod catalogue;
pub mod cli;
mod client;
#[cfg_attr(target_os = "linux", path = "containment/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "containment/elsewhere.rs")]
mod containment;
mod copy;
pub mod coverage;
pub mod dialect;
mod discovery;
pub mod examination;
pub mod failure;
mod guard;
mod home;
pub mod inbox;
pub mod intake;
pub mod isolation;
pub mod keeper;
mod keys;
pub mod listing;
pub mod order;
pub mod peer;
mod port;
#[cfg_attr(not(target_os = "linux"), path = "process/unseen.rs")]
pub mod process;
pub mod program;
pub mod report;
pub mod requirement;
mod role;
pub mod rubric;
pub mod running;
pub mod scene;
pub mod select;
mod server;
pub mod sockets;
pub mod stage;
pub mod subject;
pub mod terminal;
pub mod terms;
pub mod text;
pub mod transcript;
pub mod verdict;
pub mod voice;
