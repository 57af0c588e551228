//! Accounts: the word by which a person proves that a name is its own (chapter 12).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::limits::WORD_LENGTH;

/// A password that may be one: of a good length, without control characters.
///
/// It is composed (NFKC), so that it is the same from each keyboard. Nothing shows it: there is no `Display`, and its
/// `Debug` is empty.
///
/// ```
/// # use chat_protocol::account::{AccountError, Word};
/// let word: Word = " correcto caballo ".parse()?;
/// assert_eq!(word.reveal(), "correcto caballo");
/// assert_eq!("corto".parse::<Word>(), Err(AccountError::ShortWord));
/// # Ok::<(), AccountError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Word(Box<str>);

impl Word {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Word {
    type Err = AccountError;

    /// Blanks around the word are not part of it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word: String = text.trim().nfkc().collect();
        // What was a control character may have been replaced already.
        if word.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
            return Err(AccountError::ControlInWord);
        }
        match word.chars().count() {
            length if length < *WORD_LENGTH.start() => Err(AccountError::ShortWord),
            length if length > *WORD_LENGTH.end() => Err(AccountError::LongWord),
            _ => Ok(Self(word.into())),
        }
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word")
    }
}

/// The reason for refusing what has to do with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccountError {
    /// There are no accounts here.
    #[error("there are no accounts here")]
    Off,
    /// The name is registered, and the person has not proved that it is its own.
    #[error("this name is registered")]
    Registered,
    /// The name has no account, and needs one.
    #[error("this name has no account")]
    Unregistered,
    /// The connection is not encrypted, and comes from elsewhere.
    #[error("a word is taken through an encrypted connection only")]
    NotEncrypted,
    /// The word is another.
    #[error("wrong word")]
    WrongWord,
    /// There were wrong words from this address.
    #[error("too many wrong words from this address")]
    TooSoon,
    /// Too many words wait to be looked at.
    #[error("too many words wait")]
    Busy,
    /// The word has too few characters.
    #[error("the word is too short")]
    ShortWord,
    /// The word has too many characters.
    #[error("the word is too long")]
    LongWord,
    /// There is a control character in the word.
    #[error("the word has a control character")]
    ControlInWord,
    /// The person has an account already.
    #[error("the person has an account")]
    HasOne,
    /// The person has not come in with an account.
    #[error("the person has no account")]
    HasNone,
    /// There are as many accounts as there may be, in all or from this address.
    #[error("too many accounts")]
    TooMany,
    /// The file cannot be written.
    #[error("the account cannot be stored")]
    NotStored,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r12_3_a_word_is_long_enough_and_not_too_long_and_has_no_controls() {
        let word = |text: &str| text.parse::<Word>();
        for (text, error) in [
            ("1234567", AccountError::ShortWord),
            ("        1       ", AccountError::ShortWord),
            ("", AccountError::ShortWord),
            (&"ñ".repeat(129), AccountError::LongWord),
            ("12345678\t9", AccountError::ControlInWord),
            ("12345678\u{FFFD}9", AccountError::ControlInWord),
        ] {
            assert_eq!(word(text), Err(error), "{text:?}");
        }
        for text in ["12345678", "        ñ ñ ñ ñ ñ", &"ñ".repeat(128)] {
            assert!(word(text).is_ok(), "{text:?}");
        }
        assert_eq!(word("contrasen\u{303}a"), word("contraseña"));
    }

    #[test]
    fn r12_3_a_word_is_not_shown() {
        let word: Word = "secretísimo".parse().unwrap();
        assert_eq!(format!("{word:?}"), "Word");
    }
}
