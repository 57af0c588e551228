//! Exit reasons of a conversation, their texts and exit statuses.

use std::process::ExitCode;

use chat_protocol::language::Language;

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
}

/// The exit status of each [`Exit`], as `--help` prints it.
pub(crate) const EXIT_STATUSES: &str = "\
Exit status: 0 left, 1 no connection, 2 bad usage, 3 the server closed the connection, \
4 nothing happened for too long, 5 left before everything was sent, 6 the output cannot be \
written, 7 the server did not ask for a name, 8 the server did not take the name.";

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
        })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Left => 0,
            Exit::ServerClosed => 3,
            Exit::Idle => 4,
            Exit::Unsent => 5,
            Exit::Unseen => 6,
            Exit::NotAsked => 7,
            Exit::NameRefused => 8,
        })
    }
}
