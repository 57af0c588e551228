//! Chapter 5: names and presence.

mod asking;
mod client;
mod crowd;
mod names;
mod presence;
