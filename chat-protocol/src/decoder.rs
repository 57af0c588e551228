//! Incremental line decoder: bytes in, lines out (requirements 2.6 to 2.9).
//!
//! There is one decoder per peer. The caller passes in the bytes of each read, cut anywhere, and
//! reports when the peer pauses and when its stream ends:
//!
//! ```
//! # use chat_protocol::decoder::{Decoder, Line};
//! # use chat_protocol::framing::Framing;
//! let mut decoder = Decoder::new(Framing::Auto, 4096);
//! let mut bytes: &[u8] = b"hola\r\nque t";
//! assert_eq!(decoder.decode(&mut bytes), Some(Line::Text("hola".into())));
//! assert_eq!(decoder.decode(&mut bytes), None);
//! assert_eq!(decoder.finish(), Some(Line::Text("que t".into())));
//! ```

use std::borrow::Cow;
use std::mem;

use crate::framing::Framing;

/// A decoded line: the bytes that a peer sent between two line endings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// The text of a line, never empty, without its line ending. Invalid UTF-8 becomes U+FFFD.
    ///
    /// Borrowed if the bytes that were passed in contain the whole line and it is valid.
    Text(Cow<'a, str>),
    /// A line ending with nothing before it. It is no message, but it can be an answer.
    Empty,
    /// A line over the limit, dropped whole. Reported once per line, as soon as it is certain.
    TooLong,
}

/// An incremental decoder for one peer.
///
/// Holds at most the limit and one byte of an unfinished line, and no memory when there is none.
#[derive(Debug)]
pub struct Decoder {
    cut_at_pauses: CutAtPauses,
    limit: usize,
    /// The unfinished line, or empty.
    held: Vec<u8>,
    /// True if the unfinished line is over the limit. Its bytes are dropped until it ends.
    overlong: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CutAtPauses {
    Never,
    UntilFirstNewline,
    Always,
}

impl Decoder {
    /// Creates a decoder for lines of up to `limit` bytes, without the line ending.
    pub fn new(framing: Framing, limit: usize) -> Self {
        let cut_at_pauses = match framing {
            Framing::Auto => CutAtPauses::UntilFirstNewline,
            Framing::Line => CutAtPauses::Never,
            Framing::Chunk => CutAtPauses::Always,
        };
        Self { cut_at_pauses, limit, held: Vec::new(), overlong: false }
    }

    /// Returns the next line in `bytes` and advances `bytes` behind it. `None` means that `bytes`
    /// are used up.
    pub fn decode<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Line<'a>> {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            *bytes = rest;
            if self.cut_at_pauses == CutAtPauses::UntilFirstNewline {
                self.cut_at_pauses = CutAtPauses::Never;
            }
            if let Some(line) = self.end_line(line) {
                return Some(line);
            }
        }
        self.hold(mem::take(bytes))
    }

    /// Number of bytes held of an unfinished line: at most the limit and one, which may be the CR
    /// of a line ending.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Returns whether a pause of the peer would complete a message. The caller then measures the
    /// peer's silence and calls [`pause`](Self::pause).
    pub fn awaits_pause(&self) -> bool {
        self.cut_at_pauses != CutAtPauses::Never
            && (self.overlong || unfinished_char(&self.held) < self.held.len())
    }

    /// Reports a pause of the peer. If pauses separate messages, the bytes held so far are a
    /// message. The first bytes of an unfinished character are kept for the next message.
    ///
    /// A pause also ends a line that is too long. The decoder cannot tell whether the next bytes
    /// are the rest of that line or a new message. It shows them: dropping all later messages would
    /// be worse.
    pub fn pause(&mut self) -> Option<Line<'static>> {
        if !self.awaits_pause() {
            return None;
        }
        let unfinished = self.held.split_off(self.held.len() - unfinished_char(&self.held));
        let line = self.finish();
        self.held = unfinished;
        line
    }

    /// Reports the end of the peer's stream. The last bytes are a message, with or without a line
    /// ending (requirement 2.10).
    pub fn finish(&mut self) -> Option<Line<'static>> {
        match self.end_line(&[])? {
            Line::Text(text) => Some(Line::Text(Cow::Owned(text.into_owned()))),
            Line::TooLong => Some(Line::TooLong),
            Line::Empty => None,
        }
    }

    /// Completes the line that ends with the bytes `last`. A line that was already reported as too
    /// long is not reported again.
    fn end_line<'a>(&mut self, last: &'a [u8]) -> Option<Line<'a>> {
        if mem::take(&mut self.overlong) {
            return None;
        }
        let line = if self.held.is_empty() {
            Cow::Borrowed(last)
        } else {
            let mut held = mem::take(&mut self.held);
            held.extend_from_slice(last);
            Cow::Owned(held)
        };
        let length = line.strip_suffix(b"\r").unwrap_or(&line).len();
        if length > self.limit {
            Some(Line::TooLong)
        } else if length == 0 {
            Some(Line::Empty)
        } else {
            Some(Line::Text(lossy(line, length)))
        }
    }

    /// Keeps the beginning of a line, unless the line is already certain to be too long.
    fn hold(&mut self, bytes: &[u8]) -> Option<Line<'static>> {
        if self.overlong || bytes.is_empty() {
            return None;
        }
        // One byte over the limit may still turn out to be the CR of a line ending.
        let length = self.held.len() + bytes.len();
        let certain = length - usize::from(bytes.ends_with(b"\r"));
        if certain > self.limit {
            self.held = Vec::new();
            self.overlong = true;
            return Some(Line::TooLong);
        }
        self.held.extend_from_slice(bytes);
        None
    }
}

