//! Passes: the messages of the log. A pass has a header and the entries that one node had when the pass before it had
//! come back.

use thiserror::Error;

use crate::entry::{Entry, Incarnation};
use crate::wire::{Malformed, Reader, Write};

/// The longest pass, in bytes. Far below the 1 MB that NATS takes; 64 KiB of lines are where it carries the most of them.
pub const MAX_PASS: usize = 64 * 1024;

/// The version of the header. A later one is not read; later kinds of entries are.
const VERSION: u8 = 1;

/// Version (1 byte), incarnation and number (8 bytes each).
const HEADER: usize = 17;

/// A pass as it is read from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The node that published it.
    pub node: Incarnation,
    /// Its number among the passes of that node, from 1.
    pub n: u64,
    /// In the order in which they were proposed.
    pub entries: Vec<Entry>,
}

/// A message of the log could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PassError {
    /// No node wrote it: all pass over it alike.
    #[error("malformed, or longer than {MAX_PASS} bytes")]
    Malformed,
    /// A later version wrote it: this node cannot go on, as it would know less than the others.
    #[error("written by a later version ({0})")]
    Version(u8),
}

impl From<Malformed> for PassError {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

impl Pass {
    /// Reads a message of the log. Never panics, and takes memory in proportion to the message.
    pub fn decode(message: &[u8]) -> Result<Self, PassError> {
        let mut input = Reader::new(message);
        match input.u8()? {
            VERSION if message.len() <= MAX_PASS => {}
            VERSION | 0 => return Err(PassError::Malformed),
            version => return Err(PassError::Version(version)),
        }
        let (node, n) = (Incarnation(input.u64()?), input.u64()?);
        let mut entries = Vec::new();
        while !input.is_empty() {
            entries.push(Entry::read(&mut input)?);
        }
        Ok(Self { node, n, entries })
    }

    /// Writes it. `None` when it would be longer than [`MAX_PASS`].
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut pass = Draft::new(self.node, self.n);
        self.entries.iter().try_for_each(|entry| pass.add(entry))?;
        Some(pass.0)
    }
}

/// A pass that is being written.
pub(crate) struct Draft(Vec<u8>);

impl Draft {
    pub(crate) fn new(node: Incarnation, n: u64) -> Self {
        let mut message = Vec::with_capacity(HEADER);
        message.put_u8(VERSION);
        message.put_u64(node.0);
        message.put_u64(n);
        Self(message)
    }

    /// Adds an entry. `None`, and nothing is added, when it does not fit.
    pub(crate) fn add(&mut self, entry: &Entry) -> Option<()> {
        let before = self.0.len();
        entry.write(&mut self.0)?;
        if self.0.len() > MAX_PASS {
            self.0.truncate(before);
            return None;
        }
        Some(())
    }

    pub(crate) fn message(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
