//! Chapter 4 of the specification: the client.

pub(super) mod connect;
pub(super) mod end;
pub(super) mod leave;
pub(super) mod screen;
pub(super) mod talk;
