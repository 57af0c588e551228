//! Where one message ends and the next begins.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How a peer's messages are told apart (requirement 2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// By newlines; and by pauses, until the peer has sent its first newline.
    #[default]
    Auto,
    /// By newlines alone.
    Line,
    /// By newlines and by pauses, always.
    Chunk,
}

impl FromStr for Framing {
    type Err = ParseFramingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "line" => Ok(Self::Line),
            "chunk" => Ok(Self::Chunk),
            _ => Err(ParseFramingError),
        }
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Line => "line",
            Self::Chunk => "chunk",
        })
    }
}

/// The text named no framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected auto, line or chunk")]
pub struct ParseFramingError;
