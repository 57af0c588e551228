//! The decoder: however its bytes are cut, it says what a decoder says that sees them all at once
//! and takes no care of memory.

use std::mem;

use chat_protocol::decoder::{Decoder, Line};
use chat_protocol::framing::Framing;
use chat_protocol::text::{passable, showable};

use super::script::Script;

/// Holds for every input.
///
/// # Panics
///
/// If it does not.
pub fn holds(input: &[u8]) {
    let Some(script) = Script::of(input) else { return };
    let decoded = decoded(&script);
    for line in &decoded {
        if let Line::Text(text) = line {
            is_text(text, script.limit);
        }
    }
    assert_eq!(decoded, expected(&script));
}

/// Others may be shown this character.
pub(super) fn is_harmless(c: char) -> bool {
    c == '\t' || !c.is_control() && !['\u{2028}', '\u{2029}'].contains(&c)
}

/// The lines that the decoder says.
fn decoded(script: &Script) -> Vec<Line<'static>> {
    let mut decoder = Decoder::new(script.framing, script.limit);
    let mut lines = Vec::new();
    for read in &script.reads {
        let mut bytes = read.bytes;
        while let Some(line) = decoder.decode(&mut bytes) {
            lines.push(owned(line));
        }
        assert!(bytes.is_empty(), "a read must be used up");
        assert!(decoder.held() <= script.limit + 1, "more than a line is held");
        if read.paused {
            let awaited = decoder.awaits_pause();
            let line = decoder.pause();
            assert!(awaited || line.is_none(), "a pause that was not awaited ends nothing");
            assert!(!decoder.awaits_pause(), "a second pause would end nothing more");
            lines.extend(line);
        }
    }
    lines.extend(decoder.finish());
    assert_eq!((decoder.held(), decoder.finish()), (0, None), "nothing follows the end");
    lines
}

fn owned(line: Line) -> Line<'static> {
    match line {
        Line::Text(text) => Line::Text(text.into_owned().into()),
        Line::Empty => Line::Empty,
        Line::TooLong => Line::TooLong,
    }
}

fn is_text(text: &str, limit: usize) {
    assert!(!text.is_empty() && !text.contains('\n'));
    // A broken byte grows to the three bytes of U+FFFD.
    assert!(text.chars().count() <= limit);
    let passed = passable(text.into());
    assert!(passed.chars().all(is_harmless), "{passed:?}");
    assert_eq!(passed.chars().count(), text.chars().count(), "nothing disappears");
    assert_eq!(passable(passed.clone()), passed, "what is clean stays as it is");
    let shown = showable(text.into());
    assert_eq!(showable(passed), shown, "to clean it before it is shown changes nothing");
}

/// The same said plainly, byte by byte, with everything kept that has no end yet.
fn expected(script: &Script) -> Vec<Line<'static>> {
    let mut cuts_at_pauses = script.framing != Framing::Line;
    let mut lines = Vec::new();
    let mut open = Vec::new();
    let mut at_start = true;
    for read in &script.reads {
        for byte in read.bytes {
            if *byte == b'\n' && !Message::of(&open, at_start).is_open {
                lines.push(judged(&mem::take(&mut open), at_start, script.limit));
                at_start = false;
                cuts_at_pauses &= script.framing != Framing::Auto;
            } else {
                open.push(*byte);
            }
        }
        if read.paused && cuts_at_pauses && !open.is_empty() {
            lines.extend(last(&mem::take(&mut open), at_start, script.limit));
            at_start = false;
        }
    }
    lines.extend(last(&open, at_start, script.limit));
    lines
}

/// What stands before a line ending.
fn judged(bytes: &[u8], at_start: bool, limit: usize) -> Line<'static> {
    let text = Message::of(bytes, at_start).text;
    let begin = text.iter().take_while(|byte| **byte == 0).count();
    let end = text.iter().rposition(|byte| ![0, b'\r'].contains(byte)).map_or(begin, |at| at + 1);
    match &text[begin.min(end)..end] {
        [] => Line::Empty,
        text if text.len() > limit => Line::TooLong,
        text => Line::Text(String::from_utf8_lossy(text).into_owned().into()),
    }
}

/// What stands before a pause or the end: nothing is no line there.
fn last(bytes: &[u8], at_start: bool, limit: usize) -> Option<Line<'static>> {
    Some(judged(bytes, at_start, limit)).filter(|line| *line != Line::Empty)
}

/// The bytes of a message without a byte order mark and telnet commands.
struct Message {
    text: Vec<u8>,
    /// Whether a subnegotiation has not ended yet.
    is_open: bool,
}

impl Message {
    fn of(mut bytes: &[u8], at_start: bool) -> Self {
        if at_start {
            bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        }
        let mut text = Vec::new();
        loop {
            bytes = match bytes {
                [] => return Self { text, is_open: false },
                [255, 250..=254, b'\n' | b'\r', ..] => {
                    text.extend(&bytes[..2]);
                    &bytes[2..]
                }
                [255, 240..=249 | 255, rest @ ..] | [255, 251..=254, 0..=49, rest @ ..] => rest,
                [255, 250, 0..=49, rest @ ..] => match end_of_subnegotiation(rest) {
                    Some(end) => &rest[end..],
                    None => return Self { text, is_open: true },
                },
                [byte, rest @ ..] => {
                    text.push(*byte);
                    rest
                }
            };
        }
    }
}

/// The length of a subnegotiation's rest, if it is all there.
fn end_of_subnegotiation(rest: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let ends = |(at, byte): (usize, &u8)| {
        let ends = escaped && *byte == 240 || at == 512;
        escaped = *byte == 255 && !escaped;
        ends
    };
    rest.iter().enumerate().position(ends).map(|at| at + 1)
}
