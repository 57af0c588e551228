//! Lines that somebody says, to be waited for.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;

use chat_drive::failure::Result;
use chat_drive::role::{PATIENCE, Role};
use chat_drive::transcript::How;

/// How many lines may wait to be looked at before the stage stops reading: enough for every test,
/// and a bound all the same.
const UNREAD: usize = 100_000;

/// What a program says on one of its outputs, line by line.
pub struct Inbox {
    role: Role,
    lines: Receiver<String>,
}

impl Inbox {
    /// Reads lines from `source` in a thread of their own until it ends.
    pub(crate) fn new(role: &Role, how: How, source: impl Read + Send + 'static) -> Self {
        let (sender, lines) = sync_channel(UNREAD);
        let reader = role.clone();
        thread::spawn(move || read_lines(source, &reader, how, &sender));
        Self { role: role.clone(), lines }
    }

    /// The next line, without its line ending; `None` at the end.
    #[track_caller]
    pub fn hear(&self) -> Result<Option<String>> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(self.role.failure("says nothing")),
        }
    }

    /// The next line is this one.
    #[track_caller]
    pub fn expect(&self, expected: &str) -> Result {
        match self.hear()? {
            Some(line) if line == expected => Ok(()),
            Some(line) => Err(self.role.failure(format!("should say {expected:?}, not {line:?}"))),
            None => Err(self.role.failure(format!("should say {expected:?}, but ends"))),
        }
    }

    /// Passes over lines until one is this.
    #[track_caller]
    pub fn wait_for(&self, expected: &str) -> Result {
        self.find(|line| line == expected, &format!("{expected:?}")).map(drop)
    }

    /// Passes over lines until one is as `wanted`, and returns it.
    #[track_caller]
    pub fn find(&self, wanted: impl Fn(&str) -> bool, description: &str) -> Result<String> {
        while let Some(line) = self.hear()? {
            if wanted(&line) {
                return Ok(line);
            }
        }
        Err(self.role.failure(format!("ended without saying {description}")))
    }

    /// Everything from here to the end.
    #[track_caller]
    pub fn rest(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        while let Some(line) = self.hear()? {
            lines.push(line);
        }
        Ok(lines)
    }

    /// There is no further line.
    #[track_caller]
    pub fn expect_end(&self) -> Result {
        match self.hear()? {
            None => Ok(()),
            Some(line) => Err(self.role.failure(format!("goes on with {line:?}"))),
        }
    }
}

fn read_lines(source: impl Read, role: &Role, how: How, sender: &SyncSender<String>) {
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    while source.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)).into_owned();
        line.clear();
        role.said(how, &text);
        if sender.send(text).is_err() {
            return;
        }
    }
    role.event("closed an output");
}
