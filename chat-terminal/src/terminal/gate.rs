//! State of the prompt: its text, the line being typed, and whether a line may be printed above it.

use std::borrow::Cow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The default prompt, for input that is no answer to a question.
pub(super) const PROMPT: &str = "> ";

/// The state of the prompt, shared by the editor's thread and the other threads.
///
/// Between two lines the editor does not read from its printer, but a line may still wait there. A
/// line that is printed directly would come before it. So nothing is printed from the moment a line
/// is entered until the prompt for the next one is drawn.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    opened: Condvar,
    /// Interrupts the editor while a line is being typed. Returns whether it could.
    interrupt: fn() -> bool,
}

/// A question that replaces the prompt.
pub(super) type Question = Cow<'static, str>;

#[derive(Debug)]
struct State {
    door: Door,
    /// The question that replaces the prompt, if there is one.
    question: Option<Question>,
    /// The reason to leave the prompt that is drawn, if there is one.
    leaving: Option<Leaving>,
    /// The text typed at this prompt so far, before and behind the cursor.
    line: (String, String),
}

/// The reason to leave a prompt before a line is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// A question has come, or was withdrawn.
    Question,
    /// The process is to be suspended.
    Suspend,
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
    pub(super) fn new(question: Option<Question>, interrupt: fn() -> bool) -> Self {
        let line = Default::default();
        let state = State { door: Door::Shut, question, leaving: None, line };
        Self { state: Mutex::new(state), opened: Condvar::new(), interrupt }
    }

    /// Reports that a line was entered.
    pub(super) fn shut(&self) {
        self.lock().door = Door::Shut;
    }

    /// Prepares for the prompt of a new line. Returns the question that replaces it, if there is
    /// one.
    pub(super) fn prepare(&self) -> Option<Question> {
        let mut state = self.lock();
        state.door = Door::Opening;
        state.leaving = None;
        state.line = Default::default();
        state.question.clone()
    }

    /// Reports that the prompt is being drawn, with this line behind it and the cursor at `pos`.
    /// The editor also redraws the prompt of a line that was entered.
    pub(super) fn drawn(&self, line: &str, pos: usize) {
        let mut state = self.lock();
        let (left, right) = line.split_at_checked(pos).unwrap_or((line, ""));
        left.clone_into(&mut state.line.0);
        right.clone_into(&mut state.line.1);
        if state.door == Door::Opening {
            state.door = Door::Open;
            self.opened.notify_all();
            self.give_way(&mut state);
        }
    }

    /// Sets a question that replaces the prompt, even while a line is being typed.
    pub(super) fn ask(&self, question: &'static str) {
        let mut state = self.lock();
        if state.question.replace(question.into()).is_none() {
            state.leaving = Some(Leaving::Question);
            self.give_way(&mut state);
        }
    }

    /// Withdraws the question, even while it is being answered. Returns whether there was one.
    pub(super) fn withdraw(&self) -> bool {
        let mut state = self.lock();
        let withdrawn = state.question.take().is_some();
        if withdrawn {
            state.leaving = Some(Leaving::Question);
            self.give_way(&mut state);
        }
        withdrawn
    }

    /// The question that replaces the prompt, if there is one.
    pub(super) fn question(&self) -> Option<Question> {
        self.lock().question.clone()
    }

    /// The prompt and the line being typed.
    pub(super) fn typed(&self) -> String {
        let state = self.lock();
        let prompt = state.question.as_deref().unwrap_or(PROMPT);
        format!("{prompt}{}{}", state.line.0, state.line.1)
    }

    /// Reports that the editor leaves the prompt because the process is to be suspended.
    pub(super) fn suspend(&self) {
        let mut state = self.lock();
        state.leaving = Some(Leaving::Suspend);
        state.door = Door::Shut;
    }

    /// Reports that the question has been answered.
    pub(super) fn answered(&self) {
        self.lock().question = None;
    }

    /// Returns the reason to leave the prompt, if there was one, and the line that was being typed.
    pub(super) fn left_behind(&self) -> (Option<Leaving>, (String, String)) {
        let state = self.lock();
        (state.leaving, state.line.clone())
    }

    /// Reports that the editor has ended: from now on, lines may always be printed.
    pub(super) fn remove(&self) {
        self.lock().door = Door::Gone;
        self.opened.notify_all();
    }

    /// Blocks until the prompt is drawn or the editor has ended.
    pub(super) fn pass(&self) {
        let closed = |state: &mut State| !matches!(state.door, Door::Open | Door::Gone);
        drop(self.opened.wait_while(self.lock(), closed));
    }

    /// Interrupts the editor if its prompt is out of date. Called under the lock: only while the prompt is
    /// drawn does the interruption reach the editor's own signal handler.
    fn give_way(&self, state: &mut State) {
        if state.leaving.is_some() && state.door == Door::Open && (self.interrupt)() {
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

    fn text(left: &str, right: &str) -> (String, String) {
        (left.to_owned(), right.to_owned())
    }

    fn gate() -> Gate {
        Gate::new(None, || true)
    }

    fn door(gate: &Gate) -> Door {
        gate.lock().door
    }

    #[test]
    fn r4_2_only_the_prompt_of_a_new_line_opens_it() {
        let gate = gate();
        gate.drawn("", 0);
        assert_ne!(door(&gate), Door::Open);
        gate.prepare();
        assert_ne!(door(&gate), Door::Open);
        gate.drawn("", 0);
        assert_eq!(door(&gate), Door::Open);
        gate.shut();
        gate.drawn("", 0);
        assert_ne!(door(&gate), Door::Open, "the prompt of the line that was entered");
        gate.remove();
        gate.pass();
    }

    #[test]
    fn r5_2_a_question_takes_the_place_of_a_line_that_is_being_typed() {
        let gate = gate();
        assert_eq!(gate.prepare(), None);
        gate.drawn("", 0);
        gate.drawn("half a li", 4);
        gate.ask(QUESTION);
        assert_eq!(door(&gate), Door::Shut);
        assert_eq!(gate.left_behind(), (Some(Leaving::Question), text("half", " a li")));
        assert_eq!(gate.prepare().as_deref(), Some(QUESTION));
        gate.drawn("", 0);
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
        gate.drawn("draft", 5);
        assert_eq!(door(&gate), Door::Shut);
        assert_eq!(gate.left_behind(), (Some(Leaving::Question), text("draft", "")));
    }

    #[test]
    fn r5_2_where_nobody_can_be_interrupted_the_next_prompt_is_the_question() {
        let gate = Gate::new(None, || false);
        gate.prepare();
        gate.drawn("", 0);
        gate.ask(QUESTION);
        assert_eq!(door(&gate), Door::Open);
        assert_eq!(gate.prepare().as_deref(), Some(QUESTION));
    }
    #[test]
    fn r7_3_a_question_that_is_withdrawn_gives_way_to_the_prompt() {
        let gate = Gate::new(Some(QUESTION.into()), || true);
        assert_eq!(gate.prepare().as_deref(), Some(QUESTION));
        gate.drawn("Pro", 3);
        gate.withdraw();
        assert_eq!(door(&gate), Door::Shut);
        assert_eq!(gate.question(), None);
        assert_eq!(gate.left_behind(), (Some(Leaving::Question), text("Pro", "")));
        assert_eq!(gate.prepare(), None);
        gate.withdraw();
        assert_eq!(gate.left_behind(), (None, text("", "")), "there is none to withdraw");
    }
}
