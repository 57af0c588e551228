//! State of the prompt: its text, the line being typed, and whether a line may be printed above it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The state of the prompt, shared by the editor's thread and the other threads.
///
/// Between two lines the editor does not read from its printer, but a line may still wait there. A
/// line that is printed directly would come before it. So nothing is printed from the moment a line
/// is entered until the prompt for the next one is drawn.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    opened: Condvar,
    /// Interrupts the editor while a line is being typed. Returns whether it could.
    interrupt: fn() -> bool,
}

#[derive(Debug)]
struct State {
    door: Door,
    /// The question that replaces the prompt, if there is one.
    question: Option<&'static str>,
    /// True if the question came after another prompt had been chosen.
    overtaken: bool,
    /// The text typed at this prompt so far.
    line: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// A line was entered, or there is no prompt yet. Nothing may be printed.
    Shut,
    /// The editor is about to draw the prompt.
    Opening,
    /// The prompt is drawn. Lines may be printed.
    Open,
    /// The editor has ended.
    Gone,
}

impl Gate {
    pub(crate) fn new(question: Option<&'static str>, interrupt: fn() -> bool) -> Self {
        let state = State { door: Door::Shut, question, overtaken: false, line: String::new() };
        Self { state: Mutex::new(state), opened: Condvar::new(), interrupt }
    }

    /// Reports that a line was entered.
    pub(crate) fn shut(&self) {
        self.lock().door = Door::Shut;
    }

    /// Prepares for the prompt of a new line. Returns the question that replaces it, if there is
    /// one.
    pub(crate) fn prepare(&self) -> Option<&'static str> {
        let mut state = self.lock();
        state.door = Door::Opening;
        state.overtaken = false;
        state.line.clear();
        state.question
    }

    /// Reports that the prompt is being drawn, with this line behind it. The editor also redraws
    /// the prompt of a line that was entered.
    pub(crate) fn drawn(&self, line: &str) {
        let mut state = self.lock();
        line.clone_into(&mut state.line);
        if state.door == Door::Opening {
            state.door = Door::Open;
            self.opened.notify_all();
            self.give_way(&mut state);
        }
    }

    /// Sets a question that replaces the prompt, even while a line is being typed.
    pub(crate) fn ask(&self, question: &'static str) {
        let mut state = self.lock();
        if state.question.replace(question).is_none() {
            state.overtaken = true;
            self.give_way(&mut state);
        }
    }

    /// Reports that the question has been answered.
    pub(crate) fn answered(&self) {
        self.lock().question = None;
    }

    /// Returns whether a question has interrupted the editor, and the line that was being typed.
    pub(crate) fn left_behind(&self) -> (bool, String) {
        let state = self.lock();
        (state.overtaken, state.line.clone())
    }

    /// Reports that the editor has ended: from now on, lines may always be printed.
    pub(crate) fn remove(&self) {
        self.lock().door = Door::Gone;
        self.opened.notify_all();
    }

    /// Blocks until the prompt is drawn or the editor has ended.
    pub(crate) fn pass(&self) {
        let closed = |state: &mut State| !matches!(state.door, Door::Open | Door::Gone);
        drop(self.opened.wait_while(self.lock(), closed));
    }

    /// Interrupts the editor if a question waits. Called under the lock: only while the prompt is
    /// drawn does the interruption reach the editor's own signal handler.
    fn give_way(&self, state: &mut State) {
        if state.overtaken && state.door == Door::Open && (self.interrupt)() {
            state.door = Door::Shut;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "tu nombre: ";

    fn gate() -> Gate {
        Gate::new(None, || true)
    }

    fn door(gate: &Gate) -> Door {
        gate.lock().door
    }

    #[test]
    fn r4_2_only_the_prompt_of_a_new_line_opens_it() {
        let gate = gate();
        gate.drawn("");
        assert_ne!(door(&gate), Door::Open);
        gate.prepare();
        assert_ne!(door(&gate), Door::Open);
        gate.drawn("");
        assert_eq!(door(&gate), Door::Open);
        gate.shut();
        gate.drawn("");
        assert_ne!(door(&gate), Door::Open, "the prompt of the line that was entered");
        gate.remove();
        gate.pass();
    }

    #[test]
    fn r5_2_a_question_takes_the_place_of_a_line_that_is_being_typed() {
        let gate = gate();
        assert_eq!(gate.prepare(), None);
        gate.drawn("");
        gate.drawn("half a li");
        gate.ask(QUESTION);
        assert_eq!(door(&gate), Door::Shut);
        assert_eq!(gate.left_behind(), (true, "half a li".to_owned()));
        assert_eq!(gate.prepare(), Some(QUESTION));
        gate.drawn("");
        assert_eq!(door(&gate), Door::Open);
        gate.answered();
        assert_eq!(gate.prepare(), None);
    }

    #[test]
    fn r5_2_a_question_that_comes_while_another_prompt_is_being_drawn_is_asked() {
        let gate = gate();
        gate.prepare();
        gate.ask(QUESTION);
        assert_eq!(door(&gate), Door::Opening, "nobody could be interrupted yet");
        gate.drawn("draft");
        assert_eq!(door(&gate), Door::Shut);
        assert_eq!(gate.left_behind(), (true, "draft".to_owned()));
    }

    #[test]
    fn r5_2_where_nobody_can_be_interrupted_the_next_prompt_is_the_question() {
        let gate = Gate::new(None, || false);
        gate.prepare();
        gate.drawn("");
        gate.ask(QUESTION);
        assert_eq!(door(&gate), Door::Open);
        assert_eq!(gate.prepare(), Some(QUESTION));
    }
}
