//! How what was said in a room comes to those who deliver it.

use std::mem;
use std::time::Duration;

use tokio::sync::MutexGuard;
use tokio::time::timeout;

use super::{Room, State};
use crate::room::batch::Batch;
use crate::room::members::Members;

impl<T> Room<T> {
    /// Waits for something to deliver, and then for more, for at most this long. Cancel-safe.
    pub(crate) async fn gather(&self, patience: Duration) {
        let full = self.full.notified();
        self.pending().await;
        let enough = self.lock().is_worth_a_pass();
        if !enough {
            // To have waited in vain is no failure.
            let _ = timeout(patience, full).await;
        }
    }

    /// Waits for something to deliver, or for the room to be closed. Cancel-safe.
    async fn pending(&self) {
        loop {
            {
                let state = self.lock();
                if state.closed || !state.batch.is_empty() {
                    return;
                }
            }
            // After the look: `notify_one` keeps a permit for the one task that delivers.
            self.pending.notified().await;
        }
    }

    #[cfg(test)]
    pub(in crate::room) fn members(&self) -> Option<MutexGuard<'_, Members<T>>> {
        self.members.try_lock().ok()
    }

    /// Waits for something to deliver, and takes it. `None` when the room is closed and everything was delivered.
    pub(in crate::room) async fn next(&self) -> Option<MutexGuard<'_, Members<T>>> {
        loop {
            let mut members = self.members.lock().await;
            let closed = {
                let mut state = self.lock();
                if self.take(&mut state, &mut members.batch) {
                    drop(state);
                    return Some(members);
                }
                state.batch.shrink();
                state.closed
            };
            // An idle room holds no buffers.
            members.shrink();
            if closed {
                return None;
            }
            drop(members);
            self.pending().await;
        }
    }

    /// Takes what is to be delivered, unless the task for that is about to, or the room has more than so many members.
    /// Then the task has been told.
    pub(in crate::room) fn take_at_once(&self, most: usize) -> Option<MutexGuard<'_, Members<T>>> {
        let mut state = self.lock();
        if state.announced || state.batch.is_empty() {
            return None;
        }
        if state.members <= most
            && !state.closed
            && let Ok(mut members) = self.members.try_lock()
        {
            self.take(&mut state, &mut members.batch);
            drop(state);
            return Some(members);
        }
        state.announced = true;
        drop(state);
        self.pending.notify_one();
        None
    }

    /// Puts what is to be delivered into `batch`, and says whether that is anything.
    fn take(&self, state: &mut State<T>, batch: &mut Batch<T>) -> bool {
        state.announced = false;
        if state.batch.is_empty() {
            return false;
        }
        // A pass that panicked would have left something.
        batch.clear();
        mem::swap(&mut state.batch, batch);
        self.taken.notify_waiters();
        true
    }
}
