//! The machine and the server's process.

pub(crate) mod machine;
pub(crate) mod preflight;
pub(crate) mod quota;
pub(crate) mod target;
