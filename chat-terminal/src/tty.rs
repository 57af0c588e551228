//! The terminal under the editor: its mode, and how the editor is interrupted on it.

#[cfg(unix)]
use std::io;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long the terminal may take to show the last lines, and then to be given back.
pub(crate) const CLOSE: Duration = Duration::from_secs(1);

/// How often the editor is asked to end: it does not say when it has.
const ASK: Duration = Duration::from_millis(1);

/// Makes the editor leave the line that is being typed; says whether it can.
///
/// It has no other way to be interrupted than the signal. The handler that gets it is the editor's
/// own while a prompt stands, and otherwise the one of [`crate::signals`].
#[cfg(unix)]
pub(crate) fn interrupt() -> bool {
    use rustix::process::{Signal, getpid, kill_process};

    kill_process(getpid(), Signal::INT).is_ok()
}

/// Elsewhere it has none.
#[cfg(not(unix))]
pub(crate) fn interrupt() -> bool {
    false
}

/// Ends the editor while it waits for a key, so that it gives the terminal back; if it does so in
/// time.
#[cfg(unix)]
pub(crate) fn end(editor: &JoinHandle<()>) {
    let deadline = Instant::now() + CLOSE;
    while !editor.is_finished() && Instant::now() < deadline {
        interrupt();
        thread::sleep(ASK);
    }
}

/// Elsewhere it can only be waited for: it ends with the next line.
#[cfg(not(unix))]
pub(crate) fn end(editor: &JoinHandle<()>) {
    let deadline = Instant::now() + ASK;
    while !editor.is_finished() && Instant::now() < deadline {
        thread::yield_now();
    }
}

/// The terminal's mode before the editor changed it. Dropped, it is set again, for an editor that
/// has not done so; whatever became of the rest.
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

/// Windows only: shells there set the console's mode themselves before they read a line.
#[cfg(not(unix))]
pub(crate) struct Mode;

#[cfg(not(unix))]
impl Mode {
    pub(crate) fn current() -> Self {
        Self
    }
}
