//! Sending: the schedule, message sizes, the senders in turn, and a connection's sending half.

pub(crate) mod connection;
mod lines;
pub(crate) mod schedule;
pub(crate) mod send_half;
pub(crate) mod senders;
pub(crate) mod sizes;
