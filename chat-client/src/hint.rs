//! Hints for a user whose profile, or door, does not fit the server.

use chat_protocol::language::Language;

/// A hint. It names the profile to try, or the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// The server asks for a name, and the client has none.
    NameWanted,
    /// The server knows names, and the client puts its own before each line.
    NamesAreKnown,
    /// The server offers commands, and the client completes none.
    HasCommands,
    /// The server does not answer commands.
    NoCommands,
    /// The server speaks TLS.
    SpeaksTls,
}

impl Hint {
    /// The notice for the user.
    pub(crate) fn text(self, language: Language) -> &'static str {
        match self {
            Self::NameWanted => language.hint_name_wanted(),
            Self::NamesAreKnown => language.hint_names_are_known(),
            Self::HasCommands => language.hint_has_commands(),
            Self::NoCommands => language.hint_no_commands(),
            Self::SpeaksTls => language.hint_speaks_tls(),
        }
    }
}
