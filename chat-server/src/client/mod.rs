//! One client: from the bytes that it sends to what it does in the chat.

pub(crate) mod asking;
mod connection;
mod end;
pub(crate) mod entrance;
pub(crate) mod flood_control;
pub(crate) mod lobby;
pub(crate) mod membership;
pub(crate) mod rate_limit;
pub mod session;
