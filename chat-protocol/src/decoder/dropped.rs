//! Sequences of bytes that are no part of any line: a byte order mark at the start of the stream, and
//! telnet commands (RFC 854).

/// "Interpret as command": the byte with which a telnet command begins. No UTF-8 contains it.
pub(super) const IAC: u8 = 255;

/// Ends a subnegotiation, behind [`IAC`].
const SE: u8 = 240;

/// Begins a subnegotiation. The commands WILL, WONT, DO and DONT follow it.
const SB: u8 = 250;

/// The last of the options that are in use: 0 to 49 (IANA, "Telnet Options"). What other programs
/// number higher could be text behind an invalid byte.
const LAST_OPTION: u8 = 49;

/// Maximum length of a subnegotiation in bytes. A terminal's environment fits. Without a limit, two
/// invalid bytes could silence a peer.
const MAX_SUBNEGOTIATION: u16 = 512;

/// UTF-8's byte order mark, U+FEFF.
const MARK: &[u8; 3] = b"\xEF\xBB\xBF";

/// The beginnings of the commands from [`SB`].
const NEGOTIATIONS: [[u8; 2]; 5] = [[IAC, SB], [IAC, 251], [IAC, 252], [IAC, 253], [IAC, 254]];

/// The sequence that the next byte may continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// There is none: the next byte is text, unless it is [`IAC`].
    None,
    /// This many bytes of a byte order mark.
    Mark(u8),
    /// [`IAC`].
    Command,
    /// [`IAC`] and the command from [`SB`] with this index; an option follows.
    Negotiation(u8),
    /// This many bytes of a subnegotiation, the last of them [`IAC`] or not.
    Subnegotiation(u16, bool),
}

impl Sequence {
    /// The sequence that a stream may begin with.
    pub(super) const AT_START: Self = Self::Mark(0);

    /// Returns whether a byte of it has come.
    pub(super) fn has_begun(self) -> bool {
        !matches!(self, Self::None | Self::AT_START)
    }

    /// The sequence after one more byte. `None` if the byte does not belong to it; then its
    /// [bytes](Self::bytes) are text.
    pub(super) fn followed_by(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Mark(2), 0xBF) => Some(Self::None),
            (Self::Mark(count), _) if byte == MARK[usize::from(count)] => {
                Some(Self::Mark(count + 1))
            }
            (Self::Command, SE..SB | IAC) => Some(Self::None),
            (Self::Command, SB..IAC) => Some(Self::Negotiation(byte - SB)),
            // A line ending is one, whatever comes before it.
            (Self::Negotiation(_), b'\n' | b'\r') => None,
            (Self::Negotiation(0), 0..=LAST_OPTION) => Some(Self::Subnegotiation(0, false)),
            (Self::Negotiation(_), 0..=LAST_OPTION) => Some(Self::None),
            (Self::Subnegotiation(_, true), SE)
            | (Self::Subnegotiation(MAX_SUBNEGOTIATION.., _), _) => Some(Self::None),
            (Self::Subnegotiation(count, escaped), _) => {
                Some(Self::Subnegotiation(count + 1, byte == IAC && !escaped))
            }
            (Self::None | Self::Mark(_) | Self::Command | Self::Negotiation(_), _) => None,
        }
    }

    /// The bytes that are text if the sequence is not completed. Those of a subnegotiation are none.
    pub(super) fn bytes(self) -> &'static [u8] {
        match self {
            Self::None | Self::Subnegotiation(..) => &[],
            Self::Mark(count) => &MARK[..usize::from(count)],
            Self::Command => &[IAC],
            Self::Negotiation(command) => &NEGOTIATIONS[usize::from(command)],
        }
    }
}