/// Converts the first `length` bytes to text.
fn lossy(line: Cow<'_, [u8]>, length: usize) -> Cow<'_, str> {
    match line {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(&bytes[..length]),
        Cow::Owned(mut bytes) => {
            bytes.truncate(length);
            let text = String::from_utf8(bytes);
            Cow::Owned(text.unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
        }
    }
}

/// Number of bytes at the end that begin a character which more bytes could complete.
fn unfinished_char(bytes: &[u8]) -> usize {
    // No character is longer than four bytes.
    let end = &bytes[bytes.len().saturating_sub(4)..];
    let last = end.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    match std::str::from_utf8(last) {
        Err(e) if e.error_len().is_none() => last.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 8;

    /// Decodes the pieces one after another, then the end of the stream.
    fn decode_all<'a>(
        decoder: &mut Decoder,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Vec<Line<'a>> {
        let mut lines = Vec::new();
        for mut piece in pieces {
            while let Some(line) = decoder.decode(&mut piece) {
                lines.push(line);
            }
            assert!(piece.is_empty(), "a piece must be used up");
            assert!(decoder.held() <= LIMIT + 1, "more than a line is held");
        }
        lines.extend(decoder.finish());
        lines
    }

    fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
        decode_all(&mut Decoder::new(Framing::Auto, LIMIT), [bytes])
    }

    fn text(text: &str) -> Line<'_> {
        Line::Text(text.into())
    }

    #[test]
    fn r2_6_golden_bytes() {
        let golden: &[(&[u8], &[Line<'_>])] = &[
            (b"", &[]),
            (b"hola\n", &[text("hola")]),
            (b"hola\r\n", &[text("hola")]),
            (b"hola", &[text("hola")]),
            (b"a\nb\r\nc", &[text("a"), text("b"), text("c")]),
            (b"\n\r\n\n", &[Line::Empty, Line::Empty, Line::Empty]),
            (b" \n", &[text(" ")]),
            (b"a\rb\n", &[text("a\rb")]),
            (b"a\r\r\n", &[text("a\r")]),
            (b"12345678\n", &[text("12345678")]),
            (b"12345678\r\n", &[text("12345678")]),
            (b"123456789\nok\n", &[Line::TooLong, text("ok")]),
            (b"12345678\r9\nok\n", &[Line::TooLong, text("ok")]),
            (b"123456789", &[Line::TooLong]),
            (b"\xC3\xB1and\xC3\xBA\n", &[text("ñandú")]),
            (b"a\xFFb\n", &[text("a\u{FFFD}b")]),
            (b"\xE2\x82\nx\n", &[text("\u{FFFD}"), text("x")]),
            (b"a\0b\n", &[text("a\0b")]),
        ];
        for (bytes, expected) in golden {
            assert_eq!(&lines(bytes), expected, "{:?}", bytes.escape_ascii().to_string());
        }
    }

    #[test]
    fn r2_7_truncation_at_every_offset_loses_nothing_but_the_rest() {
        let bytes = "ñ¿a\r\ncañón\n123456789\n👩‍👧\n".as_bytes();
        let whole = lines(bytes);
        for end in 0..bytes.len() {
            let cut = lines(&bytes[..end]);
            let complete = cut.len().saturating_sub(1);
            assert_eq!(cut[..complete], whole[..complete], "cut at {end}");
        }
    }

    #[test]
    fn r2_7_a_character_cut_in_two_arrives_whole() {
        let mut decoder = Decoder::new(Framing::Auto, LIMIT);
        let pieces: [&[u8]; 3] = [b"a\xF0\x9F", b"\x98", b"\x80b\n"];
        assert_eq!(decode_all(&mut decoder, pieces), [text("a😀b")]);
    }

    #[test]
    fn r2_9_reports_an_endless_line_before_it_ends_and_holds_none_of_it() {
        let mut decoder = Decoder::new(Framing::Auto, LIMIT);
        assert_eq!(decoder.decode(&mut &b"12345678"[..]), None);
        assert_eq!(decoder.decode(&mut &b"9"[..]), Some(Line::TooLong));
        for _ in 0..100 {
            assert_eq!(decoder.decode(&mut &b"still the same line"[..]), None);
            assert_eq!(decoder.held.capacity(), 0);
        }
        assert_eq!(decoder.decode(&mut &b"\n"[..]), None);
        assert_eq!(decoder.decode(&mut &b"next\n"[..]), Some(text("next")));
    }

    #[test]
    fn r2_6_bare_text_is_a_message_once_its_peer_pauses() {
        let mut decoder = Decoder::new(Framing::Auto, 100);
        assert!(!decoder.awaits_pause());
        assert_eq!(decoder.decode(&mut &b"Hola que tal?"[..]), None);
        assert!(decoder.awaits_pause());
        assert_eq!(decoder.pause(), Some(text("Hola que tal?")));
        assert!(!decoder.awaits_pause());
        assert_eq!(decoder.pause(), None);
        assert_eq!(decoder.held.capacity(), 0, "an empty buffer holds no memory");
    }

    #[test]
    fn r2_6_a_line_peer_is_never_cut_by_a_pause() {
        let mut decoder = Decoder::new(Framing::Auto, 100);
        let mut bytes = &b"first\nsec"[..];
        assert_eq!(decoder.decode(&mut bytes), Some(text("first")));
        assert_eq!(decoder.decode(&mut bytes), None);
        assert!(!decoder.awaits_pause());
        assert_eq!(decoder.pause(), None);
        assert_eq!(decoder.decode(&mut &b"ond\n"[..]), Some(text("second")));
    }

    #[test]
    fn r2_6_framing_decides_what_a_pause_means() {
        for (framing, expected) in
            [(Framing::Line, None), (Framing::Auto, None), (Framing::Chunk, Some(text("b")))]
        {
            let mut decoder = Decoder::new(framing, LIMIT);
            let mut bytes = &b"a\nb"[..];
            assert_eq!(decoder.decode(&mut bytes), Some(text("a")));
            assert_eq!(decoder.decode(&mut bytes), None);
            assert_eq!(decoder.pause(), expected, "{framing:?}");
        }
    }

    #[test]
    fn r2_7_a_pause_inside_a_character_does_not_cut_it() {
        let mut decoder = Decoder::new(Framing::Chunk, 100);
        assert_eq!(decoder.decode(&mut &b"a\xC3"[..]), None);
        assert_eq!(decoder.pause(), Some(text("a")));
        assert!(!decoder.awaits_pause(), "half a character is no message");
        assert_eq!(decoder.pause(), None);
        assert_eq!(decoder.decode(&mut &b"\xB1b"[..]), None);
        assert_eq!(decoder.pause(), Some(text("ñb")));
    }

    #[test]
    fn r2_9_a_pause_ends_an_overlong_chunk() {
        let mut decoder = Decoder::new(Framing::Auto, LIMIT);
        assert_eq!(decoder.decode(&mut &b"123456789"[..]), Some(Line::TooLong));
        assert!(decoder.awaits_pause());
        assert_eq!(decoder.pause(), None);
        assert_eq!(decoder.decode(&mut &b"next"[..]), None);
        assert_eq!(decoder.pause(), Some(text("next")));
    }

    #[test]
    fn r2_8_a_line_ending_cut_in_two_by_a_pause_is_no_message() {
        let mut decoder = Decoder::new(Framing::Auto, LIMIT);
        assert_eq!(decoder.decode(&mut &b"hola\r"[..]), None);
        assert_eq!(decoder.pause(), Some(text("hola")));
        assert_eq!(decoder.decode(&mut &b"\n"[..]), Some(Line::Empty));
        assert_eq!(decoder.finish(), None);
    }

    /// Generates bytes with many line endings, long lines and broken characters.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let fragment = prop_oneof![
            Just(b"\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\r".to_vec()),
            Just("ñ€😀".as_bytes().to_vec()),
            Just(b"1234567".to_vec()),
            prop::collection::vec(any::<u8>(), 0..4),
        ];
        prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
    }

    proptest! {
        #[test]
        fn r2_7_any_split_decodes_to_the_same_lines(
            bytes in streams(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
            let mut decoder = Decoder::new(Framing::Line, LIMIT);
            prop_assert_eq!(decode_all(&mut decoder, pieces), lines(&bytes));
        }

        #[test]
        fn r2_9_no_text_is_empty_or_over_the_limit(bytes in streams()) {
            for line in lines(&bytes) {
                if let Line::Text(text) = line {
                    prop_assert!(!text.is_empty() && !text.contains('\n'));
                    // An invalid byte becomes the three bytes of U+FFFD.
                    prop_assert!(text.chars().count() <= LIMIT);
                }
            }
        }
    }
}
