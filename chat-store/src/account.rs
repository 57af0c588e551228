//! The account of a person.

use std::fmt;

/// A name that belongs to a person, who proves it by a word.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name as its owner wrote it.
    pub name: Box<str>,
    /// The hash of the word, in the PHC string format.
    pub hash: Box<str>,
}

/// Without the hash, so that no log has it.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}
