//! Chapter 5 of the specification: names and presence.

pub(super) mod claims;
pub(super) mod departures;
pub(super) mod names;
pub(super) mod presence;
