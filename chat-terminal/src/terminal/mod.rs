//! Terminal user interface: line editing, history, and arriving lines above the prompt.
//!
//! The editor is rustyline. It blocks, so it has a thread. Lines that arrive while the user types
//! go to its printer, which writes them above the prompt and redraws the prompt. The printer blocks
//! too and has another thread. So the terminal never blocks the conversation.

mod callbacks;
mod editing;
mod gate;
mod keys;
mod printing;
pub mod rows;
mod shown;
mod tty;

use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::{io, mem};

use bytes::BytesMut;
use rustyline::history::MemHistory;
use rustyline::{CompletionType, Config, Editor};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use crate::completion::SharedVocabulary;
use crate::person::{Input, Keyboard, Screen};
use callbacks::{Insider, Prompter};
use editing::Editing;
use gate::Gate;
use printing::{Printing, Text};
use shown::Shown;
use tty::{CLOSE, Mode};

/// Size of the queue of lines that were entered and not sent yet.
const ENTERED: usize = 64;

/// Time that the editor waits for the rest of an escape sequence, in milliseconds. The sequence of
/// a key arrives whole, and a lone Escape must not delay arriving lines.
const KEY_TIMEOUT: u16 = 50;

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

/// Opens the terminal that is standard input and output. `interrupt` is told of Ctrl-C.
///
/// A `question` replaces the prompt until an answer has been accepted (see [`Keyboard::answered`]).
/// With a `vocabulary`, Tab completes its words.
///
/// Returns `None` if the terminal cannot edit lines, such as with `TERM=dumb`. Signal handlers must
/// be installed before this call, because the editor restores the ones that it finds.
pub fn open(
    question: Option<Cow<'static, str>>,
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
    let printer = editor.create_external_printer().ok()?;
    let gate = Arc::new(Gate::new(question, tty::interrupt));
    let stopping = Arc::new(AtomicBool::new(false));
    let (inputs_in, inputs) = mpsc::channel(ENTERED);
    let (verdicts, verdicts_out) = sync_channel(1);
    let (texts, texts_out) = mpsc::channel(1);
    let (done, all_shown) = oneshot::channel();
    let prompter = vocabulary.map(|words| Prompter { words, texts: texts.clone() });
    let disturbed = Arc::new(AtomicUsize::new(0));
    let insider = Insider::new(Arc::clone(&gate), prompter, texts.clone(), Arc::clone(&disturbed));
    editor.set_helper(Some(insider));
    keys::bind(&mut editor, &inputs_in, &interrupt, &gate);
    let shown = Arc::new(Shown::default());

    let editing = Editing {
        gate: Arc::clone(&gate),
        shown: Arc::clone(&shown),
        inputs: inputs_in,
        verdicts: verdicts_out,
        stopping: Arc::clone(&stopping),
        interrupt,
    };
    let editor = thread::spawn(move || {
        editing.edit(editor);
        editing.gate.remove();
    });
    let printer = Printing { printer, texts: texts_out, gate: Arc::clone(&gate), shown, disturbed };
    thread::spawn(move || {
        printer.print();
        let _ = done.send(());
    });
    let output = TerminalOut { texts, all_shown, editor, stopping, _mode: mode };
    Some((TerminalIn { inputs, verdicts, undecided: false, gate }, output))
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

    fn withdraw(&mut self) -> bool {
        self.gate.withdraw()
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
