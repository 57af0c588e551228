//! The thread that writes a console's lines to its output.

use std::io::{self, Write};
use std::mem;
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use crate::console::{Complaint, Shared, State};

/// The time for which the thread lets lines gather between two writes. A busy chat would otherwise wake it
/// for every line, which costs more than delivering the message to a hundred clients.
const GATHER: Duration = Duration::from_millis(10);

/// The same grows to this while lines keep coming, so that a wake-up is shared by all lines of a moment that
/// nobody sees. Two clients that talk a thousand times a second paid a tenth of their processor for the
/// console before.
const LONGEST_GATHER: Duration = Duration::from_millis(80);

/// The pause between two attempts to write to an output that fails grows from [`GATHER`] to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The time after which it is said how many lines are missing, if no further line comes before.
const GAP_PAUSE: Duration = Duration::from_secs(1);

impl Shared {
    /// Takes all that waits, writes it with the lock released, and again; until the reader has gone.
    pub(super) fn write_out(&self, mut output: impl Write, complain: &Complaint) {
        let (mut taken, mut gather) = (Vec::new(), GATHER);
        loop {
            self.take(&mut taken);
            if self.write_all(&mut output, &taken, complain).is_err() {
                return self.close();
            }
            self.pause(gather);
            gather = if self.lock().is_quiet() { GATHER } else { LONGEST_GATHER.min(2 * gather) };
        }
    }

    /// Writes all of it. A write that fails is tried again from the byte where it failed, so no line
    /// is torn or lost by it: what is printed meanwhile waits, and what does not fit there is counted.
    ///
    /// Fails when the reader of the output has gone for good.
    fn write_all(
        &self,
        output: &mut impl Write,
        mut bytes: &[u8],
        complain: &Complaint,
    ) -> io::Result<()> {
        let mut pause = GATHER;
        while !bytes.is_empty() {
            let error = match output.write(bytes) {
                Ok(0) => io::ErrorKind::WriteZero.into(),
                Ok(n) => {
                    bytes = &bytes[n..];
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            if pause == GATHER {
                complain(&error);
            }
            if error.kind() == io::ErrorKind::BrokenPipe {
                return Err(error);
            }
            self.pause(pause);
            // The pause is none when everything is to be written.
            thread::sleep(GATHER);
            pause = LONGEST_PAUSE.min(2 * pause);
        }
        Ok(())
    }

    /// Waits for this long, or until everything is to be written.
    fn pause(&self, time: Duration) {
        let calm = |state: &mut State| !state.finishing;
        drop(self.hurry.wait_timeout_while(self.lock(), time, calm));
    }

    /// Swaps the waiting lines for the written ones, as soon as there are any.
    fn take(&self, written: &mut Vec<u8>) {
        written.clear();
        let mut state = self.lock();
        state.writing = false;
        if state.is_quiet() {
            self.flushed.notify_all();
        }
        let quiet = |state: &mut State| state.is_quiet();
        state = self.filled.wait_while(state, quiet).unwrap_or_else(PoisonError::into_inner);
        let only_gap = |state: &mut State| state.waiting.is_empty() && !state.finishing;
        let waited = self.filled.wait_timeout_while(state, GAP_PAUSE, only_gap);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.tell_gap(self.form);
        mem::swap(&mut state.waiting, written);
        state.writing = true;
    }

    /// The reader has gone: what is printed from now on goes nowhere.
    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.writing = false;
        state.omitted = 0;
        state.waiting = Vec::new();
        self.flushed.notify_all();
    }
}
