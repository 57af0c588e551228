//! The clients of the bare relay: what one says, all others get.

mod broadcast;
mod member;
mod members;

pub(super) use broadcast::Room;
