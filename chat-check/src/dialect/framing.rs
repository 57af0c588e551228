//! Framing: the beginning or the end of a message on the wire.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Framing: the end of a message on the wire, or its length before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Framing {
    /// A newline.
    #[default]
    Lf,
    /// Carriage return and newline.
    Crlf,
    /// No end: a message is what one read returns, so messages must be sent apart.
    None,
    /// A length before it: two bytes, most significant first.
    Length2,
    /// The same in four bytes.
    Length4,
    /// The same, least significant byte first.
    Length4Le,
    /// A length before it in decimal digits, filled with blanks to so many bytes.
    Decimal(u8),
    /// A length before it in decimal digits and a newline.
    DecimalLine,
    /// The same as [`Decimal`](Self::Decimal) from a client; from a server, two of them: the
    /// speaker's name, and the text.
    Named(u8),
}

impl Framing {
    /// Returns the bytes of a message.
    pub(crate) fn encode(self, text: &[u8]) -> Vec<u8> {
        let short = u16::try_from(text.len()).unwrap_or(u16::MAX);
        let long = u32::try_from(text.len()).unwrap_or(u32::MAX);
        match self {
            Self::Lf => [text, b"\n"].concat(),
            Self::Crlf => [text, b"\r\n"].concat(),
            Self::None => text.to_vec(),
            Self::Length2 => [&short.to_be_bytes()[..], text].concat(),
            Self::Length4 => [&long.to_be_bytes()[..], text].concat(),
            Self::Length4Le => [&long.to_le_bytes()[..], text].concat(),
            Self::Decimal(width) | Self::Named(width) => {
                let width = usize::from(width);
                [format!("{:<width$}", text.len()).as_bytes(), text].concat()
            }
            Self::DecimalLine => [format!("{}\n", text.len()).as_bytes(), text].concat(),
        }
    }

    /// Returns whether messages have an end of their own, so that two of them may follow each other
    /// at once.
    pub(crate) fn has_ends(self) -> bool {
        self != Self::None
    }

    /// Returns the limit on a message's length that its header can tell, if it has one, in bytes.
    pub(crate) fn most(self) -> Option<usize> {
        match self {
            Self::Length2 => Some(u16::MAX.into()),
            Self::Decimal(width) | Self::Named(width) => {
                10_usize.checked_pow(width.into()).map(|all| all - 1)
            }
            _ => None,
        }
    }

    /// Returns whether messages are lines.
    pub(crate) fn is_lines(self) -> bool {
        matches!(self, Self::Lf | Self::Crlf)
    }

    /// Returns whether a length stands before each message.
    pub(crate) fn has_length(self) -> bool {
        self.has_ends() && !self.is_lines()
    }

    /// Returns the ranges of the whole messages that are framed by a length before them. A name
    /// before a text, and the length between them, are part of the message.
    pub(crate) fn frames(self, bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
        let parts = if matches!(self, Self::Named(_)) { 2 } else { 1 };
        let mut next = 0;
        std::iter::from_fn(move || {
            let mut first = None;
            for _ in 0..parts {
                let (header, length) = self.header(bytes.get(next..)?)?;
                let start = next.checked_add(header)?;
                next = start.checked_add(length)?;
                first = first.or(Some(start));
            }
            (next <= bytes.len()).then_some(first?..next)
        })
    }

    /// Returns whether these bytes are nothing but whole messages, at least one with a text.
    pub(crate) fn fits(self, bytes: &[u8]) -> bool {
        let last = self.frames(bytes).last();
        last.is_some_and(|last| last.end == bytes.len() && !last.is_empty())
    }

    /// Returns the length of the header at the beginning of these bytes, and the one that it tells.
    fn header(self, bytes: &[u8]) -> Option<(usize, usize)> {
        let decimal = |digits: &[u8]| std::str::from_utf8(digits).ok()?.trim().parse().ok();
        match self {
            Self::Lf | Self::Crlf | Self::None => None,
            Self::Length2 => Some((2, u16::from_be_bytes(*bytes.first_chunk()?).into())),
            Self::Length4 => {
                Some((4, usize::try_from(u32::from_be_bytes(*bytes.first_chunk()?)).ok()?))
            }
            Self::Length4Le => {
                Some((4, usize::try_from(u32::from_le_bytes(*bytes.first_chunk()?)).ok()?))
            }
            Self::Decimal(width) | Self::Named(width) => {
                let width = usize::from(width);
                Some((width, decimal(bytes.get(..width)?)?))
            }
            Self::DecimalLine => {
                let end = memchr::memchr(b'\n', bytes)?;
                Some((end + 1, decimal(&bytes[..end])?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_before_a_message_is_written_and_read() {
        for (framing, bytes) in [
            (Framing::Length2, &b"\0\x04hola"[..]),
            (Framing::Length4, b"\0\0\0\x04hola"),
            (Framing::Length4Le, b"\x04\0\0\0hola"),
            (Framing::Decimal(10), b"4         hola"),
            (Framing::DecimalLine, b"4\nhola"),
        ] {
            assert_eq!(framing.encode(b"hola"), bytes);
            let two = bytes.repeat(2);
            let texts: Vec<&[u8]> = framing.frames(&two).map(|frame| &two[frame]).collect();
            assert_eq!(texts, [b"hola", b"hola"], "{framing:?}");
            assert!(framing.fits(&two) && !framing.fits(&two[1..]), "{framing:?}");
        }
        assert_eq!(Framing::Decimal(0).frames(b"hola").count(), 0);
    }

    #[test]
    fn a_header_tells_lengths_up_to_its_width() {
        assert_eq!(Framing::Decimal(4).most(), Some(9999));
        assert_eq!(Framing::Length2.most(), Some(65535));
        for framing in [Framing::Lf, Framing::Length4, Framing::Decimal(64), Framing::DecimalLine] {
            assert_eq!(framing.most(), None, "{framing:?}");
        }
    }

    #[test]
    fn a_name_before_a_text_is_part_of_its_message() {
        assert_eq!(Framing::Named(2).encode(b"hola"), b"4 hola");
        let texts = |bytes: &'static [u8]| -> Vec<&[u8]> {
            Framing::Named(2).frames(bytes).map(|frame| &bytes[frame]).collect()
        };
        assert_eq!(texts(b"3 ana4 hola4 beto2 si"), [&b"ana4 hola"[..], b"beto2 si"]);
        assert!(texts(b"3 ana").is_empty());
    }
}
