//! Exit reasons of a conversation, their texts and exit statuses.

use std::process::ExitCode;

use chat_protocol::language::Language;
use chat_protocol::usage::help::StatusLine;
use chat_protocol::usage::{BAD_USAGE, FAILURE};
use chat_protocol::wording::Dismissal;

/// The reason why a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The user left, and every line was sent.
    Left,
    /// The server closed the connection, or is gone.
    ServerClosed,
    /// Idle timeout: nothing was sent or received for the client's own limit.
    Idle,
    /// The user left at once, before every line was sent.
    Unsent,
    /// The output cannot be written, for another reason than a closed reader.
    Unseen,
    /// The server does not ask for a name, and the client insists on it.
    NotAsked,
    /// The server refuses the name, and there is no user to ask for another.
    NameRefused,
    /// The server closed the connection, and its last line gave this reason.
    Dismissed(Dismissal),
}

/// The exit statuses: those of each [`Exit`], and those without a conversation.
pub(crate) const EXIT_STATUSES: [StatusLine; 15] = [
    (Exit::Left.status(), "left: `salir`, `/salir`, Ctrl-C or the end of input"),
    (FAILURE, "no connection"),
    (BAD_USAGE, "bad usage"),
    (Exit::ServerClosed.status(), "the server closed the connection, or is gone"),
    (Exit::Idle.status(), "nothing was sent or received for the idle timeout"),
    (Exit::Unsent.status(), "told to end at once, before every line was sent"),
    (Exit::Unseen.status(), "the output cannot be written"),
    (Exit::NotAsked.status(), "the server did not ask for a name"),
    (Exit::NameRefused.status(), "the server refused the name"),
    (Exit::Dismissed(Dismissal::ServerClosing).status(), "the server was stopped, and said so"),
    (Exit::Dismissed(Dismissal::Removed).status(), "the operator closed the connection"),
    (Exit::Dismissed(Dismissal::ServerFull).status(), "the server is full"),
    (Exit::Dismissed(Dismissal::TooManyFromAddress).status(), "too many connections from here"),
    (Exit::Dismissed(Dismissal::TooManyNames).status(), "too many names were refused"),
    (Exit::Dismissed(Dismissal::NameTooLate).status(), "no name was given in time"),
];

impl Exit {
    /// The text for an end that the user did not ask for.
    pub fn explanation(self, language: Language) -> Option<&'static str> {
        Some(match self {
            Self::Left => return None,
            Self::ServerClosed => language.server_closed(),
            Self::Idle => language.client_idle_out(),
            Self::Unsent => language.unsent(),
            Self::Unseen => language.unseen(),
            Self::NotAsked => language.not_asked(),
            Self::NameRefused => language.name_not_taken(),
            Self::Dismissed(dismissal) => dismissal.text(language),
        })
    }

    const fn status(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::ServerClosed => 3,
            Self::Idle | Self::Dismissed(Dismissal::Idle) => 4,
            Self::Unsent => 5,
            Self::Unseen => 6,
            Self::NotAsked => 7,
            Self::NameRefused => 8,
            Self::Dismissed(Dismissal::ServerClosing) => 9,
            Self::Dismissed(Dismissal::Removed) => 10,
            Self::Dismissed(Dismissal::ServerFull) => 11,
            Self::Dismissed(Dismissal::TooManyFromAddress | Dismissal::TooManyNewFromAddress) => 12,
            Self::Dismissed(Dismissal::TooManyNames) => 13,
            Self::Dismissed(Dismissal::NameTooLate) => 14,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}
