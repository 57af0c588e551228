//! Driving programs as black boxes: processes, TCP sockets, and a transcript of all that is said.

pub mod captured;
pub mod failure;
pub mod guard;
pub mod keys;
pub mod port;
#[cfg_attr(not(target_os = "linux"), path = "process/unseen.rs")]
pub mod process;
pub mod role;
pub mod sockets;
pub mod transcript;
