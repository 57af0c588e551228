//! Chapter 5: names and presence.

mod client;
mod names;
mod presence;
