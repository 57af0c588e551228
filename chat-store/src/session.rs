//! A session: what is kept of a client that may come back on another connection.

use std::fmt;
use std::str::FromStr;

use crate::line::Position;

/// The secret by which a client comes back: 128 random bits, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u128);

/// What is kept of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its public name, a position that no line has.
    pub id: Position,
    /// The name of its person.
    pub name: Box<str>,
    /// The key of the account that the person has proved, if it has.
    pub account: Option<Box<str>>,
    /// The name of the room that the person is in, or was in last.
    pub room: Box<str>,
    /// The position of that room when the person came in.
    pub joined: Position,
    /// The number of its last line that was acted on.
    pub accepted: u64,
    /// The end of it in milliseconds since 1970, UTC, if its client is away.
    pub until: Option<i64>,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A secret does not get into a log.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl FromStr for Token {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digits = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let value = is_digits.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        value.map(Self).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_written_and_shown_to_nobody() {
        for token in [Token(0), Token(7), Token(u128::MAX)] {
            assert_eq!(token.to_string().parse(), Ok(token));
            assert_eq!(format!("{token:?}"), "Token(…)");
        }
        for wrong in ["", "7", &"+".repeat(32), &"0".repeat(33)] {
            assert_eq!(wrong.parse::<Token>(), Err(()), "{wrong:?}");
        }
    }
}
