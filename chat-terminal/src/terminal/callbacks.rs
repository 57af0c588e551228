//! Callbacks of the editor: they report its state, and complete words.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use rustyline::Helper;
use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use tokio::sync::mpsc;

use super::gate::Gate;
use super::printing::Text;
use super::rows;
use crate::completion::{Completion, SharedVocabulary, complete, word_at};

/// Callbacks of the editor. They report its state to the [`Gate`].
pub(super) struct Insider {
    gate: Arc<Gate>,
    prompter: Option<Prompter>,
    texts: mpsc::Sender<Text>,
    /// The width of the terminal when the prompt was drawn last.
    columns: Cell<usize>,
    /// Tells the printer that the screen is to be drawn again, and its largest width since it was.
    disturbed: Arc<AtomicUsize>,
}

/// Tab completion.
pub(super) struct Prompter {
    pub(super) words: SharedVocabulary,
    /// The printer of the choices, if there are several.
    pub(super) texts: mpsc::Sender<Text>,
}

impl Insider {
    pub(super) fn new(
        gate: Arc<Gate>,
        prompter: Option<Prompter>,
        texts: mpsc::Sender<Text>,
        disturbed: Arc<AtomicUsize>,
    ) -> Self {
        Self { gate, prompter, texts, columns: Cell::new(rows::size().0), disturbed }
    }

    /// Has the screen drawn again if the width has changed under a line that is longer than a row.
    fn check_width(&self) {
        let columns = rows::size().0;
        let before = self.columns.replace(columns);
        if columns != before && rows::of_draft(&self.gate.typed(), columns.min(before)) > 1 {
            self.disturbed.fetch_max(columns.max(before), Ordering::Relaxed);
            // It fails if the printer gets another text, and then it sees the mark.
            let _ = self.texts.try_send(Text::Redraw);
        }
    }
}

impl Hinter for Insider {
    type Hint = String;

    /// Called when the prompt is drawn, also for a new width.
    fn hint(&self, line: &str, pos: usize, _ctx: &rustyline::Context<'_>) -> Option<String> {
        self.gate.drawn(line, pos);
        self.check_width();
        None
    }
}

impl Validator for Insider {
    /// Called when a line is entered, while its prompt is still drawn.
    fn validate(&self, _ctx: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.gate.shut();
        Ok(ValidationResult::Valid(None))
    }
}

impl Completer for Insider {
    type Candidate = String;

    /// Called when Tab is pressed. With more than one candidate, the editor would wait for a key.
    fn complete(
        &self,
        line: &str,
        pos: usize,
        _ctx: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let grown = self.prompter.as_ref().and_then(|prompter| prompter.complete(line, pos));
        Ok((pos - word_at(line, pos).len(), grown.into_iter().collect()))
    }
}

impl Prompter {
    fn complete(&self, line: &str, pos: usize) -> Option<String> {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        match complete(line, pos, &words) {
            Completion::Nothing => None,
            Completion::Grown(word) => Some(word),
            Completion::Choices(line) => {
                // It fails if an arriving line is being printed. The user can press Tab again.
                let _ = self.texts.try_send(Text::Lines(line + "\n"));
                None
            }
        }
    }
}

impl Highlighter for Insider {}

impl Helper for Insider {}
