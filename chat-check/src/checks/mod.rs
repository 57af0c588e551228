//! The checks, by program and by chapter of the specification, and the catalogue of all.

pub(crate) mod catalogue;
pub(crate) mod check;
mod client;
pub(crate) mod coverage;
pub(crate) mod listing;
pub(crate) mod requirement;
pub(crate) mod select;
mod server;
