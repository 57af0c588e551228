//! Sequences of bytes that are no part of any line: a byte order mark at the start of the stream, and
//! telnet commands (RFC 854).

/// "Interpret as command": the byte with which a telnet command begins. No UTF-8 contains it.
pub(super) const IAC: u8 = 255;

/// Ends a subnegotiation, behind [`IAC`].
const SE: u8 = 240;

/// Begins a subnegotiation. The commands WILL, WONT, DO and DONT follow it.
const SB: u8 = 250;

/// The first number behind the options that are in use: 0 to 49 (IANA, "Telnet Options"). Behind an
/// invalid byte, what other programs number higher could be text.
const FIRST_UNUSED: u8 = 50;

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
        match self {
            Self::Mark(count) if byte != MARK[usize::from(count)] => None,
            Self::Mark(2) => Some(Self::None),
            Self::Mark(count) => Some(Self::Mark(count + 1)),
            Self::Command => match byte {
                SE..SB | IAC => Some(Self::None),
                SB..IAC => Some(Self::Negotiation(byte - SB)),
                _ => None,
            },
            // A line ending is one, whatever comes before it.
            Self::Negotiation(_) if matches!(byte, b'\n' | b'\r' | FIRST_UNUSED..) => None,
            Self::Negotiation(0) => Some(Self::Subnegotiation(0, false)),
            Self::Negotiation(_) => Some(Self::None),
            Self::Subnegotiation(count, escaped) => {
                let ends = escaped && byte == SE || count == MAX_SUBNEGOTIATION;
                let next = Self::Subnegotiation(count + 1, byte == IAC && !escaped);
                Some(if ends { Self::None } else { next })
            }
            Self::None => None,
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
