//! A broadcast of more than anybody holds for a reader that does not read, and what was heard of it.

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use chat_tests::harness::peer::Peer;

use crate::healthy::is_theirs;

/// One line's size in bytes.
const SIZE: usize = 1000;

/// How many lines are said before it is certain that all healthy clients have heard them.
const AT_ONCE: usize = 64;

/// Options of healthy clients of whom one says something, and waits until all have heard it, before
/// one says the next. So what they say shows how far they have come, however busy the machine is.
pub(crate) const ONE_BY_ONE: [&str; 2] = ["--window", "1"];

/// Somebody who talks in a chat without labels, and somebody who hears everything in it.
pub(crate) struct Broadcast {
    speaker: Peer,
    listener: Peer,
    /// What was said so far, by the speaker and by the healthy clients.
    all: Vec<String>,
    said: usize,
}

impl Broadcast {
    /// Nobody has said anything.
    #[track_caller]
    pub(crate) fn start(chat: &Chat) -> Result<Self> {
        let (speaker, listener) = (chat.peer("speaker")?, chat.peer("listener")?);
        Ok(Self { speaker, listener, all: Vec::new(), said: 0 })
    }

    /// Says this, and waits until it is heard.
    #[track_caller]
    pub(crate) fn say(&mut self, text: &str) -> Result {
        self.speaker.send(format!("{text}\n"))?;
        self.hear_until(|line| line == text)
    }

    /// Says so many long lines, no faster than the healthy clients hear them.
    #[track_caller]
    pub(crate) fn go_on(&mut self, lines: usize) -> Result {
        for _ in 0..lines / AT_ONCE {
            let next: Vec<_> =
                (self.said..self.said + AT_ONCE).map(|n| format!("{n:0>SIZE$}")).collect();
            self.said += AT_ONCE;
            self.speaker.send(next.join("\n") + "\n")?;
            self.hear_until(|line| line == next[AT_ONCE - 1])?;
            // When one says the second, all have heard the first.
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

    /// How many messages somebody missed who heard this, beginning behind the line `from`. Whatever
    /// was said was heard in the order of all, or its number told in its place.
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

/// How many messages this notice says are missing in its place.
pub(crate) fn gap(line: &str) -> Option<usize> {
    let (number, _) = line.strip_prefix("* te has perdido ")?.split_once(' ')?;
    number.parse().ok()
}
