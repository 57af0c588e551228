//! Why a server does not do what a client asks for.

use crate::command::Form;
use crate::name::{Name, NameError};

/// One reason for each thing that a server refuses. Its text is [`Language::refusal`].
///
/// [`Language::refusal`]: crate::language::Language::refusal
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Every place is taken, and none is waited for (requirement 7.5).
    ServerFull,
    /// The client's address has as many connections as it may (`--max-per-ip`).
    TooManyFromAddress,
    /// The line has more bytes than this (requirement 2.9).
    LineTooLong(usize),
    /// The name cannot be had (requirements 5.4 and 5.5).
    Name(NameError),
    /// The same for the last name that the client may try (requirement 5.4).
    LastName(NameError),
    /// No name was given in time (requirement 5.6).
    NameTooLate,
    /// No command begins with this word (requirement 6.4).
    UnknownCommand(String),
    /// A command has too few arguments, or too many (requirement 6.4).
    Malformed {
        /// The command's word as the client wrote it.
        word: String,
        /// The right form.
        form: &'static Form,
    },
    /// The room cannot be called so.
    RoomName(NameError),
    /// There are this many rooms already (`--max-rooms`).
    TooManyRooms(usize),
    /// The client is in this room already.
    SameRoom(Name),
    /// The operator does not change the room.
    OperatorStays,
    /// No one has this name (requirement 6.1).
    NoSuchPerson(String),
    /// The sender of the last private message has left.
    NoLongerHere(Name),
    /// The client has had no private message yet.
    NothingToAnswer,
    /// A private message to its own sender.
    PrivateToSelf,
    /// The receiver is changing the room, and much waits for it already.
    CannotHearNow(Name),
}
