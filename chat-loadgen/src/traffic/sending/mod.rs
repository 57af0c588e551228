//! What is sent, when, by whom: schedule, sizes, turns, and a connection's sending half.

pub mod schedule;
pub mod send_half;
pub mod senders;
pub mod sizes;
