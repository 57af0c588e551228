//! The keys that mean something of their own.

use std::sync::{Arc, PoisonError};

use rustyline::history::History;
use rustyline::{
    Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, Helper, KeyEvent,
    Movement, RepeatCount, Word,
};
use tokio::sync::{Notify, mpsc};

use crate::completion::{Completion, SharedVocabulary, complete};
use crate::person::Input;
use crate::terminal::Text;

/// Ctrl-C and Ctrl-D leave without ending the editor, so that what arrives is still shown. Keys
/// that would wait for another key, or stop the process, do nothing: meanwhile nothing could be
/// shown. For the same reason Tab is not the editor's own.
pub(crate) fn bind(
    editor: &mut Editor<impl Helper, impl History>,
    inputs: &mpsc::Sender<Input>,
    interrupt: &Arc<Notify>,
    tab: Option<Tab>,
) {
    let interrupt = Leave::Interrupt(Arc::clone(interrupt));
    editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(interrupt)));
    let end = Leave::EndOfInput(inputs.clone());
    editor.bind_sequence(KeyEvent::ctrl('D'), EventHandler::Conditional(Box::new(end)));
    for key in ['Q', 'V', 'X', 'Z', ']'] {
        editor.bind_sequence(KeyEvent::ctrl(key), Cmd::Noop);
    }
    let tab = match tab {
        Some(tab) => EventHandler::Conditional(Box::new(tab)),
        None => EventHandler::Simple(Cmd::Noop),
    };
    editor.bind_sequence(KeyEvent::from('\t'), tab);
}

enum Leave {
    Interrupt(Arc<Notify>),
    /// On an empty line; otherwise the key deletes a character.
    EndOfInput(mpsc::Sender<Input>),
}

impl ConditionalEventHandler for Leave {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, ctx: &EventContext<'_>) -> Option<Cmd> {
        match self {
            Self::Interrupt(interrupt) => interrupt.notify_one(),
            Self::EndOfInput(_) if !ctx.line().is_empty() => return None,
            // It fails when the conversation is over; or when much that was entered waits to be
            // sent, and then Ctrl-C is there.
            Self::EndOfInput(inputs) => drop(inputs.try_send(Input::End)),
        }
        Some(Cmd::Noop)
    }
}

/// Completes the word before the cursor.
pub(crate) struct Tab {
    pub(crate) vocabulary: SharedVocabulary,
    /// Where the choices are printed, when there are several.
    pub(crate) texts: mpsc::Sender<Text>,
}

impl ConditionalEventHandler for Tab {
    fn handle(&self, _: &Event, n: RepeatCount, _: bool, ctx: &EventContext<'_>) -> Option<Cmd> {
        // The editor would do it so many times.
        if n != 1 {
            return Some(Cmd::Noop);
        }
        let vocabulary = self.vocabulary.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match complete(ctx.line(), ctx.pos(), &vocabulary) {
            Completion::Nothing => Cmd::Noop,
            Completion::Append(text) => Cmd::Insert(1, text),
            // Characters cannot be counted here: the editor puts its own repeat count in place of
            // any other. A word it knows as what stands between blanks, as `complete` does.
            Completion::Rewrite(text) => {
                Cmd::Replace(Movement::BackwardWord(1, Word::Big), Some(text))
            }
            Completion::Choices(line) => {
                // When a line that arrives is just being printed, the key is pressed once more.
                let _ = self.texts.try_send(Text::Lines(line + "\n"));
                Cmd::Noop
            }
        })
    }
}
