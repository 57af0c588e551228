//! The machine and the server's process.

pub mod machine;
pub mod preflight;
pub mod target;
