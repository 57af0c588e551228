//! When a line may be printed above the prompt.

use std::sync::{Condvar, Mutex, PoisonError};

/// Whether the editor's printer may be used.
///
/// Between two lines the editor takes nothing from its printer, but a line may still be waiting
/// there: whatever was printed past it would stand before it. So nothing is printed from the
/// moment a line is entered until the prompt for the next one stands.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A line was entered, or there is no prompt yet.
    Shut,
    /// The editor is about to draw the prompt.
    Opening,
    /// The prompt stands, or there is no editor any more.
    Open,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State::Shut), opened: Condvar::new() }
    }

    /// A line was entered.
    pub(crate) fn shut(&self) {
        self.set(|_| State::Shut);
    }

    /// The next time the prompt is drawn, it is that of a new line.
    pub(crate) fn prepare(&self) {
        self.set(|_| State::Opening);
    }

    /// The prompt is being drawn. That of a line which was entered is drawn once more as well.
    pub(crate) fn drawn(&self) {
        self.set(|state| if state == State::Opening { State::Open } else { state });
    }

    /// There is no editor any more: nothing stands in the way.
    pub(crate) fn remove(&self) {
        self.set(|_| State::Open);
    }

    /// Blocks until the prompt stands.
    pub(crate) fn pass(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.opened.wait_while(state, |state| *state != State::Open));
    }

    fn set(&self, next: impl FnOnce(State) -> State) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = next(*state);
        if *state == State::Open {
            self.opened.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r4_2_only_the_prompt_of_a_new_line_opens_it() {
        let gate = Gate::new();
        let open = |gate: &Gate| *gate.state.lock().unwrap() == State::Open;
        gate.drawn();
        assert!(!open(&gate));
        gate.prepare();
        assert!(!open(&gate));
        gate.drawn();
        assert!(open(&gate));
        gate.shut();
        gate.drawn();
        assert!(!open(&gate), "the prompt of the line that was entered");
        gate.remove();
        gate.pass();
    }
}
