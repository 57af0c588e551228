//! The relay's members: a dense list for broadcasts, and stable slots for events.

use super::member::Member;

#[derive(Debug, Default)]
pub(crate) struct Members {
    /// All members, in no particular order.
    pub(crate) list: Vec<Member>,
    /// Index in the list of the client of each slot.
    indices: Vec<Option<usize>>,
    free: Vec<usize>,
}

impl Members {
    /// A slot that no client has.
    pub(crate) fn free_slot(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.indices.push(None);
            self.indices.len() - 1
        })
    }

    /// Gives back a slot that was not used after all.
    pub(crate) fn release(&mut self, slot: usize) {
        self.free.push(slot);
    }

    pub(crate) fn add(&mut self, member: Member) {
        self.indices[member.slot] = Some(self.list.len());
        self.list.push(member);
    }

    /// Index in the list of a slot's client, if there is one.
    pub(crate) fn index_of(&self, slot: usize) -> Option<usize> {
        self.indices.get(slot).copied().flatten()
    }

    pub(crate) fn remove(&mut self, slot: usize) -> Option<Member> {
        let index = self.indices.get_mut(slot)?.take()?;
        let member = self.list.swap_remove(index);
        if let Some(moved) = self.list.get(index) {
            self.indices[moved.slot] = Some(index);
        }
        self.free.push(slot);
        Some(member)
    }
}
