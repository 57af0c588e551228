//! The network: listening, admission, and one connection's two halves.

pub(crate) mod address_options;
pub(crate) mod admission;
pub(crate) mod clock;
pub(crate) mod idle;
pub(crate) mod listener;
pub(crate) mod nameless;
pub(crate) mod network;
pub(crate) mod per_address;
pub(crate) mod ports;
pub(crate) mod tcp;
pub(crate) mod transport;
pub(crate) mod wire;
