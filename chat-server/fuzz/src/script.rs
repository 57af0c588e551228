//! An input for the fuzzer as what a peer does: bytes, cut into reads, with pauses.

use chat_protocol::framing::Framing;

/// The longest lines that an input can choose from, in bytes.
const LIMITS: [usize; 5] = [1, 2, 8, 40, 4096];

/// Ends a read.
const CUT: u8 = b'|';

/// Ends a read, and the peer pauses behind it.
const PAUSE: u8 = b'~';

/// What a peer does, and how its bytes are taken.
pub struct Script<'a> {
    /// How messages are told apart.
    pub framing: Framing,
    /// The longest line, in bytes.
    pub limit: usize,
    /// The rest of the first byte, for whatever else there is to choose.
    pub choices: u8,
    /// What the peer sends.
    pub reads: Vec<Read<'a>>,
}

/// What one read returns.
pub struct Read<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Whether nothing follows for a while.
    pub paused: bool,
}

impl<'a> Script<'a> {
    /// Reads an input: the first byte chooses, the others are sent, and two characters that stand
    /// for nothing else cut them. So that most bytes of an input are just bytes, and a line in it
    /// can be read.
    pub fn of(input: &'a [u8]) -> Option<Self> {
        let (&choices, bytes) = input.split_first()?;
        let framing = [Framing::Auto, Framing::Line, Framing::Chunk][usize::from(choices % 3)];
        let choices = choices / 3;
        let limit = LIMITS[usize::from(choices) % LIMITS.len()];
        let reads = bytes.split_inclusive(|byte| [CUT, PAUSE].contains(byte)).map(Read::of);
        Some(Self { framing, limit, choices: choices / 5, reads: reads.collect() })
    }
}

impl<'a> Read<'a> {
    fn of(piece: &'a [u8]) -> Self {
        match piece.split_last() {
            Some((&PAUSE, bytes)) => Self { bytes, paused: true },
            Some((&CUT, bytes)) => Self { bytes, paused: false },
            _ => Self { bytes: piece, paused: false },
        }
    }
}
