//! Lines for people, written by a thread of its own.
//!
//! The reader of the server's output may stop reading or go away, and the output may fail; that must
//! never stop the chat. So printing only appends to a bounded buffer, and a thread writes it out. When
//! the buffer is full, or clients cause more than may be printed in the time, whole lines are left out
//! and their number stands where they are missing.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use chat_protocol::language::Language;
use chat_protocol::text::showable;

use crate::console::allowance::Allowance;

mod allowance;
mod writing;

/// Bytes that wait for a slow reader. A busy room prints about 100 bytes a message, so this
/// is some ten thousand messages.
const BUFFER: usize = 1024 * 1024;

/// A handle to an output; clones share it.
#[derive(Clone)]
pub(crate) struct Console {
    shared: Arc<Shared>,
}

/// The form of the lines on a console.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) language: Language,
    /// Text of clients is shown so that it cannot drive the terminal or put itself into another
    /// order. Elsewhere it is printed as it came (requirement 2.5).
    pub(crate) on_terminal: bool,
    /// The local time stands before each line (`--times`).
    pub(crate) times: bool,
}

/// The cause of a line. It decides whether the line may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The server itself, or its operator: the line is never left out.
    Server,
    /// A client that comes, goes, or is refused.
    Event,
    /// The text of a client. It is left out before events are.
    Message,
}

/// Called with the reason when an output fails, once until it works again.
type Complaint = Box<dyn Fn(&io::Error) + Send>;

struct Shared {
    form: Form,
    state: Mutex<State>,
    /// Something waits to be written.
    filled: Condvar,
    /// Everything has been written.
    flushed: Condvar,
    /// The waiting lines are to be written at once.
    hurry: Condvar,
}

struct State {
    waiting: Vec<u8>,
    /// Lines left out behind those that wait.
    omitted: u64,
    allowance: Allowance,
    writing: bool,
    finishing: bool,
    /// The output has no reader any more: what is printed goes nowhere.
    closed: bool,
}

impl Console {
    /// Starts the thread that writes to `output`, at once.
    pub(crate) fn new(output: impl Write + Send + 'static, form: impl Into<Form>) -> Self {
        let complain = |error: &io::Error| tracing::warn!(%error, "cannot print; the chat goes on");
        Self::complaining(output, form.into(), Box::new(complain))
    }

    /// The output for diagnostics; that it fails is printed on `console`.
    pub(crate) fn for_log(output: impl Write + Send + 'static, console: &Self) -> Self {
        let (console, language) = (console.clone(), console.shared.form.language);
        let complain = move |error: &io::Error| console.announce(language.log_failed(error));
        Self::complaining(output, language.into(), Box::new(complain))
    }

    fn complaining(output: impl Write + Send + 'static, form: Form, complain: Complaint) -> Self {
        let shared = Arc::new(Shared {
            form,
            state: Mutex::new(State::new()),
            filled: Condvar::new(),
            flushed: Condvar::new(),
            hurry: Condvar::new(),
        });
        let console = Self { shared: Arc::clone(&shared) };
        thread::spawn(move || shared.write_out(output, &complain));
        console
    }

    /// Prints a line of the server's own. It is never left out.
    pub(crate) fn announce(&self, line: impl fmt::Display) {
        self.put(Cause::Server, line);
    }

    /// Prints a line that a client has caused, or leaves it out. Never blocks on the output.
    pub(crate) fn print(&self, line: impl fmt::Display) {
        self.put(Cause::Event, line);
    }

    /// Prints the message of a client, or leaves it out. Never blocks on the output.
    pub(crate) fn print_message(&self, line: impl fmt::Display) {
        self.put(Cause::Message, line);
    }

    /// Waits until everything printed has been written, for at most this long.
    pub(crate) fn finish(&self, patience: Duration) {
        let mut state = self.shared.lock();
        state.finishing = true;
        self.shared.hurry.notify_all();
        self.shared.filled.notify_all();
        let busy = |state: &mut State| state.writing || !state.is_quiet();
        drop(self.shared.flushed.wait_timeout_while(state, patience, busy));
    }

    fn put(&self, cause: Cause, line: impl fmt::Display) {
        // Writing to memory cannot fail.
        let _ = self.shared.append(cause, |waiting| self.shared.form.write(waiting, line));
    }
}

/// One write is one line, which is how `tracing_subscriber` writes its events.
impl Write for Console {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.shared.append(Cause::Message, |waiting| waiting.write_all(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The form for a file or a pipe.
impl From<Language> for Form {
    fn from(language: Language) -> Self {
        Self { language, on_terminal: false, times: false }
    }
}

impl Form {
    /// Writes a text of one or several lines.
    fn write(self, output: &mut Vec<u8>, text: impl fmt::Display) -> io::Result<()> {
        if !self.on_terminal && !self.times {
            // Writing to memory cannot fail, so this way of writing has no failure to keep.
            let _ = fmt::Write::write_fmt(&mut Waiting(output), format_args!("{text}\n"));
            return Ok(());
        }
        for line in text.to_string().lines() {
            if self.times {
                write!(output, "{} ", jiff::Zoned::now().strftime("%H:%M:%S"))?;
            }
            let line = if self.on_terminal { showable(line.into()) } else { line.into() };
            writeln!(output, "{line}")?;
        }
        Ok(())
    }
}

/// Lines that wait, as text is appended to them.
struct Waiting<'a>(&'a mut Vec<u8>);

impl fmt::Write for Waiting<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(
        &self,
        cause: Cause,
        write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        let now = Instant::now();
        let mut state = self.lock();
        if state.closed {
            return Ok(());
        }
        let (was_quiet, was_empty) = (state.is_quiet(), state.waiting.is_empty());
        let mut written = Ok(());
        if state.takes(cause, now) {
            let before = state.waiting.len();
            state.tell_gap(self.form);
            written = write(&mut state.waiting);
            let length = state.waiting.len() - before;
            state.allowance.spend(length, now);
        } else {
            state.omitted += 1;
        }
        let fills = was_empty && !state.waiting.is_empty();
        drop(state);
        if was_quiet || fills {
            self.filled.notify_one();
        }
        written
    }
}

impl State {
    fn new() -> Self {
        let allowance = Allowance::new(Instant::now());
        Self {
            waiting: Vec::new(),
            omitted: 0,
            allowance,
            writing: false,
            finishing: false,
            closed: false,
        }
    }

    fn takes(&mut self, cause: Cause, now: Instant) -> bool {
        cause == Cause::Server || self.waiting.len() < BUFFER && self.allowance.permits(cause, now)
    }

    /// Returns whether there is nothing to write.
    fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.omitted == 0
    }

    /// Writes how many lines are missing here, if some are.
    fn tell_gap(&mut self, form: Form) {
        let omitted = std::mem::take(&mut self.omitted);
        if omitted > 0 {
            // Writing to memory cannot fail.
            let _ = form.write(&mut self.waiting, form.language.console_gap(omitted));
        }
    }
}

#[cfg(test)]
mod tests;
