//! What the end-to-end tests and the demo share: the real binaries, a running chat, the harness.

pub mod binaries;
pub mod chat;
pub mod harness;
