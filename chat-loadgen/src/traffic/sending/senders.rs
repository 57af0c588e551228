//! The senders of a run: hands each message whose time has come to one of them, in turn.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::traffic::sending::send_half::{Due, Voice};
use crate::traffic::sending::sizes::Sizes;
use crate::traffic::shared::Trial;

/// All senders of a run.
#[derive(Debug)]
pub struct Senders {
    trial: Arc<Trial>,
    /// How long the texts are.
    sizes: Sizes,
    voices: OnceLock<Box<[Option<Arc<Voice>>]>>,
    next: AtomicU64,
}

impl Senders {
    /// Nobody is connected yet.
    pub fn new(trial: Arc<Trial>, sizes: Sizes) -> Self {
        Self { trial, sizes, voices: OnceLock::new(), next: AtomicU64::new(0) }
    }

    /// What all threads of the run share.
    pub fn trial(&self) -> &Arc<Trial> {
        &self.trial
    }

    /// Says who the senders are, once all are connected.
    pub fn set_voices(&self, voices: Vec<Option<Arc<Voice>>>) {
        // A second time would be a mistake in this program; the first stays.
        let _ = self.voices.set(voices.into());
    }

    /// The sending halves of those senders that were connected, with their indices.
    pub fn voices(&self) -> impl Iterator<Item = (u32, &Arc<Voice>)> {
        let voices = (0..).zip(self.voices.get().into_iter().flatten());
        voices.filter_map(|(sender, voice)| Some((sender, voice.as_ref()?)))
    }

    /// The run's next message, in turn from one of the senders who are there, is due. None if nobody
    /// is, or nothing is to be sent any more.
    pub fn enqueue_next(&self, intended: u64) -> Option<&Arc<Voice>> {
        if self.trial.progress.silent.load(Ordering::Relaxed) {
            return None;
        }
        let voices = self.voices.get()?;
        for _ in 0..voices.len() {
            let k = self.next.fetch_add(1, Ordering::Relaxed);
            let turn = usize::try_from(k).unwrap_or(0) % voices.len();
            let Some(voice) = &voices[turn] else { continue };
            let sender = u32::try_from(turn).unwrap_or(u32::MAX);
            let due = Due { sender, intended, size: self.sizes.size_of(k) };
            if voice.enqueue(due).is_ok() {
                return Some(voice);
            }
        }
        None
    }

    /// Lets as many messages go as have reached everybody: the closed loop.
    pub fn refill(&self, messages: u64) {
        let now = self.trial.clock.now();
        let mut touched: Vec<&Arc<Voice>> = Vec::new();
        for _ in 0..messages {
            let Some(voice) = self.enqueue_next(now) else { break };
            if !touched.iter().any(|known| Arc::ptr_eq(known, voice)) {
                touched.push(voice);
            }
        }
        for voice in touched {
            voice.flush(&self.trial);
        }
    }
}
