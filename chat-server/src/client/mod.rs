//! One client: from the bytes that it sends to what it does in the chat.

pub(crate) mod asking;
pub(crate) mod connection;
mod entrance;
pub(crate) mod flood_control;
pub(crate) mod membership;
mod on_drop;
pub(crate) mod rate_limit;
pub mod session;
