//! The numbered lines of a client with a session, each kept until the server has accepted it.

use std::collections::VecDeque;

use crate::wire::dialects::sessions;

/// The lines of one session.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Number of the last line.
    last: u64,
    /// Highest number that was accepted.
    accepted: u64,
    kept: VecDeque<Line>,
    /// True while the client is cut off: nothing is sent.
    pub(super) held: bool,
    /// Time at which the client came back, in nanoseconds of the run's clock.
    pub(super) back: u64,
}

/// A line that was not accepted yet.
#[derive(Debug)]
struct Line {
    number: u64,
    /// Sender and number of its message, if it is one that is judged.
    message: Option<(u32, u32)>,
    text: Vec<u8>,
}

impl Lines {
    /// Keeps a line, and gives its number.
    pub(super) fn keep(&mut self, text: &[u8], message: Option<(u32, u32)>) -> u64 {
        self.last += 1;
        self.kept.push_back(Line { number: self.last, message, text: text.to_owned() });
        self.last
    }

    /// The number that the next line will have.
    pub(super) fn next(&self) -> u64 {
        self.last + 1
    }

    /// Lets go of the lines up to this number: the server has acted on them.
    pub(super) fn accept(&mut self, number: u64) {
        self.accepted = self.accepted.max(number);
        while self.kept.front().is_some_and(|line| line.number <= number) {
            self.kept.pop_front();
        }
    }

    /// Goes on after a cut, at a server that has acted on the lines up to this number. Gives the number of lines
    /// that had been accepted and are not among these.
    pub(super) fn resume(&mut self, number: u64, now: u64) -> u64 {
        let forgotten = self.accepted.saturating_sub(number);
        self.accept(number);
        // What the server has forgotten is counted once.
        self.accepted = number;
        (self.held, self.back) = (false, now);
        forgotten
    }

    /// Returns whether every line was accepted.
    pub(super) fn are_accepted(&self) -> bool {
        self.kept.is_empty()
    }

    /// The messages among the lines that were not accepted.
    pub(super) fn messages(&self) -> impl Iterator<Item = (u32, u32)> {
        self.kept.iter().filter_map(|line| line.message)
    }

    /// Appends these lines, as they are sent again. `say` appends a text as a line.
    pub(super) fn write(&self, out: &mut Vec<u8>, say: impl Fn(&[u8], &mut Vec<u8>)) {
        for line in &self.kept {
            sessions::number(line.number, out);
            say(&line.text, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_accepted_is_sent_again_and_what_was_forgotten_is_counted() {
        let mut lines = Lines::default();
        for (text, message) in [(b"a", None), (b"b", Some((7, 0))), (b"c", Some((7, 1)))] {
            lines.keep(text, message);
        }
        lines.accept(1);
        let written = |lines: &Lines| {
            let mut out = Vec::new();
            lines.write(&mut out, |text, out| out.extend_from_slice(text));
            String::from_utf8(out).expect("text")
        };
        assert_eq!(written(&lines), "2 b3 c");
        assert_eq!(lines.messages().collect::<Vec<_>>(), [(7, 0), (7, 1)]);
        lines.held = true;
        assert_eq!(lines.resume(2, 9), 0);
        assert_eq!((written(&lines).as_str(), lines.held, lines.next()), ("3 c", false, 4));
        lines.accept(3);
        assert!(lines.are_accepted());
        // The next server has the first line alone.
        assert_eq!(lines.resume(1, 10), 2);
        assert_eq!(lines.resume(1, 11), 0);
    }
}
