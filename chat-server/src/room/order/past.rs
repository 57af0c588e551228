//! What a room remembers of what was said in it, for those who ask and those who come back.

use std::sync::Arc;

use chat_store::line::Position;

use super::Room;
use crate::net::wire::encoding::Encoding;
use crate::room::archive::Stored;
use crate::room::memory::{Memories, Memory};

impl<T> Room<T> {
    /// The position of the last message.
    pub(crate) fn position(&self) -> Position {
        self.lock().memory.as_ref().map_or(Position::START, Memory::position)
    }

    /// The position behind which it remembers every message.
    pub(crate) fn complete_from(&self) -> Position {
        self.lock().memory.as_ref().map_or(Position::START, Memory::complete_from)
    }

    /// It remembers more for as long as this is there.
    pub(crate) fn remember_more(&self) -> Option<Arc<()>> {
        self.lock().memory.as_ref().map(Memory::remember_more)
    }

    /// Returns whether it remembers every message behind this position.
    pub(crate) fn reaches(&self, behind: Position) -> bool {
        self.lock().memory.as_ref().is_none_or(|memory| memory.reaches(behind))
    }

    /// The memory of all rooms, and what this one is called there.
    pub(crate) fn place(&self) -> Option<(Arc<Memories>, Arc<str>)> {
        self.lock().memory.as_ref().map(Memory::place)
    }

    /// The last messages, at most so many, in this encoding, each on a line. `None` if there is none.
    pub(crate) fn recall(&self, count: usize, encoding: Encoding) -> Option<String> {
        self.lock().memory.as_ref()?.recall(count, encoding)
    }

    /// Where what was stored of the room is to be read from, once.
    pub(crate) fn to_be_filled(&self) -> Option<(Arc<Memories>, Arc<str>)> {
        self.lock().memory.as_mut().and_then(Memory::begin_to_fill)
    }

    /// Gives the room what was stored of it. `None`: that has not been read yet.
    pub(crate) fn fill(&self, stored: Option<Stored>) {
        if let Some(memory) = &mut self.lock().memory {
            memory.fill(stored);
        }
        self.filled.notify_waiters();
    }

    /// Waits until what was stored of the room is there. Cancel-safe.
    pub(crate) async fn filled(&self) {
        loop {
            let filled = self.filled.notified();
            if self.lock().memory.as_ref().is_none_or(Memory::is_filled) {
                return;
            }
            filled.await;
        }
    }
}
