//! Terminal mode, and the ways to interrupt and end the editor.

#[cfg(unix)]
use std::io;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Timeout for showing the last lines, and then for restoring the terminal.
pub(crate) const CLOSE: Duration = Duration::from_secs(1);

/// Interval between two requests to the editor to end: it does not report its end.
const ASK: Duration = Duration::from_millis(1);

/// Interrupts the editor while a line is being typed. Returns whether it could.
///
/// The editor can only be interrupted by the signal. While a prompt is drawn, the editor's own
/// handler gets the signal; otherwise the handler of [`crate::signals`] does.
#[cfg(unix)]
pub(crate) fn interrupt() -> bool {
    use rustix::process::{Signal, getpid, kill_process};

    kill_process(getpid(), Signal::INT).is_ok()
}

/// Returns false: the editor cannot be interrupted on other systems.
#[cfg(not(unix))]
pub(crate) fn interrupt() -> bool {
    false
}

/// Ends the editor while it waits for a key, so that it restores the terminal. Gives up after
/// [`CLOSE`].
#[cfg(unix)]
pub(crate) fn end(editor: &JoinHandle<()>) {
    let deadline = Instant::now() + CLOSE;
    while !editor.is_finished() && Instant::now() < deadline {
        interrupt();
        thread::sleep(ASK);
    }
}

/// Waits for the editor for [`ASK`]. On other systems it ends only with the next line.
#[cfg(not(unix))]
pub(crate) fn end(editor: &JoinHandle<()>) {
    let deadline = Instant::now() + ASK;
    while !editor.is_finished() && Instant::now() < deadline {
        thread::yield_now();
    }
}

/// The terminal's mode before the editor changed it. Dropping it restores this mode, in case the
/// editor has not done so.
#[cfg(unix)]
pub(crate) struct Mode(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Mode {
    pub(crate) fn current() -> Self {
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
pub(crate) struct Mode;

#[cfg(not(unix))]
impl Mode {
    pub(crate) fn current() -> Self {
        Self
    }
}
