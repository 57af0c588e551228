//! The checks, by program and by chapter of the specification, and the catalogue of all.

pub mod catalogue;
pub mod check;
mod client;
pub mod coverage;
pub mod listing;
pub mod requirement;
pub mod select;
mod server;
