//! Chapter 6 of the specification: private and group conversation.

pub(super) mod commands;
pub(super) mod conversation;
pub(super) mod rooms;
