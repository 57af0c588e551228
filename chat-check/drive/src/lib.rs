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
