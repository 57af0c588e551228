//! Which prompt stands, what has been typed at it, and when a line may be printed above it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The prompt, as the editor's thread and everybody else knows it.
///
/// Between two lines the editor takes nothing from its printer, but a line may still be waiting
/// there: whatever was printed past it would stand before it. So nothing is printed from the
/// moment a line is entered until the prompt for the next one stands.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    opened: Condvar,
    /// Makes the editor leave the line that is being typed; says whether it can.
    interrupt: fn() -> bool,
}

#[derive(Debug)]
struct State {
    door: Door,
    /// What the person is asked, instead of for the next line.
    question: Option<&'static str>,
    /// The question has come up when another prompt had been chosen.
    overtaken: bool,
    /// What has been typed at this prompt.
    line: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// A line was entered, or there is no prompt yet.
    Shut,
    /// The editor is about to draw the prompt.
    Opening,
    /// The prompt stands.
    Open,
    /// There is no editor any more.
    Gone,
}

impl Gate {
    pub(crate) fn new(question: Option<&'static str>, interrupt: fn() -> bool) -> Self {
        let state = State { door: Door::Shut, question, overtaken: false, line: String::new() };
        Self { state: Mutex::new(state), opened: Condvar::new(), interrupt }
    }

    /// A line was entered.
    pub(crate) fn shut(&self) {
        self.lock().door = Door::Shut;
    }

    /// The next time the prompt is drawn, it is that of a new line; and which it is.
    pub(crate) fn prepare(&self) -> Option<&'static str> {
        let mut state = self.lock();
        state.door = Door::Opening;
        state.overtaken = false;
        state.line.clear();
        state.question
    }

    /// The prompt is being drawn, and this line behind it. That of a line which was entered is
    /// drawn once more as well.
    pub(crate) fn drawn(&self, line: &str) {
        let mut state = self.lock();
        line.clone_into(&mut state.line);
        if state.door == Door::Opening {
            state.door = Door::Open;
            self.opened.notify_all();
            self.give_way(&mut state);
        }
    }

    /// From now on the person is asked this, whatever is being typed.
    pub(crate) fn ask(&self, question: &'static str) {
        let mut state = self.lock();
        if state.question.replace(question).is_none() {
            state.overtaken = true;
            self.give_way(&mut state);
        }
    }

    /// The question has been answered.
    pub(crate) fn answered(&self) {
        self.lock().question = None;
    }

    /// Whether a question has made the editor leave its line; and the line.
    pub(crate) fn left_behind(&self) -> (bool, String) {
        let state = self.lock();
        (state.overtaken, state.line.clone())
    }

    /// There is no editor any more: nothing stands in the way.
    pub(crate) fn remove(&self) {
        self.lock().door = Door::Gone;
        self.opened.notify_all();
    }

    /// Blocks until the prompt stands.
    pub(crate) fn pass(&self) {
        let closed = |state: &mut State| !matches!(state.door, Door::Open | Door::Gone);
        drop(self.opened.wait_while(self.lock(), closed));
    }

    /// Under the lock, because only while its prompt stands is the interruption the editor's own.
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
