//! What goes over a connection: texts that prove themselves, in the language of each server.

pub mod dialects;
pub mod payload;
pub mod random;
