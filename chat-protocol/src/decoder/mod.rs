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
//!
//! Some bytes are no part of any line: a byte order mark at the start of the stream, telnet commands,
//! and the padding of programs that send whole buffers (NULs around a line).

mod dropped;

use std::borrow::Cow;
use std::mem;

use crate::framing::Framing;
use dropped::{IAC, Sequence};

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
    /// The unfinished sequence that is no part of the line.
    sequence: Sequence,
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
        let sequence = Sequence::AT_START;
        Self { cut_at_pauses, limit, held: Vec::new(), overlong: false, sequence }
    }

    /// Returns the next line in `bytes` and advances `bytes` behind it. `None` means that `bytes`
    /// are used up.
    pub fn decode<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Line<'a>> {
        loop {
            if self.sequence != Sequence::None
                && let Some(too_long) = self.skip_sequence(bytes)
            {
                return Some(too_long);
            }
            let Some(end) = memchr::memchr2(b'\n', IAC, bytes) else {
                return self.hold(mem::take(bytes));
            };
            let (line, is_newline) = (&bytes[..end], bytes[end] == b'\n');
            *bytes = &bytes[end + 1..];
            let line = if is_newline {
                self.see_newline();
                self.end_line(line)
            } else {
                self.sequence = Sequence::Command;
                self.hold(line)
            };
            if line.is_some() {
                return line;
            }
        }
    }

    /// A peer that has sent a newline is a line peer from then on.
    fn see_newline(&mut self) {
        if self.cut_at_pauses == CutAtPauses::UntilFirstNewline {
            self.cut_at_pauses = CutAtPauses::Never;
        }
    }

    /// Drops the bytes that belong to the sequence.
    fn skip_sequence(&mut self, bytes: &mut &[u8]) -> Option<Line<'static>> {
        while let Some((&byte, rest)) = bytes.split_first()
            && self.sequence != Sequence::None
        {
            let Some(next) = self.sequence.followed_by(byte) else {
                return self.end_sequence();
            };
            self.sequence = next;
            *bytes = rest;
        }
        None
    }

    /// Ends a sequence that was not completed: its bytes are part of the line.
    fn end_sequence(&mut self) -> Option<Line<'static>> {
        let bytes = mem::replace(&mut self.sequence, Sequence::None).bytes();
        self.hold(bytes)
    }

    /// Number of bytes held of an unfinished line: at most the limit and one, which may be part of a
    /// line ending.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Returns whether a pause of the peer would complete a message. The caller then measures the
    /// peer's silence and calls [`pause`](Self::pause).
    pub fn awaits_pause(&self) -> bool {
        self.cut_at_pauses != CutAtPauses::Never
            && (self.overlong || !self.held.is_empty() || self.sequence.has_begun())
    }

    /// Reports a pause of the peer. If pauses separate messages, the bytes held so far are a
    /// message: the whole of it, so an unfinished character at its end becomes U+FFFD.
    ///
    /// A pause also ends a line that is too long. The decoder cannot tell whether the next bytes
    /// are the rest of that line or a new message. It shows them: dropping all later messages would
    /// be worse.
    pub fn pause(&mut self) -> Option<Line<'static>> {
        if self.awaits_pause() { self.finish() } else { None }
    }

    /// Reports the end of the peer's stream. The last bytes are a message, with or without a line
    /// ending (requirement 2.10).
    pub fn finish(&mut self) -> Option<Line<'static>> {
        let too_long = self.end_sequence();
        match self.end_line(&[]) {
            Some(Line::Text(text)) => Some(Line::Text(Cow::Owned(text.into_owned()))),
            Some(Line::TooLong) => Some(Line::TooLong),
            Some(Line::Empty) | None => too_long,
        }
    }

    /// Completes the line that ends with the bytes `last`. A line that was already reported as too
    /// long is not reported again.
    fn end_line<'a>(&mut self, last: &'a [u8]) -> Option<Line<'a>> {
        if mem::take(&mut self.overlong) {
            return None;
        }
        let line = if self.held.is_empty() {
            Cow::Borrowed(without_padding_before(last))
        } else {
            let mut held = mem::take(&mut self.held);
            held.extend_from_slice(last);
            Cow::Owned(held)
        };
        let length = without_padding_behind(&line).len();
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
        if self.overlong {
            return None;
        }
        let bytes = if self.held.is_empty() { without_padding_before(bytes) } else { bytes };
        let text = without_padding_behind(bytes).len();
        if text > 0 && self.held.len() + text > self.limit {
            self.held = Vec::new();
            self.overlong = true;
            return Some(Line::TooLong);
        }
        // One byte over the limit shows that more text would be too much. Of padding that may be part
        // of the line ending, no more is kept.
        let room = self.limit + 1 - self.held.len();
        self.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
        None
    }
}

/// Drops NULs before a line: the rest of the buffer that ended with the line before.
fn without_padding_before(mut line: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = line {
        line = rest;
    }
    line
}

/// Drops carriage returns and NULs behind a line. They belong to its line ending: CRLF, the CR NUL of
/// telnet, the NULs of a program that sends whole buffers.
fn without_padding_behind(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | 0] = line {
        line = rest;
    }
    line
}

/// Converts the first `length` bytes to text.
fn lossy(line: Cow<'_, [u8]>, length: usize) -> Cow<'_, str> {
    match line {
        // Almost always it is valid, which this finds out many bytes at a time.
        Cow::Borrowed(bytes) => match str::from_utf8(&bytes[..length]) {
            Ok(text) => text.into(),
            Err(_) => String::from_utf8_lossy(&bytes[..length]),
        },
        Cow::Owned(mut bytes) => {
            bytes.truncate(length);
            let text = String::from_utf8(bytes);
            Cow::Owned(text.unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
        }
    }
}

#[cfg(test)]
mod tests;
