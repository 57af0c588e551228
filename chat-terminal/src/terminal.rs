//! A person at a terminal: line editing, history, and arriving lines above the prompt.
//!
//! The editor is rustyline's. It blocks, so it has a thread; lines that arrive while somebody
//! types go to its printer, which puts them above the prompt and draws the prompt anew. The
//! printer blocks as well and has another thread, so that nothing on the terminal ever keeps the
//! conversation waiting.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::{io, mem};

use bytes::BytesMut;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Editor, ExternalPrinter, Helper};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use crate::completion::{Completion, SharedVocabulary, complete, word_at};
use crate::gate::Gate;
use crate::keys;
use crate::person::{Input, Keyboard, Screen};
use crate::tty::{self, CLOSE, Mode};

/// The prompt for everything that answers no question.
const PROMPT: &str = "> ";

/// The cursor goes up and down again: nothing to be seen, but something to be printed.
const INVISIBLE: &str = "\x1b[A\n";

/// How many lines may have been entered and not yet been sent.
const ENTERED: usize = 64;

/// How long the editor waits for the rest of a key, in milliseconds: a key that is an escape
/// sequence arrives whole, and a lone Escape must not hold up what arrives.
const KEY_TIMEOUT: u16 = 50;

type LineEditor = Editor<Insider, MemHistory>;

/// What is typed at the terminal.
pub struct TerminalIn {
    inputs: mpsc::Receiver<Input>,
    /// For each answer, that it is decided what is asked next.
    verdicts: SyncSender<()>,
    /// The editor waits for a verdict.
    undecided: bool,
    gate: Arc<Gate>,
}

/// What is to be seen on the terminal.
pub struct TerminalOut {
    texts: mpsc::Sender<Text>,
    /// Completes when the last line has been printed.
    all_shown: oneshot::Receiver<()>,
    editor: JoinHandle<()>,
    stopping: Arc<AtomicBool>,
    _mode: Mode,
}

/// Something to be printed, or the end.
enum Text {
    Lines(String),
    End,
}

/// Takes over the terminal that is standard input and output; `interrupt` is told of Ctrl-C.
///
/// With a `question`, that is the prompt until an answer has been accepted (see
/// [`Keyboard::answered`]); with a `vocabulary`, Tab completes its words.
///
/// `None` when it cannot be edited on, such as with `TERM=dumb`. The handlers of signals must be
/// in place by now, because the editor puts back those it finds.
pub fn open(
    question: Option<&'static str>,
    interrupt: Arc<Notify>,
    vocabulary: Option<SharedVocabulary>,
) -> Option<(TerminalIn, TerminalOut)> {
    let mode = Mode::current();
    let config = Config::builder()
        .keyseq_timeout(Some(KEY_TIMEOUT))
        // The other way waits for the next key even when there is no choice.
        .completion_type(CompletionType::List)
        .build();
    let mut editor = Editor::with_history(config, MemHistory::new()).ok()?;
    let mut printer = editor.create_external_printer().ok()?;
    let gate = Arc::new(Gate::new(question, tty::interrupt));
    let stopping = Arc::new(AtomicBool::new(false));
    let (inputs_in, inputs) = mpsc::channel(ENTERED);
    let (verdicts, verdicts_out) = sync_channel(1);
    let (texts, mut texts_out) = mpsc::channel(1);
    let (done, all_shown) = oneshot::channel();
    let prompter = vocabulary.map(|words| Prompter { words, texts: texts.clone() });
    editor.set_helper(Some(Insider { gate: Arc::clone(&gate), prompter }));
    keys::bind(&mut editor, &inputs_in, &interrupt);

    let (doors, stop) = (Arc::clone(&gate), Arc::clone(&stopping));
    let editor = thread::spawn(move || {
        edit(editor, &verdicts_out, &inputs_in, &doors, &stop, &interrupt);
        doors.remove();
    });
    let doors = Arc::clone(&gate);
    thread::spawn(move || {
        while let Some(Text::Lines(lines)) = texts_out.blocking_recv() {
            doors.pass();
            // It fails with the terminal, which ends the editor as well.
            let _ = printer.print(lines);
        }
        doors.pass();
        // The printer holds one text, so this one goes in when the last one has come out.
        let _ = printer.print(INVISIBLE.to_owned());
        let _ = done.send(());
    });
    let output = TerminalOut { texts, all_shown, editor, stopping, _mode: mode };
    Some((TerminalIn { inputs, verdicts, undecided: false, gate }, output))
}

