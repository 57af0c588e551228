//! The keys that mean something of their own.

use std::sync::Arc;

use rustyline::history::History;
use rustyline::{
    Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, Helper, KeyEvent,
    RepeatCount,
};
use tokio::sync::{Notify, mpsc};

use crate::person::Input;

/// Ctrl-C and Ctrl-D leave without ending the editor, so that what arrives is still shown. Keys
/// that would wait for another key, or stop the process, do nothing: meanwhile nothing could be
/// shown.
pub(crate) fn bind(
    editor: &mut Editor<impl Helper, impl History>,
    inputs: &mpsc::Sender<Input>,
    interrupt: &Arc<Notify>,
) {
    let interrupt = Leave::Interrupt(Arc::clone(interrupt));
    editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(interrupt)));
    let end = Leave::EndOfInput(inputs.clone());
    editor.bind_sequence(KeyEvent::ctrl('D'), EventHandler::Conditional(Box::new(end)));
    for key in ['Q', 'V', 'X', 'Z', ']'] {
        editor.bind_sequence(KeyEvent::ctrl(key), Cmd::Noop);
    }
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
