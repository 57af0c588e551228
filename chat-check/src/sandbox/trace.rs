//! The record of a program, which remains when it is gone.

use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use chat_drive::captured::Captured;

use crate::text::Words;

/// Escape sequence with which a program switches to the alternate screen, to draw on it.
const OTHER_SCREEN: &str = "\x1b[?1049h";

/// The record of a program, which remains when it is gone.
pub(crate) struct Trace {
    /// Its standard output.
    pub(crate) out: Arc<Captured>,
    /// Its standard error.
    pub(crate) err: Arc<Captured>,
    /// Its exit status, once it has ended and was looked at.
    pub(super) ended: OnceLock<ExitStatus>,
    /// The limit that it exceeded, if any.
    pub(super) exceeded: Arc<OnceLock<Words>>,
    /// True once the checker itself has sent it a signal to end.
    pub(super) signalled: AtomicBool,
    /// True once a check asked for something that this system does not show.
    pub(super) unseen: AtomicBool,
}

impl Trace {
    /// Returns the exit status of a program that ended without a signal from the checker.
    pub(crate) fn ended_by_itself(&self) -> Option<ExitStatus> {
        self.ended.get().copied().filter(|_| !self.signalled.load(Ordering::Relaxed))
    }

    /// The limit that it exceeded, if any.
    pub(crate) fn exceeded(&self) -> Option<&Words> {
        self.exceeded.get()
    }

    /// Returns whether it took the whole screen of its terminal for itself.
    pub(crate) fn draws(&self) -> bool {
        self.out.look(|heard| heard.find(OTHER_SCREEN, 0)).is_some()
    }

    /// Returns whether a check asked for something that this system does not show.
    pub(crate) fn is_unseen(&self) -> bool {
        self.unseen.load(Ordering::Relaxed)
    }
}
