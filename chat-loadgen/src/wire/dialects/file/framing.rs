//! Framing: where a message begins and ends on the wire.

use memchr::memchr;
use serde::Deserialize;

use super::super::{MAX_PAYLOAD, line, number, put};

/// The framing of a dialect from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Framing {
    /// Lines: LF at the end. A CR before it is no part of the line.
    #[default]
    Lf,
    /// Lines that are sent with CRLF at the end, and read like the others.
    Crlf,
    /// A byte 0 at the end.
    Nul,
    /// The length in decimal digits and an LF come before.
    Decimal,
    /// The length in decimal digits and a colon come before, a comma behind.
    Netstring,
    /// The length comes before, as an unsigned integer: its bits, most (`be`) or least significant
    /// byte first.
    U8,
    U16be,
    U16le,
    U32be,
    U32le,
    U64be,
    U64le,
}

/// Error: the bytes can never become a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl Framing {
    /// The content of the first frame of `input`, and the bytes it takes; nothing if it is not
    /// complete.
    #[inline]
    pub(super) fn cut(self, input: &[u8]) -> Result<Option<(&[u8], usize)>, Malformed> {
        match self {
            Self::Lf | Self::Crlf => Ok(line(input)),
            Self::Nul => Ok(memchr(0, input).map(|end| (&input[..end], end + 1))),
            Self::Decimal => digits(input, b'\n', b""),
            Self::Netstring => digits(input, b':', b","),
            _ => self.after_integer(input),
        }
    }

    fn after_integer(self, input: &[u8]) -> Result<Option<(&[u8], usize)>, Malformed> {
        let width = self.width();
        let Some(header) = input.get(..width) else { return Ok(None) };
        let fold = |length: u64, byte: &u8| length << 8 | u64::from(*byte);
        let length = if self.is_little_endian() {
            header.iter().rev().fold(0, fold)
        } else {
            header.iter().fold(0, fold)
        };
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_PAYLOAD);
        let end = width + length.ok_or(Malformed)?;
        Ok(input.get(width..end).map(|content| (content, end)))
    }

    /// Appends a frame whose content `write` appends.
    pub(super) fn frame(self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        write(out);
        let content = out.len();
        let length = (content - start) as u64;
        match self {
            Self::Lf => return out.push(b'\n'),
            Self::Crlf => return out.extend_from_slice(b"\r\n"),
            Self::Nul => return out.push(0),
            Self::Decimal => put(out, format_args!("{length}\n")),
            Self::Netstring => put(out, format_args!("{length}:")),
            _ if self.is_little_endian() => {
                out.extend_from_slice(&length.to_le_bytes()[..self.width()]);
            }
            _ => out.extend_from_slice(&length.to_be_bytes()[size_of::<u64>() - self.width()..]),
        }
        // The header was written behind the content, whose length was not known before.
        let header = out.len() - content;
        out[start..].rotate_right(header);
        if self == Self::Netstring {
            out.push(b',');
        }
    }

    /// Returns whether frames are lines.
    pub(super) fn is_lines(self) -> bool {
        matches!(self, Self::Lf | Self::Crlf)
    }

    /// The longest content of a frame, in bytes.
    pub(super) fn longest(self) -> usize {
        match self.width() {
            0 | 4 | 8 => MAX_PAYLOAD,
            width => (1 << (8 * width)) - 1,
        }
    }

    /// Bytes of the integer in front of a frame; 0 if there is none.
    fn width(self) -> usize {
        match self {
            Self::Lf | Self::Crlf | Self::Nul | Self::Decimal | Self::Netstring => 0,
            Self::U8 => 1,
            Self::U16be | Self::U16le => 2,
            Self::U32be | Self::U32le => 4,
            Self::U64be | Self::U64le => 8,
        }
    }

    fn is_little_endian(self) -> bool {
        matches!(self, Self::U16le | Self::U32le | Self::U64le)
    }
}

/// A content behind its length in digits, which ends with `end`; `tail` comes behind the content.
fn digits<'a>(
    input: &'a [u8],
    end: u8,
    tail: &[u8],
) -> Result<Option<(&'a [u8], usize)>, Malformed> {
    /// More digits than any length has.
    const LONGEST: usize = 20;
    let Some(header) = memchr(end, &input[..input.len().min(LONGEST)]) else {
        return if input.len() < LONGEST { Ok(None) } else { Err(Malformed) };
    };
    let start = header + 1;
    let end = start + number(&input[..header]).ok_or(Malformed)?;
    match input.get(end..end + tail.len()) {
        Some(found) if found == tail => Ok(Some((&input[start..end], end + tail.len()))),
        Some(_) => Err(Malformed),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(framing: Framing, content: &[u8]) -> Vec<u8> {
        let mut out = b"before".to_vec();
        framing.frame(&mut out, |out| out.extend_from_slice(content));
        out.split_off("before".len())
    }

    #[test]
    fn each_framing_reads_what_it_writes_and_waits_for_all_of_it() {
        let all: [(Framing, &[u8]); 12] = [
            (Framing::Lf, b"hola\n"),
            (Framing::Crlf, b"hola\r\n"),
            (Framing::Nul, b"hola\0"),
            (Framing::Decimal, b"4\nhola"),
            (Framing::Netstring, b"4:hola,"),
            (Framing::U8, b"\x04hola"),
            (Framing::U16be, b"\0\x04hola"),
            (Framing::U16le, b"\x04\0hola"),
            (Framing::U32be, b"\0\0\0\x04hola"),
            (Framing::U32le, b"\x04\0\0\0hola"),
            (Framing::U64be, b"\0\0\0\0\0\0\0\x04hola"),
            (Framing::U64le, b"\x04\0\0\0\0\0\0\0hola"),
        ];
        for (framing, wire) in all {
            assert_eq!(framed(framing, b"hola"), wire, "{framing:?}");
            let more = [wire, b"more"].concat();
            assert_eq!(framing.cut(&more), Ok(Some((&b"hola"[..], wire.len()))), "{framing:?}");
            for part in 0..wire.len() {
                assert_eq!(framing.cut(&wire[..part]), Ok(None), "{framing:?}: {part}");
            }
            let longest = framing.longest().min(70_000);
            let wire = framed(framing, &vec![b'x'; longest]);
            let cut = framing.cut(&wire).expect("a frame").expect("all of it");
            assert_eq!((cut.0.len(), cut.1), (longest, wire.len()), "{framing:?}");
        }
    }

    #[test]
    fn what_can_be_no_length_is_malformed() {
        for (framing, wire) in [
            (Framing::Decimal, &b"hola\n"[..]),
            (Framing::Decimal, b"no digits at all, and no end"),
            (Framing::Decimal, b"99999999999\n"),
            (Framing::Netstring, b"4:hola;"),
            (Framing::Netstring, b":hola,"),
            (Framing::U32be, b"hola"),
            (Framing::U64le, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
        ] {
            assert_eq!(framing.cut(wire), Err(Malformed), "{framing:?}");
        }
    }
}
