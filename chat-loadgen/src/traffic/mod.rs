//! The hot path: simulated clients send messages, receive them, judge and time every delivery.

pub mod audience;
pub mod client;
pub mod clock;
pub mod in_flight;
pub mod judge;
pub mod ledger;
pub mod sending;
pub mod shared;
pub mod timing;
pub mod worker;
