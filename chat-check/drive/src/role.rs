//! Role in a transcript: the name of a program or a peer, under which everything is recorded.

use std::fmt;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::transcript::{How, Transcript};

/// Time-out for something that must happen. Far longer than anything takes, because a time-out is a
/// verdict, and a busy machine must not cause one.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Polling interval for conditions that have no event.
const POLL: Duration = Duration::from_millis(2);

/// A name in a transcript, and the transcript.
#[derive(Clone)]
pub struct Role {
    name: String,
    transcript: Transcript,
}

impl Role {
    /// Makes a role of this name in this transcript.
    pub fn new(name: &str, transcript: &Transcript) -> Self {
        Self { name: name.to_owned(), transcript: transcript.clone() }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Records something said by this role or to it.
    pub fn said(&self, how: How, what: impl AsRef<[u8]>) {
        self.transcript.add(&self.name, how, what);
    }

    /// Records an event of this role.
    pub fn event(&self, what: impl AsRef<[u8]>) {
        self.said(How::Event, what);
    }

    /// A failure of this role: `what` continues a sentence that begins with the name.
    #[track_caller]
    pub fn failure(&self, what: impl fmt::Display) -> Failure {
        Failure::new(format!("{} {what}", self.name), &self.transcript)
    }

    /// Returns the value, or the failure of this role.
    #[track_caller]
    pub fn check<T, E: fmt::Display>(
        &self,
        result: std::result::Result<T, E>,
        what: &str,
    ) -> Result<T> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => Err(self.failure(format!("{what}: {error}"))),
        }
    }

    /// Polls for something that has no event: tries again and again.
    #[track_caller]
    pub fn poll<T>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> io::Result<Option<T>>,
    ) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.check(attempt(), what)? {
                Some(value) => return Ok(value),
                None if Instant::now() < deadline => thread::sleep(POLL),
                None => return Err(self.failure(what)),
            }
        }
    }

    /// Waits until a process has ended.
    #[track_caller]
    pub fn ended<T: fmt::Display>(
        &self,
        try_wait: impl FnMut() -> io::Result<Option<T>>,
    ) -> Result<T> {
        let status = self.poll("does not end", try_wait)?;
        self.event(format!("ended: {status}"));
        Ok(status)
    }
}
