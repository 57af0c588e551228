//! Private messages on their way, and a bound on what waits for one person (requirement 2.1).
//!
//! They can come from other rooms, whose speakers do not wait for the receiver's room. Without a bound
//! they would fill its outbox, and it would miss messages of its own room.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of private messages that may wait for one person: in a room's batch, in its outbox, or until it has
/// changed the room. Sixteen longest lines; a reader that is only a moment behind has more in its socket.
pub(crate) const MAILBOX: usize = 64 * 1024;

/// The private messages that wait for one person. Costs memory once there was one.
#[derive(Default)]
pub(crate) struct Mailbox(Option<Arc<AtomicUsize>>);

/// A private message on its way. Dropped when its receiver's socket has taken it, or never will.
pub(crate) struct Letter {
    waiting: Arc<AtomicUsize>,
    size: usize,
}

impl Mailbox {
    /// Takes one more message of this size, in bytes. `None` when too much waits already.
    pub(crate) fn take(&mut self, size: usize) -> Option<Letter> {
        let waiting = self.0.get_or_insert_default();
        // Only this adds something, and it has the mailbox for itself.
        let before = waiting.load(Ordering::Relaxed);
        if before > 0 && before + size > MAILBOX {
            return None;
        }
        waiting.fetch_add(size, Ordering::Relaxed);
        Some(Letter { waiting: Arc::clone(waiting), size })
    }
}

impl Letter {
    /// In bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }
}

impl Drop for Letter {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.size, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_1_a_mailbox_takes_so_much_and_more_when_something_has_gone() {
        let mut mailbox = Mailbox::default();
        let first = mailbox.take(MAILBOX - 1).expect("space");
        assert!(mailbox.take(2).is_none());
        let second = mailbox.take(1).expect("space");
        drop(first);
        assert!(mailbox.take(MAILBOX - 1).is_some());
        drop(second);
        assert!(mailbox.take(2 * MAILBOX).is_some(), "a line that is longer goes alone");
    }
}
