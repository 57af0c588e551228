//! The lines of a batch, and the measured texts in them.

use std::mem;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr};

use crate::wire::payload::is_digit;

/// Length of a payload's run, between the brace and its kind.
const RUN: usize = 4;
/// Byte range of a payload's kind, sender and number.
const NUMBERS: Range<usize> = 1 + RUN..1 + RUN + 1 + 3 + 5;
/// Byte range of a payload's sender.
const SENDER: Range<usize> = 1 + RUN + 1..1 + RUN + 1 + 3;

/// The whole lines of `said`, with their newlines.
pub(crate) fn lines(said: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b'\n', said).map(move |end| &said[mem::replace(&mut start, end + 1)..=end])
}

/// The payload of kind Measured in a line, from its first brace to its last.
pub(crate) fn measured(line: &[u8]) -> Option<&[u8]> {
    let text = payload(line)?;
    let end = memrchr(b'}', text)?;
    (text.get(RUN + 1) == Some(&b'm')).then_some(&text[..=end])
}

/// The sender's digits in the first payload of any kind.
pub(crate) fn sender(bytes: &[u8]) -> Option<[u8; 3]> {
    let sender = |at| payload(&bytes[at..])?.get(SENDER)?.try_into().ok();
    memchr_iter(b'{', bytes).find_map(sender)
}

/// The bytes of a measured text that say its sender and number: of one sender, they rise.
pub(crate) fn numbers(text: &[u8]) -> &[u8] {
    text.get(NUMBERS).unwrap_or(text)
}

/// The bytes from the first payload on.
fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let text = &bytes[memchr(b'{', bytes)?..];
    let is_payload = text.get(1..=RUN)?.iter().all(|&byte| is_digit(byte));
    let is_kind = matches!(text.get(RUN + 1), Some(b'm' | b'p'));
    (is_payload && is_kind).then_some(text)
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
    fn a_sender_is_known_by_each_of_its_texts() {
        for line in ["CONNECT {\"x\":1} PUB x {0aZ_m01212345", "{0aZ_p01212345"] {
            assert_eq!(sender(line.as_bytes()), Some(*b"012"), "{line:?}");
        }
        assert_eq!(sender(b"CONNECT {\"verbose\":false}"), None);
    }

    #[test]
    fn lines_keep_their_newlines() {
        let lines: Vec<_> = lines(b"a\n\nb\n").collect();
        assert_eq!(lines, [&b"a\n"[..], b"\n", b"b\n"]);
    }
}
