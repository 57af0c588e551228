//! A person at a terminal: line editing, history, and arriving lines above the prompt.
//!
//! The editor is rustyline's. It blocks, so it has a thread; lines that arrive while somebody
//! types go to its printer, which puts them above the prompt and draws the prompt anew. The
//! printer blocks as well and has another thread, so that nothing on the terminal ever keeps the
//! conversation waiting.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, ConditionalEventHandler, Config, Editor, Event, EventContext, EventHandler,
    ExternalPrinter, Helper, KeyEvent, RepeatCount,
};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use crate::gate::Gate;
use crate::person::{Input, Keyboard, Screen};

/// The prompt for everything that answers no question.
const PROMPT: &str = "> ";

/// The cursor goes up and down again: nothing to be seen, but something to be printed.
const INVISIBLE: &str = "\x1b[A\n";

/// How many lines may have been entered and not yet been sent.
const ENTERED: usize = 64;

/// How long the editor waits for the rest of a key, in milliseconds: a key that is an escape
/// sequence arrives whole, and a lone Escape must not hold up what arrives.
const KEY_TIMEOUT: u16 = 50;

/// How long the terminal may take to show the last lines, and then to be given back.
const CLOSE: Duration = Duration::from_secs(1);

/// How often the editor is asked to end: it does not say when it has.
const ASK: Duration = Duration::from_millis(1);

type LineEditor = Editor<Doorkeeper, MemHistory>;

/// What is typed at the terminal.
pub struct TerminalIn {
    inputs: mpsc::Receiver<Input>,
    /// Whether the question is asked again, after each answer.
    verdicts: std::sync::mpsc::SyncSender<bool>,
}

/// What is to be seen on the terminal.
pub struct TerminalOut {
    texts: mpsc::Sender<Text>,
    /// Completes when the last line has been printed.
    all_shown: oneshot::Receiver<()>,
    editor: JoinHandle<()>,
    stopping: Arc<AtomicBool>,
    mode: Mode,
}

/// Something to be printed, or the end.
enum Text {
    Lines(String),
    End,
}

/// Takes over the terminal that is standard input and output; `interrupt` is told of Ctrl-C.
///
/// With a `question`, that is the prompt until an answer has been accepted (see
/// [`Keyboard::answered`]).
///
/// `None` when it cannot be edited on, such as with `TERM=dumb`. The handlers of signals must be
/// in place by now, because the editor puts back those it finds.
pub fn open(
    question: Option<&'static str>,
    interrupt: Arc<Notify>,
) -> Option<(TerminalIn, TerminalOut)> {
    let mode = Mode::current();
    let config = Config::builder().auto_add_history(true).keyseq_timeout(Some(KEY_TIMEOUT)).build();
    let mut editor = Editor::with_history(config, MemHistory::new()).ok()?;
    let mut printer = editor.create_external_printer().ok()?;
    let gate = Arc::new(Gate::new());
    let stopping = Arc::new(AtomicBool::new(false));
    let (inputs_in, inputs) = mpsc::channel(ENTERED);
    let (verdicts, verdicts_out) = std::sync::mpsc::sync_channel(1);
    let (texts, mut texts_out) = mpsc::channel(1);
    let (done, all_shown) = oneshot::channel();
    editor.set_helper(Some(Doorkeeper(Arc::clone(&gate))));
    bind_keys(&mut editor, &inputs_in, &interrupt);

    let (doors, stop) = (Arc::clone(&gate), Arc::clone(&stopping));
    let editor = thread::spawn(move || {
        let question = question.map(|question| (question, verdicts_out));
        edit(editor, question, &inputs_in, &doors, &stop, &interrupt);
        doors.remove();
    });
    thread::spawn(move || {
        while let Some(Text::Lines(lines)) = texts_out.blocking_recv() {
            gate.pass();
            // It fails with the terminal, which ends the editor as well.
            let _ = printer.print(lines);
        }
        gate.pass();
        // The printer holds one text, so this one goes in when the last one has come out.
        let _ = printer.print(INVISIBLE.to_owned());
        let _ = done.send(());
    });
    let output = TerminalOut { texts, all_shown, editor, stopping, mode };
    Some((TerminalIn { inputs, verdicts }, output))
}

