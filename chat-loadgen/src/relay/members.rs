//! All clients: a dense list to walk, and slots that events name and that stay.

use super::member::Member;

/// The clients.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// All of them, in no particular order.
    pub(super) list: Vec<Member>,
    /// Where in the list the client of a slot is.
    places: Vec<Option<usize>>,
    free: Vec<usize>,
}

impl Members {
    /// A slot that nobody has.
    pub(super) fn free_slot(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        })
    }

    /// Gives back a slot that was not used after all.
    pub(super) fn release(&mut self, slot: usize) {
        self.free.push(slot);
    }

    pub(super) fn add(&mut self, member: Member) {
        self.places[member.slot] = Some(self.list.len());
        self.list.push(member);
    }

    /// Where in the list the client of a slot is, if there is one.
    pub(super) fn place(&self, slot: usize) -> Option<usize> {
        self.places.get(slot).copied().flatten()
    }

    pub(super) fn remove(&mut self, slot: usize) -> Option<Member> {
        let place = self.places.get_mut(slot)?.take()?;
        let member = self.list.swap_remove(place);
        if let Some(moved) = self.list.get(place) {
            self.places[moved.slot] = Some(place);
        }
        self.free.push(slot);
        Some(member)
    }
}
