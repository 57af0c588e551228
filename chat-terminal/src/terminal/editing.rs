//! The editor's thread: line after line, and prompts that are left before a line is entered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::{io, mem};

use rustyline::error::ReadlineError;
use rustyline::history::History;
use rustyline::{Editor, Helper};
use tokio::sync::{Notify, mpsc};

use super::gate::{Gate, Leaving, PROMPT};
use super::shown::Shown;
use super::{rows, tty};
use crate::person::Input;

/// The state of the editor's thread.
pub(super) struct Editing {
    pub(super) gate: Arc<Gate>,
    pub(super) shown: Arc<Shown>,
    pub(super) inputs: mpsc::Sender<Input>,
    pub(super) verdicts: Receiver<()>,
    pub(super) stopping: Arc<AtomicBool>,
    pub(super) interrupt: Arc<Notify>,
}

impl Editing {
    /// Reads line after line until it must stop or the terminal is gone.
    pub(super) fn edit(&self, mut editor: Editor<impl Helper, impl History>) {
        // The line that was being typed when its prompt was left, before and behind the cursor.
        let mut draft = <(String, String)>::default();
        while !self.stopping.load(Ordering::Relaxed) {
            let question = self.gate.prepare();
            let prompt = question.as_deref().unwrap_or(PROMPT);
            let line = if question.is_some() {
                editor.readline(prompt)
            } else {
                let (left, right) = mem::take(&mut draft);
                editor.readline_with_initial(prompt, (&left, &right))
            };
            self.gate.shut();
            if let Ok(line) = &line {
                self.shown.push(&format!("{prompt}{line}\n"));
            }
            let input = match line {
                Ok(line) if question.is_some() => Input::Answer(line),
                Ok(line) => {
                    // It fails only for a history on disk.
                    let _ = editor.add_history_entry(&line);
                    Input::Text(line)
                }
                // The terminal is gone; or a key was no valid character.
                Err(ReadlineError::Io(e)) if e.kind() != io::ErrorKind::InvalidData => Input::End,
                Err(ReadlineError::Eof) => Input::End,
                #[cfg(unix)]
                Err(ReadlineError::Errno(_)) => Input::End,
                Err(error) => {
                    let line = self.leave(prompt, &error);
                    if self.gate.question().is_none() || question.is_none() {
                        draft = line;
                    }
                    continue;
                }
            };
            if !self.deliver(input) {
                return;
            }
        }
    }

    /// Handles a prompt that was left before a line was entered. Returns that line. At the end it
    /// stays on the screen; otherwise it comes back at the next prompt.
    fn leave(&self, prompt: &str, error: &ReadlineError) -> (String, String) {
        let (leaving, line) = self.gate.left_behind();
        let typed = format!("{prompt}{}{}", line.0, line.1);
        let stays = self.stopping.load(Ordering::Relaxed) && typed != prompt;
        // After another error, the cursor is not behind the line.
        if is_interrupt(error) && !stays {
            tty::erase(rows::of_draft(&typed, rows::size().0));
        }
        match leaving {
            Some(Leaving::Suspend) => tty::suspend(),
            None if is_interrupt(error) => self.interrupt.notify_one(),
            Some(Leaving::Question) | None => {}
        }
        line
    }

    /// Hands an input over. Returns whether more can be entered.
    fn deliver(&self, input: Input) -> bool {
        let ended = input == Input::End;
        let answered = matches!(input, Input::Answer(_));
        if self.inputs.blocking_send(input).is_err() || ended {
            return false;
        }
        // The next prompt depends on the verdict on this answer.
        if answered && self.verdicts.recv().is_err() {
            self.gate.answered();
        }
        true
    }
}

fn is_interrupt(error: &ReadlineError) -> bool {
    match error {
        ReadlineError::Interrupted => true,
        #[cfg(unix)]
        ReadlineError::Signal(rustyline::error::Signal::Interrupt) => true,
        _ => false,
    }
}
