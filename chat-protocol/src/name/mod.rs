//! Names of members and rooms (requirements 5.4 and 5.5).
//!
//! A name is shown as its owner wrote it. It is compared by its [looks](Name::looks): `Ana`, `ANA`, `A-na`
//! and `Аnа` with Cyrillic letters are one name on a server.

mod letters;
mod looks;
mod reserved;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::account::AccountError;
use crate::limits::{FIRST_ROOM, MAX_NAME};

pub use looks::{fold, key};

/// Prefix of the names of guests: members that the server did not ask for a name.
const GUEST: &str = "usuario-";

/// The signs that a name may contain beside letters and digits, with blanks between them.
pub const SIGNS: &str = "_ - . ' ’ ·";

/// The blanks that people put between the words of a name.
const BLANKS: [char; 4] = [' ', '\t', '\u{A0}', '\u{3000}'];

/// A valid name: 1 to [`MAX_NAME`] visible characters. They are letters of the scripts in which
/// people write their names, digits, and [`SIGNS`].
///
/// Clones share the text.
///
/// ```
/// # use chat_protocol::name::Name;
/// let name: Name = "José-Luis_2".parse()?;
/// assert_eq!(name.as_str(), "José-Luis_2");
/// assert!("dos palabras".parse::<Name>().is_err());
/// # Ok::<(), chat_protocol::name::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Arc<str>);

impl Name {
    /// The name as its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The room in which every member begins (requirement 6.2).
    pub fn first_room() -> Self {
        Self(FIRST_ROOM.into())
    }

    /// The name of a guest: `usuario-65310`, and `usuario-65310-2` for a second one with this port.
    pub fn guest(port: u16, copy: u32) -> Self {
        let name =
            if copy < 2 { format!("{GUEST}{port}") } else { format!("{GUEST}{port}-{copy}") };
        Self(name.into())
    }

    /// Returns whether the name means the server, its operator or a command, or looks as if it did:
    /// also with other signs, accents or case, and with digits at the end.
    pub fn is_reserved(&self) -> bool {
        reserved::is_reserved(&self.0)
    }

    /// Returns whether the name is one of a [guest](Self::guest), or looks so. Such names are reserved
    /// only where clients are told apart by their ports.
    pub fn is_guest_like(&self) -> bool {
        reserved::is_guest_like(&self.0)
    }

    /// Returns whether the text is this name, but for case, normal form, signs, the kind of digits and the
    /// points of Arabic and Hebrew. A text that only looks like it is not.
    pub fn is_meant_by(&self, text: &str) -> bool {
        key(&self.0) == key(text.trim())
    }

    /// The keys by which names are compared. Two names with a key in common can be confused: they
    /// differ only in case, normal form, signs, the kind of digits, the points of Arabic and Hebrew,
    /// or letters that look alike.
    pub fn looks(&self) -> [String; 5] {
        looks::looks(&self.0)
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Blanks around the name are not part of it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        // Composed, so that an accent adds no character.
        if text.nfc().nth(MAX_NAME).is_some() {
            return Err(NameError::TooLong);
        }
        let solid: String = text.split(BLANKS).collect();
        if !letters::are_permitted(&solid) {
            return Err(NameError::Character);
        }
        if solid.len() < text.len() {
            return Err(NameError::Blank);
        }
        if !letters::scripts_belong_together(text) {
            return Err(NameError::Scripts);
        }
        if !text.contains(char::is_alphanumeric) {
            return Err(NameError::NoLetter);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The reason for refusing a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// The name is empty or consists of blanks.
    #[error("a name is at least one character")]
    Empty,
    /// It has more than [`MAX_NAME`] characters.
    #[error("a name is at most {MAX_NAME} characters")]
    TooLong,
    /// There is a blank in it.
    #[error("a name has no blanks, and at most {MAX_NAME} characters")]
    Blank,
    /// A character is invisible, or belongs to no script in use.
    #[error("a name consists of letters, digits and the signs {SIGNS}")]
    Character,
    /// Its letters belong to scripts that are not written together.
    #[error("a name does not mix scripts")]
    Scripts,
    /// It consists of signs alone.
    #[error("a name contains a letter or a digit")]
    NoLetter,
    /// It means the server, the operator or a command, or looks as if it did.
    #[error("this name is reserved")]
    Reserved,
    /// Another client has this name, or one that can be confused with it.
    #[error("this name is taken")]
    Taken,
    /// It has an account, or needs one.
    #[error("{0}")]
    Account(AccountError),
    /// It is that of a session which has ended, or never was (requirement 11.12).
    #[error("there is no such session")]
    NoSession,
    /// The servers of the chat cannot agree on names now (requirement 14.10).
    #[error("no names are given now")]
    NotNow,
}

#[cfg(test)]
mod tests;
