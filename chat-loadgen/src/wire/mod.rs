//! Bytes on a connection: self-checking texts, in the protocol of each server.

pub mod dialects;
pub mod payload;
pub(crate) mod random;
