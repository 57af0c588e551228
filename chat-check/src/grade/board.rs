//! The state of a run: its checks that were begun, and the outcomes of those that are done.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::checks::check::Check;
use crate::grade::attempt::Deaths;
use crate::grade::result::Outcome;

/// The checks that were begun, and those that are done.
#[derive(Default)]
pub(super) struct Board {
    pub(super) state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    begun: Vec<&'static str>,
    pub(super) done: HashMap<&'static str, Outcome>,
    pub(super) deaths: Deaths,
}

impl Board {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next check that has all its needs done, waiting for one if there is none yet.
    pub(super) fn next(
        &self,
        checks: &[&'static Check],
        stop: &AtomicBool,
    ) -> Option<&'static Check> {
        let mut state = self.lock();
        loop {
            let mut left = checks.iter().filter(|check| !state.begun.contains(&check.id));
            let all_begun = left.clone().next().is_none();
            if all_begun || stop.load(Ordering::Relaxed) {
                return None;
            }
            // A check that was not selected is not waited for.
            let asked = |id: &&str| checks.iter().any(|check| check.id == *id);
            let ready = |check: &&&Check| {
                check.needs.iter().filter(|id| asked(id)).all(|id| state.done.contains_key(id))
            };
            if let Some(check) = left.find(ready).copied() {
                state.begun.push(check.id);
                return Some(check);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn done(&self, id: &'static str, outcome: Option<Outcome>) {
        self.lock().done.extend(outcome.map(|outcome| (id, outcome)));
        self.changed.notify_all();
    }
}
