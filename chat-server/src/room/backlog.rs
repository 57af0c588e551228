//! What waits for a member that cannot keep up: whole lines, up to a size, and then a gap of which
//! it is told how many messages are missing.

use std::collections::VecDeque;

use chat_protocol::language::Language;
use memchr::{memchr, memchr_iter, memrchr};

use crate::counts::Waiting;
use crate::net::wire::encoding::Encoding;
use crate::room::event::Notice;
use crate::room::letter::Letter;

/// Lines that wait for one member.
///
/// Filling begins again when half of it is free, so that a reader that is too slow misses long
/// stretches now and then rather than every other message.
pub(crate) struct Backlog {
    bytes: VecDeque<u8>,
    /// In bytes. A line that has been begun is kept even if it does not fit.
    capacity: usize,
    /// Bytes that were taken since the beginning.
    taken: usize,
    /// Letters among what waits, each with the place behind the text that it came with, in bytes since the
    /// beginning.
    letters: VecDeque<(usize, Letter)>,
    /// Bytes of the letters, which do not count towards the capacity.
    private: usize,
    /// The number of lines that are missing behind those that wait.
    missed: u64,
    language: Language,
    encoding: Encoding,
    waiting: Waiting,
}

impl Backlog {
    /// The rest of a text of which the member took the beginning: it may begin within a line.
    pub(crate) fn of(
        rest: &[u8],
        letters: &mut Vec<Letter>,
        capacity: usize,
        (language, encoding): (Language, Encoding),
        waiting: Waiting,
    ) -> Self {
        let begun = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let mut backlog = Self {
            bytes: VecDeque::new(),
            capacity,
            taken: 0,
            letters: VecDeque::new(),
            private: 0,
            missed: 0,
            language,
            encoding,
            waiting,
        };
        backlog.append(&rest[..begun]);
        backlog.push(&rest[begun..], letters);
        backlog
    }

    /// Puts whole lines behind those that wait, as many as fit. Takes the letters among them.
    pub(crate) fn push(&mut self, text: &[u8], letters: &mut Vec<Letter>) {
        self.private += letters.iter().map(Letter::size).sum::<usize>();
        self.push_lines(text);
        let end = self.taken + self.bytes.len();
        self.letters.extend(letters.drain(..).map(|letter| (end, letter)));
        self.waiting.set(self.bytes.len());
    }

    fn push_lines(&mut self, text: &[u8]) {
        if self.misses_some() {
            if self.bytes.len() > self.capacity / 2 + self.private {
                return self.miss(text);
            }
            self.tell_what_was_missed();
        }
        let free = (self.capacity + self.private).saturating_sub(self.bytes.len());
        let fits = if text.len() <= free {
            text.len()
        } else {
            memrchr(b'\n', &text[..free]).map_or(0, |end| end + 1)
        };
        self.append(&text[..fits]);
        self.miss(&text[fits..]);
    }

    fn miss(&mut self, text: &[u8]) {
        let missed = lines(text);
        self.missed += missed;
        self.waiting.misses(missed);
    }

    /// What comes from here on has this encoding. A gap before it is told in the one before.
    pub(crate) fn switch(&mut self, encoding: Encoding) {
        if self.misses_some() {
            self.tell_what_was_missed();
        }
        self.encoding = encoding;
    }

    /// Returns whether lines are missing of which the member has not been told.
    pub(crate) fn misses_some(&self) -> bool {
        self.missed > 0
    }

    /// Bytes that the member is to take next: up to the end of a line, so that they can be framed, or all. Empty when
    /// it has everything, the notice of a gap included.
    pub(crate) fn next(&mut self) -> &[u8] {
        if self.bytes.is_empty() && self.misses_some() {
            self.tell_what_was_missed();
        }
        let (next, rest) = self.bytes.as_slices();
        if rest.is_empty() {
            return self.bytes.as_slices().0;
        }
        match memrchr(b'\n', next) {
            Some(end) => &self.bytes.as_slices().0[..=end],
            None => self.bytes.make_contiguous(),
        }
    }

    /// The member has taken so many bytes.
    pub(crate) fn took(&mut self, bytes: usize) {
        self.bytes.drain(..bytes);
        self.taken += bytes;
        while let Some((_, letter)) = self.letters.pop_front_if(|(end, _)| *end <= self.taken) {
            self.private -= letter.size();
        }
        self.waiting.set(self.bytes.len());
    }

    /// Memory grows in few and long steps, because what is not touched yet costs nothing, but not beyond the
    /// capacity.
    fn append(&mut self, bytes: &[u8]) {
        let due = self.bytes.len() + bytes.len();
        if due > self.bytes.capacity() {
            let grown = (8 * self.bytes.capacity()).min(self.capacity + self.private).max(due);
            self.bytes.reserve_exact(grown - self.bytes.len());
        }
        self.bytes.extend(bytes);
    }

