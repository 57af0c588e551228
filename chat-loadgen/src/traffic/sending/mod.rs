//! Sending: the schedule, message sizes, the senders in turn, and a connection's sending half.

pub mod schedule;
pub mod send_half;
pub mod senders;
pub mod sizes;
