//! What a running server was told, in types that cannot be wrong.

use std::fmt;
use std::str::FromStr;

use chat_protocol::framing::Framing;
use chat_protocol::time_limit::TimeLimit;
use thiserror::Error;

/// The options of a server.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// What stands before a message.
    pub label: Label,
    /// How messages are told apart.
    pub framing: Framing,
    /// The longest line a client may send, in bytes; each connection may hold this much.
    pub max_line: usize,
    /// How long a connection may be silent in both directions.
    pub idle_timeout: TimeLimit,
}

/// What the server puts before a message (requirement 2.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Label {
    /// `usuario PORT: `, the sender's TCP source port.
    #[default]
    Port,
    /// Nothing: the message passes as it came.
    None,
}

impl FromStr for Label {
    type Err = ParseLabelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "port" => Ok(Self::Port),
            "none" => Ok(Self::None),
            _ => Err(ParseLabelError),
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Port => "port",
            Self::None => "none",
        })
    }
}

/// The text named no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected port or none")]
pub struct ParseLabelError;
