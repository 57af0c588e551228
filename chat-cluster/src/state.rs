//! The state that all nodes have in common: a function of the log.

use thiserror::Error;

use crate::entry::{Act, Incarnation, PersonId};
use crate::wire::{Malformed, Reader};

/// A place in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The sequence number of the record.
    pub sequence: u64,
    /// The number of the entry in it, from 0.
    pub entry: u32,
    /// The time at which the log took the record, in milliseconds since 1970 by the clock of the log. It may go back a little.
    pub time: u64,
}

/// What the log says of the chat: people, names and rooms. A server has one, and shows its people what changes.
///
/// The same calls give the same state on all nodes. So nothing else may count in it: no clock but the time of the record, no
/// chance, no order that a table happens to have.
pub trait State {
    /// An empty chat is opened, with the settings of its [founder](crate::entry::Notice::Found).
    fn found(&mut self, at: Place, settings: &[u8]);

    /// A record has come, which may have entries, or not: time has passed.
    fn tick(&mut self, at: Place);

    /// A person does this. One that cannot be read, or is not known, is passed over by all nodes alike.
    fn apply(&mut self, at: Place, person: PersonId, act: &Act);

    /// A node is dead: its people are gone.
    fn bury(&mut self, at: Place, node: Incarnation);

    /// So many passes of a node are missing for good: people are told how many.
    fn miss(&mut self, at: Place, node: Incarnation, passes: u64);

    /// Appends all of it, for a newcomer.
    fn write(&self, out: &mut Vec<u8>);

    /// Becomes what another node has [written](Self::write). On an error it is as before.
    fn restore(&mut self, input: &mut Reader<'_>) -> Result<(), RestoreError>;
}

/// What another node has written cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// No node wrote it.
    #[error("malformed")]
    Malformed,
    /// A later version wrote it.
    #[error("written by a later version ({0})")]
    Version(u8),
    /// The state says why.
    #[error("{0}")]
    Refused(String),
}

impl From<Malformed> for RestoreError {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

impl RestoreError {
    /// Fails unless it is of the version that this program knows.
    pub fn check_version(version: u8, known: u8) -> Result<(), Self> {
        match version {
            0 => Err(Self::Malformed),
            version if version > known => Err(Self::Version(version)),
            _ => Ok(()),
        }
    }
}
