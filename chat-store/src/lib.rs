//! What was said, on a disk: an `SQLite` database behind a thread of its own.
//!
//! | module | what it holds |
//! |---|---|
//! | `line` | a line of a room, and its position in the room's order |
//! | `account` | a name that belongs to a person |
//! | `moderation` | bans, mutes, and what moderators did |
//! | `session` | what is kept of a client that may come back |
//! | `options` | what a store is asked for, and what it tells |
//! | `store` | the handle: lines go in without waiting, or are waited for; lines come out |
//! | `thread` | the thread: lines that came together are one transaction |
//! | `database` | the file: its tables, its lock, and what is done with a damaged one |
//!
//! A chat never waits for the disk unless it asks to (`Store::written`): the queue is bounded,
//! and what does not fit is lost and counted. Nothing that happens to the file ends the chat.

pub mod account;
#[cfg(feature = "database")]
pub mod database;
pub mod line;
pub mod moderation;
#[cfg(feature = "database")]
pub mod options;
pub mod session;
#[cfg(feature = "database")]
pub mod store;
#[cfg(feature = "database")]
mod thread;
