//! What a store is asked for, and what it tells.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// The place of a store, and what it keeps.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database's file; it is made if there is none.
    pub path: PathBuf,
    /// The age at which a line is deleted, if any.
    pub keep: Option<Duration>,
    /// The size of the file above which the oldest lines are deleted, in bytes, if any.
    pub keep_size: Option<u64>,
    /// What survives.
    pub durability: Durability,
    /// The time for which a session lasts whose client was there when the last server ended.
    pub resume: Duration,
    /// What is done with a damaged file.
    pub damage: Damage,
}

/// What is done with a damaged file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is put aside, and another is begun.
    Replace,
    /// The same, but not as it is opened: that fails.
    ReplaceOnceOpen,
    /// It stays where it is: opening fails, and so does what comes later.
    Fail,
}

/// What survives an end without warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Lines are written together, each few milliseconds. The end of the process loses those of the last moment;
    /// a loss of power those of the last seconds.
    Gather,
    /// Each transaction is on the disk before it counts as written.
    Commit,
}

/// Something that the people who run the chat are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The database could not be written to, for this reason. It is told once, until it can be again.
    Failed(String),
    /// It can be written to again; so many lines are missing.
    Recovered {
        /// The lines that were lost meanwhile.
        lost: u64,
    },
    /// The file is damaged. It was put aside under this name, and a new one begun, with the accounts, bans and mutes.
    PutAside(PathBuf),
}

/// It could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not written")]
pub struct Lost;
