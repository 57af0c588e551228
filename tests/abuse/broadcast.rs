//! A broadcast larger than the server buffers for a slow consumer, and the check that no loss goes
//! unreported.

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

use crate::healthy::is_theirs;

/// One line's size in bytes.
const SIZE: usize = 1000;

/// Number of lines that the speaker sends before it waits for the healthy clients.
const AT_ONCE: usize = 64;

/// Options for healthy clients that talk one at a time: each message is sent when all of them have
/// received the one before. So their messages show their progress, also on a busy machine.
pub(crate) const ONE_BY_ONE: [&str; 2] = ["--window", "1"];

/// A speaker in a chat without labels, and a listener that records everything in it.
pub(crate) struct Broadcast {
    speaker: Peer,
    listener: Peer,
    /// All messages so far, of the speaker and of the healthy clients, in order.
    all: Vec<String>,
    said: usize,
}

impl Broadcast {
    /// Connects the speaker and the listener.
    #[track_caller]
    pub(crate) fn start(chat: &Chat) -> Result<Self> {
        let (speaker, listener) = (chat.peer("speaker")?, chat.peer("listener")?);
        Ok(Self { speaker, listener, all: Vec::new(), said: 0 })
    }

    /// Sends this text, and waits until the listener receives it.
    #[track_caller]
    pub(crate) fn say(&mut self, text: &str) -> Result {
        self.speaker.send(format!("{text}\n"))?;
        self.hear_until(|line| line == text)
    }

    /// Sends this many long lines, no faster than the healthy clients receive them.
    #[track_caller]
    pub(crate) fn go_on(&mut self, lines: usize) -> Result {
        for _ in 0..lines / AT_ONCE {
            let next: Vec<_> =
                (self.said..self.said + AT_ONCE).map(|n| format!("{n:0>SIZE$}")).collect();
            self.said += AT_ONCE;
            self.speaker.send(next.join("\n") + "\n")?;
            self.hear_until(|line| line == next[AT_ONCE - 1])?;
            // When a second message follows, all clients have received the first.
            self.hear_until(is_theirs)?;
            self.hear_until(is_theirs)?;
        }
        Ok(())
    }

    #[track_caller]
    fn hear_until(&mut self, last: impl Fn(&str) -> bool) -> Result {
        loop {
            let line = self.listener.hear()?.expect("the server goes on");
            let found = last(&line);
            self.all.push(line);
            if found {
                return Ok(());
            }
        }
    }

    /// Checks the lines that a reader received, beginning after the line `from`. They must be in
    /// the common order, and each gap must be reported in its place. Returns the number of messages
    /// that the reader missed.
    #[track_caller]
    pub(crate) fn missed_by(&self, heard: &[String], from: &str) -> usize {
        let begun = self.all.iter().position(|line| line == from).expect("it was said");
        let mut due = begun + 1;
        let mut missed = 0;
        for line in heard {
            if let Some(gap) = gap(line) {
                missed += gap;
                due += gap;
            } else {
                assert_eq!(Some(line), self.all.get(due), "{missed} missed so far");
                due += 1;
            }
        }
        missed
    }
}

/// Parses a notice of missed messages; returns their number.
pub(crate) fn gap(line: &str) -> Option<usize> {
    let (number, _) = line.strip_prefix("* te has perdido ")?.split_once(' ')?;
    number.parse().ok()
}