/// The editor's thread: line after line, until it is to stop or the terminal is gone.
fn edit(
    mut editor: LineEditor,
    verdicts: &Receiver<()>,
    inputs: &mpsc::Sender<Input>,
    gate: &Gate,
    stopping: &AtomicBool,
    interrupt: &Notify,
) {
    // What was being typed when a question came.
    let mut draft = String::new();
    while !stopping.load(Ordering::Relaxed) {
        let question = gate.prepare();
        let line = match question {
            Some(question) => editor.readline(question),
            None => editor.readline_with_initial(PROMPT, (&mem::take(&mut draft), "")),
        };
        gate.shut();
        let input = match line {
            Ok(line) if question.is_some() => Input::Answer(line),
            Ok(line) => {
                // It fails for a history on disk only.
                let _ = editor.add_history_entry(&line);
                Input::Text(line)
            }
            // The terminal is gone; or a key was no character.
            Err(ReadlineError::Io(e)) if e.kind() != io::ErrorKind::InvalidData => Input::End,
            Err(ReadlineError::Eof) => Input::End,
            #[cfg(unix)]
            Err(ReadlineError::Errno(_)) => Input::End,
            // Among them a resized window.
            Err(error) => {
                let (overtaken, line) = gate.left_behind();
                if is_interrupt(&error) && !overtaken {
                    interrupt.notify_one();
                }
                if question.is_none() {
                    draft = line;
                }
                continue;
            }
        };
        let ended = input == Input::End;
        let answered = matches!(input, Input::Answer(_));
        if inputs.blocking_send(input).is_err() || ended {
            return;
        }
        // The prompt for what comes next depends on what becomes of the answer.
        if answered && verdicts.recv().is_err() {
            gate.answered();
        }
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

impl TerminalIn {
    /// Whether more can be entered: [`Input::End`] may have been a key.
    pub fn is_open(&self) -> bool {
        !self.inputs.is_closed()
    }
}

impl Keyboard for TerminalIn {
    async fn next(&mut self) -> Input {
        let input = self.inputs.recv().await.unwrap_or(Input::End);
        self.undecided |= matches!(input, Input::Answer(_));
        input
    }

    fn answered(&mut self, again: bool) {
        if mem::take(&mut self.undecided) {
            if !again {
                self.gate.answered();
            }
            // It fails when there is no editor any more.
            let _ = self.verdicts.try_send(());
        }
    }

    fn ask(&mut self, question: &'static str) {
        if self.undecided {
            self.answered(true);
        } else {
            self.gate.ask(question);
        }
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
        tty::end(&self.editor);
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

/// Watches the editor from within, where it can be seen what it is about.
struct Insider {
    gate: Arc<Gate>,
    prompter: Option<Prompter>,
}

/// Helps out with words.
struct Prompter {
    words: SharedVocabulary,
    /// Where the choices are printed, when there are several.
    texts: mpsc::Sender<Text>,
}

impl Hinter for Insider {
    type Hint = String;

    /// Asked whenever the prompt is drawn.
    fn hint(&self, line: &str, _pos: usize, _ctx: &rustyline::Context<'_>) -> Option<String> {
        self.gate.drawn(line);
        None
    }
}

impl Validator for Insider {
    /// Asked when a line is entered, while the prompt still stands.
    fn validate(&self, _ctx: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.gate.shut();
        Ok(ValidationResult::Valid(None))
    }
}

impl Completer for Insider {
    type Candidate = String;

    /// Asked when Tab is pressed. With more than one candidate, the editor would wait for a key.
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
                // When a line that arrives is just being printed, the key is pressed once more.
                let _ = self.texts.try_send(Text::Lines(line + "\n"));
                None
            }
        }
    }
}

impl Highlighter for Insider {}

impl Helper for Insider {}
