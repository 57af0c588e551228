//! Somebody on the stage: a name, and what is said under it.

use std::fmt;
use std::io;
use std::thread;
use std::time::Instant;

use crate::failure::{Failure, Result};
use crate::stage::{PATIENCE, POLL};
use crate::transcript::{How, Transcript};

/// A name in a transcript.
#[derive(Clone)]
pub(crate) struct Role {
    name: String,
    transcript: Transcript,
}

impl Role {
    pub(crate) fn new(name: &str, transcript: &Transcript) -> Self {
        Self { name: name.to_owned(), transcript: transcript.clone() }
    }

    /// Records what was said by or to this one.
    pub(crate) fn said(&self, how: How, what: impl AsRef<[u8]>) {
        self.transcript.add(&self.name, how, what);
    }

    /// Records what happened to this one.
    pub(crate) fn event(&self, what: impl AsRef<[u8]>) {
        self.said(How::Event, what);
    }

    /// This one failed: `what` continues a sentence that begins with the name.
    #[track_caller]
    pub(crate) fn failure(&self, what: impl fmt::Display) -> Failure {
        Failure::new(format!("{} {what}", self.name), &self.transcript)
    }

    /// Waits until a process has ended.
    #[track_caller]
    pub(crate) fn ended<T: fmt::Display>(
        &self,
        mut try_wait: impl FnMut() -> io::Result<Option<T>>,
    ) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match try_wait() {
                Ok(Some(status)) => {
                    self.event(format!("ended: {status}"));
                    return Ok(status);
                }
                Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
                Ok(None) => return Err(self.failure("does not end")),
                Err(e) => return Err(self.failure(format!("cannot be waited for: {e}"))),
            }
        }
    }
}
