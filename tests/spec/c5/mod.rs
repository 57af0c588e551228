//! Chapter 5: names and presence.

mod asking;
mod client;
mod names;
mod presence;
