//! What the end-to-end tests and the demo share: the real binaries, and a running chat.

pub mod binaries;
pub mod chat;
pub mod harness;
