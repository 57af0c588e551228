//! The end of a conversation.

use crate::net::transport::Dismissal;

/// The end of a conversation, by its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client left: by the word, by the end of its stream, or by a fault of its connection.
    Left,
    /// The connection was silent in both directions for the idle time.
    Idle,
    /// The client gave no name in time.
    Nameless,
    /// The connection has answered no ping.
    Silent,
    /// The server stops.
    Stopped,
    /// It is ended from this side, for this reason.
    Dismissed(Dismissal),
}
