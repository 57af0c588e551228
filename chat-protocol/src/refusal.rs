//! Refusals: the reasons why a server does not do what a client asks for.

use std::fmt;
use std::num::NonZeroU32;

use crate::account::AccountError;
use crate::command::Form;
use crate::moderation::Objection;
use crate::name::{Name, NameError};

/// The reason for a refusal. Its text is [`Language::refusal`].
///
/// [`Language::refusal`]: crate::language::Language::refusal
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server is full, and has no waiting queue (requirement 7.5).
    ServerFull,
    /// A limit of the client's address is reached (requirement 1.9).
    Address(AddressLimit),
    /// The line has more bytes than this (requirement 2.9).
    LineTooLong(usize),
    /// The name is refused (requirements 5.4 and 5.5).
    Name(NameError),
    /// The name is refused, and it was the last one that the client may try (requirement 5.4).
    LastName(NameError),
    /// It has to do with an account (chapter 12).
    Account(AccountError),
    /// No name was given in time (requirement 5.6).
    NameTooLate,
    /// No command begins with this word (requirement 6.4).
    UnknownCommand {
        /// The word as the client wrote it.
        word: String,
        /// The word of a command that looks much like it.
        nearest: Option<&'static str>,
    },
    /// A command has too few arguments, or too many (requirement 6.4).
    Malformed {
        /// The command's word as the client wrote it.
        word: String,
        /// The right form.
        form: &'static Form,
    },
    /// The name of the room is refused.
    RoomName(NameError),
    /// The maximum number of rooms, which is this, exists already (`--max-rooms`).
    TooManyRooms(usize),
    /// The client is in this room already.
    SameRoom(Name),
    /// The operator cannot change the room.
    OperatorStays,
    /// No member has this name (requirement 6.1).
    NoSuchPerson(String),
    /// The sender of the last private message has left.
    NoLongerHere(Name),
    /// The client has not received a private message yet.
    NothingToAnswer,
    /// The receiver of a private message is its sender.
    PrivateToSelf,
    /// There is no client that the operator could send away (requirement 7.2).
    NoClient,
    /// There are several clients, and the operator has to choose one.
    WhichClient,
    /// The receiver is changing the room, and too many messages wait for it already.
    CannotHearNow(Name),
    /// The order in the house is against it (chapter 13).
    Order(Objection),
}

/// A limit of one address (requirement 1.9). It is displayed as the option that sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressLimit {
    /// Connections at a time.
    Connections(NonZeroU32),
    /// New connections a second.
    Connects(NonZeroU32),
    /// Rooms that its clients have opened.
    Rooms(NonZeroU32),
}

impl From<Objection> for Refusal {
    fn from(objection: Objection) -> Self {
        Self::Order(objection)
    }
}

impl fmt::Display for AddressLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connections(number) => write!(f, "--max-per-ip {number}"),
            Self::Connects(number) => write!(f, "--max-connects-per-ip {number}/s"),
            Self::Rooms(number) => write!(f, "--max-rooms-per-ip {number}"),
        }
    }
}
