//! What a room of a chat on several servers is asked beside what all rooms are.

use super::Room;
use crate::room::memory::Memory;

impl<T> Room<T> {
    /// Returns whether it has this name in the memory of all rooms, if there is one.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.lock().memory.as_ref().is_none_or(|memory| memory.is_of(name))
    }

    /// The room remembers nothing.
    pub(crate) fn forget_the_past(&self) {
        self.lock().memory.iter_mut().for_each(Memory::begin_anew);
    }
}
