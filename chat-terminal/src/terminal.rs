//! Terminal user interface: line editing, history, and arriving lines above the prompt.
//!
//! The editor is rustyline. It blocks, so it has a thread. Lines that arrive while the user types
//! go to its printer, which writes them above the prompt and redraws the prompt. The printer blocks
//! too and has another thread. So the terminal never blocks the conversation.

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

/// The default prompt, for input that is no answer to a question.
const PROMPT: &str = "> ";

/// Moves the cursor up and down again: an invisible text, to be printed when a text is needed.
const INVISIBLE: &str = "\x1b[A\n";

/// Size of the queue of lines that were entered and not sent yet.
const ENTERED: usize = 64;

/// Time that the editor waits for the rest of an escape sequence, in milliseconds. The sequence of
/// a key arrives whole, and a lone Escape must not delay arriving lines.
const KEY_TIMEOUT: u16 = 50;

type LineEditor = Editor<Insider, MemHistory>;

/// Input from the terminal.
pub struct TerminalIn {
    inputs: mpsc::Receiver<Input>,
    /// One message per answer, sent when the next prompt has been decided.
    verdicts: SyncSender<()>,
    /// True if the editor waits for a verdict.
    undecided: bool,
    gate: Arc<Gate>,
}

/// Output to the terminal.
pub struct TerminalOut {
    texts: mpsc::Sender<Text>,
    /// Completes when the last line has been printed.
    all_shown: oneshot::Receiver<()>,
    editor: JoinHandle<()>,
    stopping: Arc<AtomicBool>,
    _mode: Mode,
}

/// A text to be printed, or the end of the output.
enum Text {
    Lines(String),
    End,
}

/// Opens the terminal that is standard input and output. `interrupt` is told of Ctrl-C.
///
/// A `question` replaces the prompt until an answer has been accepted (see [`Keyboard::answered`]).
/// With a `vocabulary`, Tab completes its words.
///
/// Returns `None` if the terminal cannot edit lines, such as with `TERM=dumb`. Signal handlers must
/// be installed before this call, because the editor restores the ones that it finds.
pub fn open(
    question: Option<&'static str>,
    interrupt: Arc<Notify>,
    vocabulary: Option<SharedVocabulary>,
) -> Option<(TerminalIn, TerminalOut)> {
    let mode = Mode::current();
    let config = Config::builder()
        .keyseq_timeout(Some(KEY_TIMEOUT))
        // The other completion type waits for the next key even without a choice.
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
            // It fails if the terminal is gone, and then the editor ends too.
            let _ = printer.print(lines);
        }
        doors.pass();
        // The printer holds one text, so this call returns after the last one has been printed.
        let _ = printer.print(INVISIBLE.to_owned());
        let _ = done.send(());
    });
    let output = TerminalOut { texts, all_shown, editor, stopping, _mode: mode };
    Some((TerminalIn { inputs, verdicts, undecided: false, gate }, output))
}

/// The editor's thread: reads line after line until it must stop or the terminal is gone.
fn edit(
    mut editor: LineEditor,
    verdicts: &Receiver<()>,
    inputs: &mpsc::Sender<Input>,
    gate: &Gate,
    stopping: &AtomicBool,
    interrupt: &Notify,
) {
    // The line that was being typed when a question came.
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
                // It fails only for a history on disk.
                let _ = editor.add_history_entry(&line);
                Input::Text(line)
            }
            // The terminal is gone; or a key was no valid character.
            Err(ReadlineError::Io(e)) if e.kind() != io::ErrorKind::InvalidData => Input::End,
            Err(ReadlineError::Eof) => Input::End,
            #[cfg(unix)]
            Err(ReadlineError::Errno(_)) => Input::End,
            // Such as a resized window.
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
        // The next prompt depends on the verdict on this answer.
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
    /// Returns whether the user can enter more. It can be true after [`Input::End`], which may come
    /// from a key.
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
            // It fails if the editor has ended.
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
    /// A writer to the same terminal, for a thread that writes whole lines. It blocks while the
    /// terminal is slow, and fails after this output is closed.
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

/// Callbacks of the editor. They report its state to the [`Gate`].
struct Insider {
    gate: Arc<Gate>,
    prompter: Option<Prompter>,
}

/// Tab completion.
struct Prompter {
    words: SharedVocabulary,
    /// The printer of the choices, if there are several.
    texts: mpsc::Sender<Text>,
}

impl Hinter for Insider {
    type Hint = String;

    /// Called when the prompt is drawn.
    fn hint(&self, line: &str, _pos: usize, _ctx: &rustyline::Context<'_>) -> Option<String> {
        self.gate.drawn(line);
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
