//! Key bindings that differ from the editor's own.

use std::sync::Arc;

use rustyline::history::History;
use rustyline::{
    Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, Helper, KeyEvent,
    RepeatCount,
};
use tokio::sync::{Notify, mpsc};

use super::gate::Gate;
use crate::person::Input;

/// Binds the keys. Ctrl-C and Ctrl-D leave without ending the editor, so that arriving lines are
/// still shown. Ctrl-Z ends the editor, which comes back with the same line. Keys that would wait
/// for another key are disabled: they would block the output.
pub(super) fn bind(
    editor: &mut Editor<impl Helper, impl History>,
    inputs: &mpsc::Sender<Input>,
    interrupt: &Arc<Notify>,
    gate: &Arc<Gate>,
) {
    let interrupt = Leave::Interrupt(Arc::clone(interrupt));
    editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(interrupt)));
    let end = Leave::EndOfInput(inputs.clone());
    editor.bind_sequence(KeyEvent::ctrl('D'), EventHandler::Conditional(Box::new(end)));
    let suspend = Leave::Suspend(Arc::clone(gate));
    editor.bind_sequence(KeyEvent::ctrl('Z'), EventHandler::Conditional(Box::new(suspend)));
    for key in ['Q', 'V', 'X', ']'] {
        editor.bind_sequence(KeyEvent::ctrl(key), Cmd::Noop);
    }
}

enum Leave {
    Interrupt(Arc<Notify>),
    /// Ctrl-D: ends the input on an empty line; otherwise it deletes a character.
    EndOfInput(mpsc::Sender<Input>),
    /// Ctrl-Z: leaves the prompt to suspend the process.
    Suspend(Arc<Gate>),
}

impl ConditionalEventHandler for Leave {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, ctx: &EventContext<'_>) -> Option<Cmd> {
        match self {
            Self::Interrupt(interrupt) => interrupt.notify_one(),
            Self::EndOfInput(_) if !ctx.line().is_empty() => return None,
            // It fails if the conversation is over, or if the queue of entered lines is full; then
            // the user can press Ctrl-C.
            Self::EndOfInput(inputs) => drop(inputs.try_send(Input::End)),
            Self::Suspend(gate) => {
                gate.drawn(ctx.line(), ctx.pos());
                gate.suspend();
                return Some(Cmd::Interrupt);
            }
        }
        Some(Cmd::Noop)
    }
}
