//! The bare relay: its clients and its event loop.

pub(crate) mod hub;
mod member;
mod members;
