//! The lines of a batch, and the measured texts in them.

use std::mem;

use memchr::{memchr, memchr_iter, memrchr};

use crate::wire::payload::is_digit;

/// Length of a payload's run, between the brace and its kind.
pub(crate) const RUN: usize = 4;
/// The whole lines of `said`, with their newlines.
pub(crate) fn lines(said: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b'\n', said).map(move |end| &said[mem::replace(&mut start, end + 1)..=end])
}

/// The payload of kind Measured in a line, from its first brace to its last.
pub(crate) fn measured(line: &[u8]) -> Option<&[u8]> {
    let text = &line[memchr(b'{', line)?..];
    let run = text.get(1..=RUN)?;
    let is_measured = run.iter().all(|&byte| is_digit(byte)) && text.get(RUN + 1) == Some(&b'm');
    let end = memrchr(b'}', text)?;
    is_measured.then_some(&text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_measured_texts_are_seen() {
        assert_eq!(measured(b"x {0aZ_m12}y} z\n"), Some(&b"{0aZ_m12}y}"[..]));
        for line in ["{0aZ_p12}\n", "{0 Z_m12}\n", "{0aZ\n", "{0aZ_m12\n", "hola\n", "\n"] {
            assert_eq!(measured(line.as_bytes()), None, "{line:?}");
        }
    }

    #[test]
    fn lines_keep_their_newlines() {
        let lines: Vec<_> = lines(b"a\n\nb\n").collect();
        assert_eq!(lines, [&b"a\n"[..], b"\n", b"b\n"]);
    }
}
