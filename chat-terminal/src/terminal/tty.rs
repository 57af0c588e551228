//! Terminal mode, and the ways to interrupt, suspend and end the editor.

use std::io::{self, Write};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Timeout for showing the last lines, and then for restoring the terminal.
pub(super) const CLOSE: Duration = Duration::from_secs(1);

/// Interval between two requests to the editor to end: it does not report its end.
const ASK: Duration = Duration::from_millis(1);

/// Interrupts the editor while a line is being typed. Returns whether it could.
///
/// The editor can only be interrupted by the signal. While a prompt is drawn, the editor's own
/// handler gets the signal; otherwise the handler of [`crate::signals`] does.
#[cfg(unix)]
pub(super) fn interrupt() -> bool {
    use rustix::process::{Signal, getpid, kill_process};

    kill_process(getpid(), Signal::INT).is_ok()
}

/// Returns false: the editor cannot be interrupted on other systems.
#[cfg(not(unix))]
pub(super) fn interrupt() -> bool {
    false
}

/// Time in which a signal to stop takes effect, at the latest.
#[cfg(unix)]
const STOP: Duration = Duration::from_millis(100);

/// Suspends the process, and all others of its job, as Ctrl-Z does while no editor runs. Returns
/// when the job is continued; at once where there is no shell that could continue it.
#[cfg(unix)]
pub(super) fn suspend() {
    use rustix::process::{Signal, kill_current_process_group};

    // Another thread may get the signal, so this one runs on for a moment.
    if kill_current_process_group(Signal::TSTP).is_ok() {
        thread::sleep(STOP);
    }
}

/// Does nothing: there are no jobs on other systems.
#[cfg(not(unix))]
pub(super) fn suspend() {}

/// Erases this many rows above the cursor, and leaves the cursor on the first of them.
pub(super) fn erase(rows: usize) {
    let mut output = io::stdout().lock();
    // It fails if the terminal is gone.
    let _ = write!(output, "\x1b[{rows}A\r\x1b[J").and_then(|()| output.flush());
}

/// Ends the editor while it waits for a key, so that it restores the terminal. Gives up after
/// [`CLOSE`].
#[cfg(unix)]
pub(super) fn end(editor: &JoinHandle<()>) {
    let deadline = Instant::now() + CLOSE;
    while !editor.is_finished() && Instant::now() < deadline {
        interrupt();
        thread::sleep(ASK);
    }
}

/// Waits for the editor for [`ASK`]. On other systems it ends only with the next line.
#[cfg(not(unix))]
pub(super) fn end(editor: &JoinHandle<()>) {
    let deadline = Instant::now() + ASK;
    while !editor.is_finished() && Instant::now() < deadline {
        thread::yield_now();
    }
}

/// The terminal's mode before the editor changed it. Dropping it restores this mode, in case the
/// editor has not done so.
#[cfg(unix)]
pub(super) struct Mode(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Mode {
    pub(super) fn current() -> Self {
        Self(rustix::termios::tcgetattr(io::stdin()).ok())
    }
}

#[cfg(unix)]
impl Drop for Mode {
    fn drop(&mut self) {
        if let Some(mode) = &self.0 {
            let now = rustix::termios::OptionalActions::Now;
            let _ = rustix::termios::tcsetattr(io::stdin(), now, mode);
        }
    }
}

/// Restores nothing on Windows: shells there set the console's mode before they read a line.
#[cfg(not(unix))]
pub(super) struct Mode;

#[cfg(not(unix))]
impl Mode {
    pub(super) fn current() -> Self {
        Self
    }
}
