//! The senders of a run: hands each message whose time has come to one of them, in turn.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::traffic::sending::send_half::{Due, SendHalf};
use crate::traffic::sending::sizes::Sizes;
use crate::traffic::shared::Shared;
use crate::traffic::stops::NOTABLE;

/// All senders of a run.
#[derive(Debug)]
pub(crate) struct Senders {
    shared: Arc<Shared>,
    /// Distribution of the texts' lengths.
    sizes: Sizes,
    send_halves: OnceLock<Box<[Option<Arc<SendHalf>>]>>,
    next: AtomicU64,
}

impl Senders {
    /// Senders without connections.
    pub(crate) fn new(shared: Arc<Shared>, sizes: Sizes) -> Self {
        Self { shared, sizes, send_halves: OnceLock::new(), next: AtomicU64::new(0) }
    }

    /// State that all threads of the run share.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Index of this generator's first sender.
    fn first(&self) -> u32 {
        self.shared.in_flight.local().start
    }

    /// Sets the sending halves of this generator's senders, once all clients are connected.
    pub(crate) fn set_send_halves(&self, send_halves: Vec<Option<Arc<SendHalf>>>) {
        // A second time would be a mistake in this program; the first stays.
        let _ = self.send_halves.set(send_halves.into());
    }

    /// The sending halves of those senders that were connected, with their indices.
    pub(crate) fn send_halves(&self) -> impl Iterator<Item = (u32, &Arc<SendHalf>)> {
        let send_halves = (self.first()..).zip(self.send_halves.get().into_iter().flatten());
        send_halves.filter_map(|(sender, send_half)| Some((sender, send_half.as_ref()?)))
    }

    /// Enqueues the run's next message, now: the connected senders take turns. None if no sender is
    /// connected, or nothing is to be sent any more.
    pub(crate) fn enqueue_next(&self, intended: u64, now: u64) -> Option<&Arc<SendHalf>> {
        if self.shared.progress.silent.load(Ordering::Relaxed) {
            return None;
        }
        let send_halves = self.send_halves.get()?;
        let late = now.saturating_sub(intended);
        let late = if late < NOTABLE { 0 } else { u32::try_from(late / 1_000).unwrap_or(u32::MAX) };
        // Other generators know by its turn how many messages a sender is to send.
        let turns = if self.shared.in_flight.has_others() { 1 } else { send_halves.len() };
        for _ in 0..turns {
            let k = self.next.fetch_add(1, Ordering::Relaxed);
            let turn = usize::try_from(k).unwrap_or(0) % send_halves.len();
            let Some(send_half) = &send_halves[turn] else { continue };
            let sender = self.first() + u32::try_from(turn).unwrap_or(u32::MAX);
            let due = Due { sender, intended, size: self.sizes.size_of(k), late };
            if send_half.enqueue(due).is_ok() {
                return Some(send_half);
            }
        }
        None
    }

    /// Sends a new message for each completed one: the closed loop.
    pub(crate) fn refill(&self, messages: u64) {
        let now = self.shared.clock.now();
        let mut touched: Vec<&Arc<SendHalf>> = Vec::new();
        for _ in 0..messages {
            let Some(send_half) = self.enqueue_next(now, now) else { break };
            if !touched.iter().any(|known| Arc::ptr_eq(known, send_half)) {
                touched.push(send_half);
            }
        }
        for send_half in touched {
            send_half.flush(&self.shared);
        }
    }
}
