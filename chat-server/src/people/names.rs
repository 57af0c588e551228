//! The nicknames in use (requirement 5.4).

use std::collections::HashMap;
use std::hash::BuildHasher;

use chat_protocol::name::{Name, key};

/// Unique names and their owners. No two names in it can be taken for each other.
///
/// A name has up to five looks, and only their hashes are kept, which saves two hundred bytes a name.
/// Two looks that happen to have the same hash (a secret key keeps attackers from making such ones) make
/// a name seem taken; with a million names that is one chance in a
/// million.
#[derive(Debug)]
pub(crate) struct UniqueNames<T> {
    looks: HashMap<u64, T>,
}

impl<T> Default for UniqueNames<T> {
    fn default() -> Self {
        Self { looks: HashMap::new() }
    }
}

impl<T: Copy + Eq> UniqueNames<T> {
    /// Gives the name to its owner, or returns the owner of one that can be taken for it.
    pub(crate) fn claim(&mut self, name: &Name, owner: T) -> Result<(), T> {
        let looks = self.hashes(name);
        let mut owners = looks.iter().filter_map(|look| self.looks.get(look));
        if let Some(other) = owners.find(|other| **other != owner) {
            return Err(*other);
        }
        self.looks.extend(looks.map(|look| (look, owner)));
        Ok(())
    }

    /// The owner of a name that can be taken for this one, if there is one.
    pub(crate) fn in_the_way(&self, name: &Name) -> Option<T> {
        self.all_in_the_way(name).next()
    }

    /// The owners of the names that can be taken for this one.
    pub(crate) fn all_in_the_way(&self, name: &Name) -> impl Iterator<Item = T> {
        self.hashes(name).into_iter().filter_map(|look| self.looks.get(&look).copied())
    }

    /// The name is free again.
    pub(crate) fn release(&mut self, name: &Name) {
        for look in self.hashes(name) {
            self.looks.remove(&look);
        }
    }

    /// Gives the owner another name instead; or leaves everything as it was, and returns the owner
    /// in the way.
    pub(crate) fn rename(&mut self, old: &Name, new: &Name, owner: T) -> Result<(), T> {
        self.claim(new, owner)?;
        self.release(old);
        // The two may have looks in common.
        self.claim(new, owner)
    }

    /// The owner of a name that has the same letters as the text, or looks so.
    pub(crate) fn find(&self, text: &str) -> Option<T> {
        self.looks.get(&self.hash(&key(text.trim()))).copied()
    }

    fn hashes(&self, name: &Name) -> [u64; 5] {
        name.looks().map(|look| self.hash(&look))
    }

    fn hash(&self, look: &str) -> u64 {
        self.looks.hasher().hash_one(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn r5_4_a_name_has_one_owner_until_it_is_released() {
        let mut names = UniqueNames::default();
        assert_eq!(names.claim(&name("Ana"), 1), Ok(()));
        for taken in ["Ana", "ANA", "ΑΝΑ", "A-na", "Ana."] {
            assert_eq!(names.claim(&name(taken), 2), Err(1), "{taken}");
        }
        assert_eq!(names.find(" aNA "), Some(1));
        assert_eq!(names.find("O'Ana"), None);
        names.release(&name("Ana"));
        assert_eq!(names.find("Ana"), None);
        assert_eq!(names.claim(&name("ANA"), 2), Ok(()));
    }

    #[test]
    fn r6_3_a_rename_frees_the_old_name_and_only_that() {
        let mut names = UniqueNames::default();
        names.claim(&name("Ana"), 1).unwrap();
        names.claim(&name("Bea"), 2).unwrap();
        assert_eq!(names.rename(&name("Ana"), &name("BEA"), 1), Err(2));
        assert_eq!(names.find("Ana"), Some(1), "nothing has changed");
        assert_eq!(names.rename(&name("Ana"), &name("ANA"), 1), Ok(()));
        assert_eq!(names.find("ana"), Some(1), "its own name in other letters");
        assert_eq!(names.rename(&name("ANA"), &name("Caro"), 1), Ok(()));
        assert_eq!((names.find("ana"), names.find("caro")), (None, Some(1)));
        names.release(&name("Caro"));
        names.release(&name("Bea"));
        assert!(names.looks.is_empty(), "{:?}", names.looks);
    }
}
