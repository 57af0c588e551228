//! Frames of a server: their headers, where a text is cut, and control frames. A server does not mask.

use memchr::memrchr;

/// Longest payload of a text frame, in bytes. A connection may have to hold this much of a frame that its socket
/// took in part; four longest lines fit in.
pub const MAX_PAYLOAD: usize = 16 * 1024;

/// Longest header of a text frame, in bytes: a payload of up to 64 KiB has a length of two bytes.
pub const MAX_HEADER: usize = 4;

/// Longest payload of a control frame, in bytes (RFC 6455, 5.5).
pub const MAX_CONTROL: usize = 125;

/// The first byte of the last frame of a message.
const FINAL: u8 = 0x80;

/// In the second byte of a frame: its payload is masked.
const MASKED: u8 = 0x80;

/// In place of a length: it follows in two bytes, or in eight.
const LONG: u8 = 126;
const VERY_LONG: u8 = 127;

/// The kind of a frame (RFC 6455, 11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// The next part of a message.
    Continuation = 0,
    /// A text, or its first part.
    Text = 1,
    /// Bytes, or their first part.
    Binary = 2,
    /// The sender sends nothing more.
    Close = 8,
    /// Asks for a pong.
    Ping = 9,
    /// Answers a ping.
    Pong = 10,
}

impl Opcode {
    pub(super) fn of(first: u8) -> Option<Self> {
        [Self::Continuation, Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong]
            .into_iter()
            .find(|opcode| *opcode as u8 == first & 0x0F)
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 >= Self::Close as u8
    }
}

/// A reason for the end of a connection, by its code in a Close frame: the registered ones, and from 4000 on
/// those of this chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Code {
    /// The conversation is over.
    Normal = 1000,
    /// The peer broke the rules of RFC 6455.
    Protocol = 1002,
    /// A text message is not UTF-8.
    NotText = 1007,
    /// A frame is too long.
    TooLong = 1009,
    /// The server stops.
    Restart = 1012,
    /// The server is full.
    Full = 1013,
    /// Nothing was said for the idle time.
    Idle = 4001,
    /// The client reads more slowly than others speak.
    TooSlow = 4002,
    /// The operator has sent the client away: it is not to come back by itself.
    Removed = 4003,
    /// The client's address has too many connections.
    Address = 4004,
    /// The client gave no name in time, or none that it could have.
    NoName = 4005,
}

/// The header of a frame with a whole text of up to [`MAX_PAYLOAD`] bytes. It stands at the end of the array, from
/// the place that is returned.
pub fn text_header(length: usize) -> ([u8; MAX_HEADER], usize) {
    debug_assert!(length <= MAX_PAYLOAD);
    let first = FINAL | Opcode::Text as u8;
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    if length <= MAX_CONTROL { ([0, 0, first, low], 2) } else { ([first, LONG, high, low], 0) }
}

/// Appends the header of a frame with a payload of this length; `mask` is that of a client's.
pub fn put_header(
    out: &mut Vec<u8>,
    is_final: bool,
    opcode: Opcode,
    length: usize,
    mask: Option<[u8; 4]>,
) {
    let masked = if mask.is_some() { MASKED } else { 0 };
    out.push(if is_final { FINAL } else { 0 } | opcode as u8);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if length <= MAX_CONTROL => out.push(masked | short),
        (_, Ok(long)) => {
            out.push(masked | LONG);
            out.extend_from_slice(&long.to_be_bytes());
        }
        _ => {
            out.push(masked | VERY_LONG);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend(mask.into_iter().flatten());
}

/// The number of bytes of a text that one frame takes: all, or up to [`MAX_PAYLOAD`]. It is cut behind a newline, or
/// else, in a very long line, between two characters.
pub fn cut(text: &[u8]) -> usize {
    let Some(most) = text.get(..MAX_PAYLOAD).filter(|most| most.len() < text.len()) else {
        return text.len();
    };
    if let Some(end) = memrchr(b'\n', most) {
        return end + 1;
    }
    let begins = |at: &usize| text[*at] & 0xC0 != 0x80;
    (MAX_PAYLOAD - 3..=MAX_PAYLOAD).rev().find(begins).unwrap_or(MAX_PAYLOAD)
}

/// A control frame with this payload, of which it takes [`MAX_CONTROL`] bytes.
pub fn control(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(MAX_CONTROL)];
    let length = u8::try_from(payload.len()).unwrap_or_default();
    [&[FINAL | opcode as u8, length], payload].concat()
}

/// A Close frame; `None` is one without a code. The reason is cut between two characters if it is too long.
pub fn close(code: Option<u16>, reason: &str) -> Vec<u8> {
    let Some(code) = code else { return control(Opcode::Close, &[]) };
    let reason = &reason[..reason.floor_char_boundary(MAX_CONTROL - 2)];
    control(Opcode::Close, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r10_3_a_header_says_the_length() {
        for (length, header) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (MAX_PAYLOAD, &[0x81, 126, 0x40, 0]),
        ] {
            let (bytes, start) = text_header(length);
            assert_eq!(&bytes[start..], header, "{length}");
        }
    }

    #[test]
    fn r10_3_a_long_text_is_cut_behind_a_newline() {
        let lines = format!("{}\n", "x".repeat(4095)).repeat(5);
        assert_eq!(cut(lines.as_bytes()), 4 * 4096);
        assert_eq!(cut(&lines.as_bytes()[1..]), 4 * 4096 - 1);
        assert_eq!(cut(&lines.as_bytes()[..MAX_PAYLOAD]), MAX_PAYLOAD);
    }

    #[test]
    fn r10_5_a_close_frame_has_a_code_and_as_much_of_the_reason_as_fits() {
        assert_eq!(close(None, "x"), [0x88, 0]);
        assert_eq!(close(Some(1013), "lleno"), b"\x88\x07\x03\xf5lleno");
        let long = close(Some(Code::Idle as u16), &format!("x{}", "ñ".repeat(100)));
        assert_eq!((long.len(), long[1]), (2 + 125, 125));
        let long = close(Some(Code::Idle as u16), &"ñ".repeat(100));
        assert_eq!((long.len(), long[1]), (2 + 124, 124));
        assert!(str::from_utf8(&long[4..]).is_ok());
    }

    proptest! {
        #[test]
        fn r10_3_frames_of_a_long_line_are_text(start in 0..4_usize, character in "[añ€🎈]") {
            let text = "x".repeat(start) + &character.repeat(2 * MAX_PAYLOAD);
            let end = cut(text.as_bytes());
            prop_assert!(text.is_char_boundary(end) && (MAX_PAYLOAD - 3..=MAX_PAYLOAD).contains(&end));
        }
    }
}
