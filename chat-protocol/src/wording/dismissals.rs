//! Reasons for which a server ends a connection, in its last line (requirement 3.5).

use super::{NOTICE, REFUSAL};
use crate::language::Language;
use crate::websocket::frame::Code;

/// The reason for which a server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissal {
    /// Nothing was sent or received for the server's idle timeout.
    Idle,
    /// The server is stopping, or was cut off from others with which it has one chat.
    ServerClosing,
    /// The operator has closed the connection, or a moderator has sent the client away or keeps it out.
    Removed,
    /// The server is full.
    ServerFull,
    /// The client's address has too many connections.
    TooManyFromAddress,
    /// The client's address has connected too often.
    TooManyNewFromAddress,
    /// The client has tried too many names.
    TooManyNames,
    /// The client gave no name in time.
    NameTooLate,
}

impl Dismissal {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Idle,
        Self::ServerClosing,
        Self::Removed,
        Self::ServerFull,
        Self::TooManyFromAddress,
        Self::TooManyNewFromAddress,
        Self::TooManyNames,
        Self::NameTooLate,
    ];

    /// The reason that a Close frame gives by its code (requirement 10.5).
    pub fn of_code(code: u16) -> Option<Self> {
        [
            (Code::Restart, Self::ServerClosing),
            (Code::Full, Self::ServerFull),
            (Code::Idle, Self::Idle),
            (Code::Removed, Self::Removed),
            (Code::Address, Self::TooManyFromAddress),
            (Code::NoName, Self::NameTooLate),
        ]
        .into_iter()
        .find_map(|(known, dismissal)| (known as u16 == code).then_some(dismissal))
    }

    /// The text of the reason, without the mark of a notice or refusal. A server may say more, such
    /// as a limit.
    pub fn text(self, language: Language) -> &'static str {
        unmarked(match self {
            Self::Idle => language.idle_notice(),
            Self::ServerClosing => language.server_closing(),
            Self::Removed => language.removed_by_operator(),
            Self::ServerFull => language.server_full(),
            Self::TooManyFromAddress => return language.too_many_from_here(),
            Self::TooManyNewFromAddress => return language.too_many_new_from_here(),
            Self::TooManyNames => language.too_many_names(),
            Self::NameTooLate => language.name_too_late(),
        })
        .unwrap_or_default()
    }
}

/// Returns the reason that this line of a server gives.
///
/// ```
/// # use chat_protocol::wording::{Dismissal, dismissal_in};
/// assert_eq!(dismissal_in("! the server is full"), Some(Dismissal::ServerFull));
/// assert_eq!(dismissal_in("Ana > ! servidor lleno"), None);
/// ```
pub fn dismissal_in(line: &str) -> Option<Dismissal> {
    let said = unmarked(line)?;
    let begins = |dismissal: &Dismissal| {
        Language::ALL.iter().any(|language| said.starts_with(dismissal.text(*language)))
    };
    let is_moderated = |language: Language| {
        line.starts_with(language.you_are_sent_away())
            || line.starts_with(language.you_are_banned())
    };
    let is_isolated = |language: Language| line == language.was_isolated();
    let removed = Language::ALL.into_iter().any(is_moderated).then_some(Dismissal::Removed);
    let isolated = Language::ALL.into_iter().any(is_isolated).then_some(Dismissal::ServerClosing);
    removed.or(isolated).or_else(|| Dismissal::ALL.into_iter().find(begins))
}

/// The text of a notice or refusal.
fn unmarked(line: &str) -> Option<&str> {
    line.strip_prefix(NOTICE).or(line.strip_prefix(REFUSAL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::NameError;
    use crate::refusal::Refusal;

    #[test]
    fn r14_12_the_end_of_an_isolated_server_is_like_a_restart() {
        for language in Language::ALL {
            assert_eq!(dismissal_in(language.was_isolated()), Some(Dismissal::ServerClosing));
            for notice in [language.servers_away(), language.servers_back()] {
                assert_eq!(dismissal_in(notice), None, "{notice}");
            }
            let refusal = language.refusal(&Refusal::Name(NameError::NotNow)).to_string();
            assert_eq!(dismissal_in(&refusal), None, "the name is asked for again");
        }
        let refusal = Language::Es.refusal(&Refusal::Name(NameError::NotNow)).to_string();
        assert_eq!(refusal, "! ahora no se dan nombres: no hay conexión con los otros servidores");
    }

    #[test]
    fn r3_5_each_reason_is_recognized_in_every_language() {
        for language in Language::ALL {
            for (text, dismissal) in [
                (language.idle_notice(), Dismissal::Idle),
                (language.server_closing(), Dismissal::ServerClosing),
                (language.removed_by_operator(), Dismissal::Removed),
                (&language.refusal(&Refusal::ServerFull).to_string(), Dismissal::ServerFull),
                (&language.refusal(&Refusal::NameTooLate).to_string(), Dismissal::NameTooLate),
            ] {
                assert_eq!(dismissal_in(text), Some(dismissal));
                assert_eq!(text[2..], *dismissal.text(language));
            }
            for dismissal in Dismissal::ALL {
                let line = format!("! {} (7)", dismissal.text(language));
                assert_eq!(dismissal_in(&line), Some(dismissal));
            }
            let refusal = language.refusal(&Refusal::LastName(NameError::Empty)).to_string();
            let last = refusal.lines().last().and_then(dismissal_in);
            assert_eq!(last, Some(Dismissal::TooManyNames));
        }
        assert_eq!(dismissal_in("* hola"), None);
        assert_eq!(dismissal_in(""), None);
    }
}
