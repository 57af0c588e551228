//! Messages in the bytes that a participant has heard.

use chat_drive::captured::Heard;

use crate::dialect::Framing;

/// Returns the whole message that this is part of.
pub(super) fn message(heard: &Heard, token: &str, framing: Framing) -> Option<String> {
    let at = heard.find(token, 0)?;
    let bytes = &heard.bytes;
    let range = match framing {
        framing if framing.has_length() => {
            framing.frames(bytes).find(|frame| frame.contains(&at))?
        }
        Framing::None => {
            let start = heard.reads.iter().rev().find(|end| **end <= at).copied().unwrap_or(0);
            let end = heard.reads.iter().find(|end| **end >= at + token.len());
            start..end.copied().unwrap_or(bytes.len())
        }
        _ => {
            let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
            start..at + memchr::memchr(b'\n', &bytes[at..])?
        }
    };
    Some(text(&bytes[range]))
}

/// Returns all messages; without ends, all reads.
pub(super) fn split(heard: &Heard, framing: Framing) -> Vec<String> {
    let bytes = &heard.bytes;
    match framing {
        framing if framing.has_length() => {
            framing.frames(bytes).map(|frame| text(&bytes[frame])).collect()
        }
        Framing::None => {
            let starts = std::iter::once(0).chain(heard.reads.iter().copied());
            starts.zip(&heard.reads).map(|(start, end)| text(&bytes[start..*end])).collect()
        }
        _ => {
            let mut lines: Vec<String> = bytes.split(|byte| *byte == b'\n').map(text).collect();
            // Behind the last newline is a line that has not ended, or nothing.
            lines.pop_if(|last| last.is_empty());
            lines
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(bytes)).into_owned()
}