/// The editor's thread: line after line, until it is to stop or the terminal is gone.
fn edit(
    mut editor: LineEditor,
    mut question: Option<(&str, Receiver<bool>)>,
    inputs: &mpsc::Sender<Input>,
    gate: &Gate,
    stopping: &AtomicBool,
    interrupt: &Notify,
) {
    while !stopping.load(Ordering::Relaxed) {
        gate.prepare();
        let prompt = question.as_ref().map_or(PROMPT, |(question, _)| question);
        let input = match editor.readline(prompt) {
            Ok(line) => Input::Text(line),
            // A key that is no character.
            Err(ReadlineError::Io(e)) if e.kind() == io::ErrorKind::InvalidData => continue,
            // The terminal is gone.
            Err(ReadlineError::Eof | ReadlineError::Io(_)) => Input::End,
            #[cfg(unix)]
            Err(ReadlineError::Errno(_)) => Input::End,
            Err(ReadlineError::Interrupted) => {
                interrupt.notify_one();
                continue;
            }
            #[cfg(unix)]
            Err(ReadlineError::Signal(rustyline::error::Signal::Interrupt)) => {
                interrupt.notify_one();
                continue;
            }
            // A resized window.
            Err(_) => continue,
        };
        let ended = input == Input::End;
        if inputs.blocking_send(input).is_err() || ended {
            return;
        }
        // The prompt for what comes next depends on what becomes of the answer.
        question = question.filter(|(_, verdicts)| verdicts.recv() == Ok(true));
    }
}

/// Ctrl-C and Ctrl-D leave without ending the editor, so that what arrives is still shown. Keys
/// that would wait for another key, or stop the process, do nothing: meanwhile nothing could be
/// shown.
fn bind_keys(editor: &mut LineEditor, inputs: &mpsc::Sender<Input>, interrupt: &Arc<Notify>) {
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

impl Keyboard for TerminalIn {
    async fn next(&mut self) -> Input {
        self.inputs.recv().await.unwrap_or(Input::End)
    }

    fn answered(&mut self, again: bool) {
        // Nobody waits for it when no question was asked.
        let _ = self.verdicts.try_send(again);
    }
}

impl Screen for TerminalOut {
    async fn show(&mut self, lines: &mut BytesMut) -> io::Result<()> {
        let place = self.texts.reserve().await.map_err(io::Error::other)?;
        place.send(Text::Lines(String::from_utf8_lossy(&lines.split()).into_owned()));
        Ok(())
    }

    async fn close(self) {
        let shown = async {
            let _ = self.texts.send(Text::End).await;
            let _ = self.all_shown.await;
        };
        let _ = timeout(CLOSE, shown).await;
        self.stopping.store(true, Ordering::Relaxed);
        if !end(&self.editor) {
            self.mode.restore();
        }
    }
}

impl TerminalOut {
    /// Another way to the same terminal, for a thread that writes whole lines. It blocks while the
    /// terminal takes nothing, and fails once this output is closed.
    pub fn writer(&self) -> impl Write + Send + use<> {
        LineWriter(self.texts.clone())
    }
}

struct LineWriter(mpsc::Sender<Text>);

impl Write for LineWriter {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(lines).into_owned();
        self.0.blocking_send(Text::Lines(text)).map_err(io::Error::other)?;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ends the editor while it waits for a key, so that it gives the terminal back. Returns whether
/// it did so in time.
///
/// It has no other way to be interrupted than the signal. The handler that gets it is the editor's
/// own, or otherwise the one of [`crate::signals`]; neither ends the process.
#[cfg(unix)]
fn end(editor: &JoinHandle<()>) -> bool {
    use rustix::process::{Signal, getpid, kill_process};

    let deadline = Instant::now() + CLOSE;
    while !editor.is_finished() && Instant::now() < deadline {
        let _ = kill_process(getpid(), Signal::INT);
        thread::sleep(ASK);
    }
    editor.is_finished()
}

/// Elsewhere it can only be waited for: it ends with the next line.
#[cfg(not(unix))]
fn end(editor: &JoinHandle<()>) -> bool {
    let deadline = Instant::now() + ASK;
    while !editor.is_finished() && Instant::now() < deadline {
        thread::yield_now();
    }
    editor.is_finished()
}

/// The terminal's mode before the editor changed it.
#[cfg(unix)]
struct Mode(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Mode {
    fn current() -> Self {
        Self(rustix::termios::tcgetattr(io::stdin()).ok())
    }

    /// For an editor that does not do it itself.
    fn restore(&self) {
        if let Some(mode) = &self.0 {
            let now = rustix::termios::OptionalActions::Now;
            let _ = rustix::termios::tcsetattr(io::stdin(), now, mode);
        }
    }
}

/// Windows only: shells there set the console's mode themselves before they read a line.
#[cfg(not(unix))]
struct Mode;

#[cfg(not(unix))]
impl Mode {
    fn current() -> Self {
        Self
    }

    fn restore(&self) {}
}

/// Watches the editor from within, where it can be seen what it is about.
struct Doorkeeper(Arc<Gate>);

impl Hinter for Doorkeeper {
    type Hint = String;

    /// Asked whenever the prompt is drawn.
    fn hint(&self, _line: &str, _pos: usize, _ctx: &rustyline::Context<'_>) -> Option<String> {
        self.0.drawn();
        None
    }
}

impl Validator for Doorkeeper {
    /// Asked when a line is entered, while the prompt still stands.
    fn validate(&self, _ctx: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.0.shut();
        Ok(ValidationResult::Valid(None))
    }
}

impl Highlighter for Doorkeeper {}

impl Completer for Doorkeeper {
    type Candidate = String;
}

impl Helper for Doorkeeper {}
