//! The network: listening, admission, and one connection's two halves.

pub(crate) mod admission;
pub(crate) mod clock;
pub(crate) mod idle;
pub(crate) mod listener;
pub(crate) mod nameless;
pub(crate) mod per_address;
pub(crate) mod tcp;
pub(crate) mod transport;
