//! Lines for people, written by a thread of its own.
//!
//! The reader of the server's output may stop reading or go away; that must never stop the chat.
//! So printing only appends to a bounded buffer, and a thread writes it out. When the buffer is
//! full, whole lines are left out and their number stands where they are missing.

use std::fmt;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::text::showable;

/// Bytes that wait for a slow reader. A busy room prints about 100 bytes a message, so this
/// is some ten thousand messages.
const BUFFER: usize = 1024 * 1024;

/// The time for which the thread lets lines gather between two writes. A busy chat would otherwise wake it
/// for every line, which costs more than delivering the message to a hundred clients.
const GATHER: Duration = Duration::from_millis(10);

/// A handle to an output; clones share it.
#[derive(Clone)]
pub(crate) struct Console {
    shared: Arc<Shared>,
    on_terminal: bool,
}

struct Shared {
    state: Mutex<State>,
    /// Something waits to be written.
    filled: Condvar,
    /// Everything has been written.
    flushed: Condvar,
    /// The waiting lines are to be written at once.
    hurry: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    omitted: u64,
    writing: bool,
    finishing: bool,
}

impl Console {
    /// Starts the thread that writes to `output`, at once and flushed. Once writing fails, what is
    /// printed goes nowhere.
    pub(crate) fn new(output: impl Write + Send + 'static, language: Language) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            filled: Condvar::new(),
            flushed: Condvar::new(),
            hurry: Condvar::new(),
        });
        let console = Self { shared: Arc::clone(&shared), on_terminal: false };
        thread::spawn(move || shared.write_out(output, language));
        console
    }

    /// The same for a terminal: what people sent is shown so that it cannot drive the terminal or
    /// put itself into another order. Elsewhere it is printed as it came (requirement 2.5).
    pub(crate) fn on_terminal(output: impl Write + Send + 'static, language: Language) -> Self {
        Self { on_terminal: true, ..Self::new(output, language) }
    }

    /// Prints a line, or leaves it out when the buffer is full. Never blocks on the output.
    pub(crate) fn print(&self, line: impl fmt::Display) {
        // Writing to memory cannot fail.
        let _ = self.append(|waiting| {
            if !self.on_terminal {
                return writeln!(waiting, "{line}");
            }
            let text = line.to_string();
            text.lines().try_for_each(|line| writeln!(waiting, "{}", showable(line.into())))
        });
    }

    /// Waits until everything printed has been written, for at most this long.
    pub(crate) fn finish(&self, patience: Duration) {
        let mut state = self.shared.lock();
        state.finishing = true;
        self.shared.hurry.notify_all();
        let busy = |state: &mut State| state.writing || !state.waiting.is_empty();
        drop(self.shared.flushed.wait_timeout_while(state, patience, busy));
    }

    fn append(&self, write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.shared.lock();
        if state.waiting.len() >= BUFFER {
            state.omitted += 1;
            return Ok(());
        }
        let empty = state.waiting.is_empty();
        let written = write(&mut state.waiting);
        drop(state);
        if empty {
            self.shared.filled.notify_one();
        }
        written
    }
}

/// One write is one line, which is how `tracing_subscriber` writes its events.
impl Write for Console {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.append(|waiting| waiting.write_all(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writing thread: takes all that waits, writes it with the lock released, and again.
    fn write_out(&self, mut output: impl Write, language: Language) {
        let mut taken = Vec::new();
        let mut broken = false;
        loop {
            self.take(&mut taken, language);
            if !broken && let Err(error) = output.write_all(&taken).and_then(|()| output.flush()) {
                broken = true;
                tracing::warn!(%error, "cannot print; the chat goes on");
            }
            let calm = |state: &mut State| !state.finishing;
            drop(self.hurry.wait_timeout_while(self.lock(), GATHER, calm));
        }
    }

    /// Swaps the waiting lines for the written ones, as soon as there are any.
    fn take(&self, written: &mut Vec<u8>, language: Language) {
        written.clear();
        let mut state = self.lock();
        state.writing = false;
        if state.waiting.is_empty() {
            self.flushed.notify_all();
        }
        let empty = |state: &mut State| state.waiting.is_empty();
        let mut state =
            self.filled.wait_while(state, empty).unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut state.waiting, written);
        state.writing = true;
        let omitted = mem::take(&mut state.omitted);
        if omitted > 0 {
            written.extend_from_slice(format!("{}\n", language.console_gap(omitted)).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// An output whose reader takes what was written when it likes, or hangs up.
    struct Pipe(SyncSender<Vec<u8>>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn console() -> (Console, Receiver<Vec<u8>>) {
        let (writer, reader) = sync_channel(0);
        (Console::new(Pipe(writer), Language::Es), reader)
    }

    #[test]
    fn r1_2_prints_at_once_and_in_order() {
        let (console, reader) = console();
        console.print("uno");
        assert_eq!(reader.recv().unwrap(), b"uno\n");
        console.print("dos");
        console.print("tres");
        let mut rest = reader.recv().unwrap();
        if rest == b"dos\n" {
            rest.extend(reader.recv().unwrap());
        }
        assert_eq!(rest, b"dos\ntres\n");
    }

    #[test]
    fn r2_5_only_a_terminal_is_spared_what_could_drive_it() {
        let (writer, reader) = sync_channel(0);
        let line = "Ana > \u{202E}odnum";
        Console::on_terminal(Pipe(writer), Language::Es).print(format_args!("{line}\nfin"));
        assert_eq!(reader.recv().unwrap(), "Ana > \u{FFFD}odnum\nfin\n".as_bytes());
        let (console, reader) = console();
        console.print(line);
        assert_eq!(reader.recv().unwrap(), format!("{line}\n").as_bytes());
    }

    #[test]
    fn r1_4_a_reader_that_stops_costs_lines_but_never_blocks() {
        let (console, reader) = console();
        let line = "x".repeat(1023);
        let total = 3 * BUFFER / 1024;
        for _ in 0..total {
            console.print(&line);
        }
        let (mut printed, mut omitted) = (0, 0);
        while printed + omitted < total {
            for read in String::from_utf8(reader.recv().unwrap()).unwrap().lines() {
                if let Some((lines, _)) =
                    read.strip_prefix("* líneas omitidas: ").and_then(|gap| gap.split_once(';'))
                {
                    omitted += lines.parse::<usize>().unwrap();
                } else {
                    assert_eq!(read, line, "no line is torn");
                    printed += 1;
                }
            }
        }
        assert_eq!(printed + omitted, total);
        assert!(omitted > 0);

        console.print("de nuevo");
        assert_eq!(reader.recv().unwrap(), b"de nuevo\n");
    }

    #[test]
    fn r1_4_a_reader_that_goes_away_is_survived() {
        let (console, reader) = console();
        drop(reader);
        for _ in 0..2 * BUFFER / 4 {
            console.print("uno");
        }
        console.finish(Duration::from_millis(100));
    }
}
