//! The lines that were sent, or wait to be sent, until the server has accepted them.

use std::collections::VecDeque;

/// Numbered lines that were not accepted yet.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    lines: VecDeque<String>,
    /// The number of the first of them.
    first: u64,
    bytes: usize,
}

impl Kept {
    /// Keeps a line. Returns it with its number.
    pub(super) fn add(&mut self, line: &str) -> String {
        self.bytes += line.len();
        self.lines.push_back(line.to_owned());
        format!("{} {line}", self.first + self.lines.len() as u64 - 1)
    }

    /// Drops the lines up to this number: the server has acted on them.
    pub(super) fn accepted(&mut self, number: u64) {
        while self.first <= number && self.drop_first() {}
    }

    /// Drops the first line. Returns whether there was one.
    pub(super) fn drop_first(&mut self) -> bool {
        let Some(line) = self.lines.pop_front() else { return false };
        self.bytes -= line.len();
        self.first += 1;
        true
    }

    /// Numbers the lines anew, from 1 upwards, behind this one.
    pub(super) fn begin(&mut self, line: Option<String>) {
        self.first = 1;
        if let Some(line) = line {
            self.bytes += line.len();
            self.lines.push_front(line);
        }
    }

    /// All lines with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = String> {
        (self.first..).zip(&self.lines).map(|(number, line)| format!("{number} {line}"))
    }

    /// Takes all lines, without numbers.
    pub(super) fn take(&mut self) -> impl Iterator<Item = String> {
        std::mem::take(self).lines.into_iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Number of bytes of the lines.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(kept: &Kept) -> Vec<String> {
        kept.numbered().collect()
    }

    #[test]
    fn r11_15_lines_are_kept_until_they_are_accepted() {
        let mut kept = Kept::default();
        kept.begin(None);
        let sent = ["uno", "dos", "tres"].map(|line| kept.add(line));
        assert_eq!(sent, ["1 uno", "2 dos", "3 tres"]);
        kept.accepted(2);
        assert_eq!((numbered(&kept), kept.bytes()), (vec!["3 tres".to_owned()], 4));
        kept.accepted(1);
        assert_eq!(kept.add("cuatro"), "4 cuatro");
        kept.accepted(9);
        assert!(kept.is_empty() && kept.bytes() == 0);
        assert_eq!(kept.add("cinco"), "5 cinco");
    }

    #[test]
    fn r11_15_another_session_numbers_them_anew() {
        let mut kept = Kept::default();
        kept.begin(None);
        for line in ["uno", "dos", "tres"] {
            kept.add(line);
        }
        kept.accepted(1);
        kept.begin(Some("/sala cocina".to_owned()));
        assert_eq!(numbered(&kept), ["1 /sala cocina", "2 dos", "3 tres"]);
        assert_eq!(kept.take().count(), 3);
        assert_eq!(kept.bytes(), 0);
    }
}
