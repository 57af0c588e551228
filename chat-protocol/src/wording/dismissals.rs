//! Reasons for which a server ends a connection, in its last line (requirement 3.5).

use super::{NOTICE, REFUSAL};
use crate::language::Language;

/// The reason for which a server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissal {
    /// Nothing was sent or received for the server's idle timeout.
    Idle,
    /// The server is stopping.
    ServerClosing,
    /// The operator has closed the connection.
    Removed,
    /// The server is full.
    ServerFull,
    /// The client's address has too many connections.
    TooManyFromAddress,
    /// The client has tried too many names.
    TooManyNames,
    /// The client gave no name in time.
    NameTooLate,
}

impl Dismissal {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Idle,
        Self::ServerClosing,
        Self::Removed,
        Self::ServerFull,
        Self::TooManyFromAddress,
        Self::TooManyNames,
        Self::NameTooLate,
    ];

    /// The reason without the mark of a notice or refusal.
    pub fn text(self, language: Language) -> &'static str {
        let line = self.line(language);
        line.strip_prefix(NOTICE).or(line.strip_prefix(REFUSAL)).unwrap_or(line)
    }

    /// The server's line, or the beginning of it: some refusals name their limit.
    fn line(self, language: Language) -> &'static str {
        match self {
            Self::Idle => language.idle_notice(),
            Self::ServerClosing => language.server_closing(),
            Self::Removed => language.removed_by_operator(),
            Self::ServerFull => language.server_full(),
            Self::TooManyFromAddress => language.too_many_from_address(),
            Self::TooManyNames => language.too_many_names(),
            Self::NameTooLate => language.name_too_late(),
        }
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
    let begins = |dismissal: &Dismissal| {
        Language::ALL.iter().any(|language| line.starts_with(dismissal.line(*language)))
    };
    Dismissal::ALL.into_iter().find(begins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::NameError;
    use crate::refusal::Refusal;

    #[test]
    fn r3_5_each_reason_is_recognized_in_every_language() {
        for language in Language::ALL {
            for dismissal in Dismissal::ALL {
                assert_eq!(dismissal_in(dismissal.line(language)), Some(dismissal));
                assert!(!dismissal.text(language).starts_with(['*', '!', ' ']));
            }
            let refusal = language.refusal(&Refusal::LastName(NameError::Empty)).to_string();
            let last = refusal.lines().last().and_then(dismissal_in);
            assert_eq!(last, Some(Dismissal::TooManyNames));
        }
        assert_eq!(dismissal_in("* hola"), None);
        assert_eq!(dismissal_in(""), None);
    }
}
