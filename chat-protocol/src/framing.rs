//! Framing: the boundaries between messages in a stream of bytes.

use clap::ValueEnum;

/// The framing of a peer's messages: the rule that separates them (requirement 2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Framing {
    /// By newlines; also by pauses until the peer has sent its first newline
    #[default]
    Auto,
    /// By newlines alone
    Line,
    /// By newlines and by pauses, always
    Chunk,
}
