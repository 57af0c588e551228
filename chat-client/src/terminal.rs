//! A person at a terminal: line editing, history, and arriving lines above the prompt.
//!
//! The editor is rustyline's. It blocks, so it has a thread; lines that arrive while somebody
//! types are handed to its printer, which puts them above the prompt and draws the prompt anew.

use std::borrow::Cow;
use std::io;
use std::thread::{self, JoinHandle};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Editor, ExternalPrinter, Helper};
use tokio::sync::{mpsc, watch};

use crate::person::{Input, Person};

const PROMPT: &str = "> ";

/// The cursor goes up and down again: nothing to be seen, but something to be printed.
const INVISIBLE: &str = "\x1b[A\n";

/// How many lines may have been entered and not yet been sent.
const ENTERED: usize = 64;

type Printer = Box<dyn ExternalPrinter + Send>;

/// The terminal that is standard input and output.
pub(crate) struct Terminal {
    inputs: mpsc::Receiver<Input>,
    printer: Printer,
    gate: watch::Receiver<Gate>,
    editor: JoinHandle<()>,
}

/// Whether the printer may be used.
///
/// Between two lines the editor takes nothing from its printer, but a line may still be waiting
/// there: whatever was printed past it would stand before it. So nothing is printed from the
/// moment a line is entered until the prompt for the next one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    /// A line was entered.
    Shut,
    /// The editor is about to draw the prompt.
    Opening,
    /// The prompt stands, or there is no editor any more.
    Open,
}

impl Terminal {
    /// Takes the terminal over. `None` when it cannot be edited on, such as with `TERM=dumb`.
    pub(crate) fn open() -> Option<Self> {
        let config = Config::builder().auto_add_history(true).build();
        let mut editor = Editor::with_history(config, MemHistory::new()).ok()?;
        let printer = Box::new(editor.create_external_printer().ok()?);
        let (inputs_in, inputs) = mpsc::channel(ENTERED);
        let (gate_in, gate) = watch::channel(Gate::Shut);
        editor.set_helper(Some(Doorkeeper(gate_in)));
        let editor = thread::spawn(move || edit(editor, &inputs_in));
        Some(Self { inputs, printer, gate, editor })
    }
}

/// The editor's thread: line after line, until the person or the conversation ends it.
fn edit(mut editor: Editor<Doorkeeper, MemHistory>, inputs: &mpsc::Sender<Input>) {
    while !inputs.is_closed() {
        if let Some(doorkeeper) = editor.helper() {
            doorkeeper.0.send_replace(Gate::Opening);
        }
        let input = match editor.readline(PROMPT) {
            Ok(line) => Input::Text(line),
            Err(ReadlineError::Signal(rustyline::error::Signal::Resize)) => continue,
            // Ctrl-C, Ctrl-D, a signal, or a terminal that is gone.
            Err(_) => Input::End,
        };
        let ended = input == Input::End;
        if inputs.blocking_send(input).is_err() || ended {
            break;
        }
    }
    if let Some(doorkeeper) = editor.helper() {
        doorkeeper.0.send_replace(Gate::Open);
    }
}

impl Person for Terminal {
    async fn next(&mut self) -> Input {
        self.inputs.recv().await.unwrap_or(Input::End)
    }

    async fn show(&mut self, line: &str) -> io::Result<()> {
        // The gate's other half is gone only with the editor.
        let _ = self.gate.wait_for(|gate| *gate == Gate::Open).await;
        self.printer.print(format!("{line}\n")).map_err(io::Error::other)
    }

    async fn close(mut self) {
        // The printer holds one line, so this one goes in when the last one has come out.
        let _ = self.printer.print(INVISIBLE.to_owned());
        self.inputs.close();
        end(self.editor);
    }
}

/// Ends the editor while it waits for a key, so that it gives the terminal back.
///
/// It has no other way to be interrupted than the signal, which ends nothing but its waiting: the
/// signal's handler is the editor's, or otherwise the one that [`crate::run`] has put in place.
#[cfg(unix)]
fn end(editor: JoinHandle<()>) {
    use std::time::Duration;

    use rustix::process::{Signal, getpid, kill_process};

    while !editor.is_finished() {
        let _ = kill_process(getpid(), Signal::INT);
        thread::sleep(Duration::from_millis(1));
    }
    let _ = editor.join();
}

/// Elsewhere the console's mode belongs to the process and ends with it.
#[cfg(not(unix))]
fn end(editor: JoinHandle<()>) {
    drop(editor);
}

/// Watches the editor from within, where it can be seen what it is about.
struct Doorkeeper(watch::Sender<Gate>);

impl Hinter for Doorkeeper {
    type Hint = String;

    /// Asked whenever the prompt is drawn.
    fn hint(&self, _line: &str, _pos: usize, _ctx: &rustyline::Context<'_>) -> Option<String> {
        self.0.send_if_modified(|gate| {
            let opening = *gate == Gate::Opening;
            if opening {
                *gate = Gate::Open;
            }
            opening
        });
        None
    }
}

impl Validator for Doorkeeper {
    /// Asked when a line is entered, while the prompt still stands.
    fn validate(&self, _ctx: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.0.send_replace(Gate::Shut);
        Ok(ValidationResult::Valid(None))
    }
}

impl Highlighter for Doorkeeper {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Borrowed(hint)
    }
}

impl Completer for Doorkeeper {
    type Candidate = String;
}

impl Helper for Doorkeeper {}