    fn tell_what_was_missed(&mut self) {
        let notice = Notice::new("missed", self.language.missed(self.missed), []);
        self.append((self.encoding.encode(&notice) + "\n").as_bytes());
        self.missed = 0;
    }
}

fn lines(text: &[u8]) -> u64 {
    memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waiting(rest: &[u8], capacity: usize) -> Backlog {
        let language = (Language::Es, Encoding::Text);
        Backlog::of(rest, &mut vec![], capacity, language, Waiting::default())
    }

    /// Takes up to so many bytes.
    fn take(backlog: &mut Backlog, bytes: usize) -> String {
        let _ = backlog.next();
        let mut taken = Vec::new();
        let due = bytes.min(backlog.bytes.len());
        while taken.len() < due {
            let next = backlog.next();
            assert!(next.ends_with(b"\n"), "whole lines, from within one");
            let next = &next[..next.len().min(due - taken.len())];
            taken.extend_from_slice(next);
            let bytes = next.len();
            backlog.took(bytes);
        }
        String::from_utf8(taken).unwrap()
    }

    #[test]
    fn r2_1_what_does_not_fit_is_missed_whole_and_told_where_it_is_missing() {
        let line = |n: u8| format!("{n:>19}\n");
        let lines = |from, to| (from..=to).map(line).collect::<String>();
        let mut backlog = waiting(line(1).as_bytes(), 5 * 20);
        backlog.push(lines(2, 7).as_bytes(), &mut vec![]);
        assert_eq!(take(&mut backlog, 2 * 20), lines(1, 2));
        backlog.push(line(8).as_bytes(), &mut vec![]);
        assert_eq!(take(&mut backlog, 20), line(3), "less than half of it is free so far");
        backlog.push(line(9).as_bytes(), &mut vec![]);
        let rest = lines(4, 5) + "* te has perdido 3 mensajes\n" + &line(9);
        assert_eq!(take(&mut backlog, usize::MAX), rest);
        assert_eq!(take(&mut backlog, usize::MAX), "");
    }

    #[test]
    fn r2_1_a_gap_is_told_even_if_nothing_is_said_after_it() {
        let mut backlog = waiting(b"uno\n", 4);
        backlog.push(b"dos\n", &mut vec![]);
        assert_eq!(take(&mut backlog, usize::MAX), "uno\n");
        assert_eq!(take(&mut backlog, usize::MAX), "* te has perdido 1 mensaje\n");
        assert_eq!(take(&mut backlog, usize::MAX), "");
    }

    #[test]
    fn r2_1_a_line_that_was_begun_is_ended_however_long_it_is() {
        let mut backlog = waiting(b"the rest of a line\nmore\n", 4);
        assert_eq!(take(&mut backlog, usize::MAX), "the rest of a line\n");
        assert_eq!(take(&mut backlog, usize::MAX), "* te has perdido 1 mensaje\n");
    }

    #[test]
    fn r2_1_what_waits_costs_no_more_memory_than_it_may() {
        let line = "x".repeat(999) + "\n";
        let text = line.repeat(100);
        let mut backlog = waiting(line.as_bytes(), text.len());
        backlog.push(&text.as_bytes()[line.len()..], &mut vec![]);
        backlog.push(line.as_bytes(), &mut vec![]);
        assert_eq!(backlog.bytes.capacity(), text.len());
        assert_eq!(take(&mut backlog, 3500).len(), 3500);
        assert_eq!(backlog.bytes.capacity(), text.len());
    }

    proptest! {
        #[test]
        fn r2_1_every_line_is_heard_or_counted_in_its_place(
            capacity in 0..200_usize,
            steps in prop::collection::vec((0..6_usize, 0..120_usize), 1..60),
        ) {
            let mut backlog = waiting(b"0\n", capacity);
            let mut said = 1;
            let mut heard = String::new();
            for (lines, taken) in steps {
                let text = (said..said + lines).fold(String::new(), |text, n| text + &format!("{n}\n"));
                said += lines;
                backlog.push(text.as_bytes(), &mut vec![]);
                prop_assert!(backlog.bytes.len() <= capacity + 40, "bounded");
                heard += &take(&mut backlog, taken);
            }
            loop {
                let rest = take(&mut backlog, usize::MAX);
                if rest.is_empty() {
                    break;
                }
                heard += &rest;
            }
            let mut due = 0;
            for line in heard.lines() {
                if let Some(gap) = line.strip_prefix("* te has perdido ") {
                    due += gap.split(' ').next().unwrap().parse::<usize>().unwrap();
                } else {
                    prop_assert_eq!(line.parse(), Ok(due));
                    due += 1;
                }
            }
            prop_assert_eq!(due, said);
        }
    }
}
