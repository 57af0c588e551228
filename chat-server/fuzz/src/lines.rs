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
    assert!(passed.chars().all(|c| c == '\t' || !c.is_control()), "{passed:?}");
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
    for read in &script.reads {
        for byte in read.bytes {
            if *byte == b'\n' {
                lines.push(judged(&mem::take(&mut open), script.limit));
                cuts_at_pauses &= script.framing != Framing::Auto;
            } else {
                open.push(*byte);
            }
        }
        if read.paused && cuts_at_pauses {
            let kept = if is_too_long(&open, script.limit) { 0 } else { unfinished(&open) };
            let begun = open.split_off(open.len() - kept);
            lines.extend(last(&mem::replace(&mut open, begun), script.limit));
        }
    }
    lines.extend(last(&open, script.limit));
    lines
}

/// What stands before a line ending.
fn judged(line: &[u8], limit: usize) -> Line<'static> {
    let text = line.strip_suffix(b"\r").unwrap_or(line);
    match text.len() {
        _ if is_too_long(line, limit) => Line::TooLong,
        0 => Line::Empty,
        _ => Line::Text(String::from_utf8_lossy(text).into_owned().into()),
    }
}

/// What stands before a pause or the end: nothing is no line there.
fn last(line: &[u8], limit: usize) -> Option<Line<'static>> {
    Some(judged(line, limit)).filter(|line| *line != Line::Empty)
}

fn is_too_long(line: &[u8], limit: usize) -> bool {
    line.strip_suffix(b"\r").unwrap_or(line).len() > limit
}

/// How many bytes at the end begin a character that others may complete.
fn unfinished(bytes: &[u8]) -> usize {
    let begins = |count: &usize| {
        let end = &bytes[bytes.len() - count..];
        std::str::from_utf8(end).is_err_and(|e| e.valid_up_to() == 0 && e.error_len().is_none())
    };
    (1..=bytes.len().min(3)).find(begins).unwrap_or(0)
}
