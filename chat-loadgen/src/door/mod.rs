//! The doors of servers: TLS and WebSocket, between a dialect's bytes and the socket.
//!
//! A connection enters in a thread that may wait ([`Entrance::enter`]), before any message is sent. From then on
//! its bytes are [wrapped](wrapping) when they are sent, and [unwrapped](unwrapping) when they are read, on the
//! threads that measure.

mod entering;
mod entrance;
pub(crate) mod unwrapping;
pub(crate) mod wrapping;

pub(crate) use entering::Entered;
pub(crate) use entrance::{Entrance, EntranceError};
