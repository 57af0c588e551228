//! Chapter 2 of the specification: broadcast.

pub(super) mod broadcast;
pub(super) mod bytes;
pub(super) mod lines;
pub(super) mod speakers;
