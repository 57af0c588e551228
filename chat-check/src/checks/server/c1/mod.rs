//! Chapter 1 of the specification: connecting.

pub(super) mod connecting;
pub(super) mod crowd;
pub(super) mod running;
pub(super) mod stuck;
