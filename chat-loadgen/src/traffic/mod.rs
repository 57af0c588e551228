//! The hot path: simulated clients send messages, receive them, judge and time every delivery.

pub(crate) mod audience;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod in_flight;
pub(crate) mod judge;
pub(crate) mod ledger;
pub(crate) mod seam;
pub(crate) mod sending;
pub(crate) mod shared;
pub(crate) mod stops;
pub(crate) mod timing;
pub(crate) mod worker;
