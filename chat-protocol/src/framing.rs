//! Where one message ends and the next begins.

use clap::ValueEnum;

/// How a peer's messages are told apart (requirement 2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Framing {
    /// By newlines; and by pauses, until the peer has sent its first newline
    #[default]
    Auto,
    /// By newlines alone
    Line,
    /// By newlines and by pauses, always
    Chunk,
}
