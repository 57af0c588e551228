//! A line of a room, and its position in the room's order.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// A place in the order of a room. No position is given out twice: the epoch is raised whenever the store is
/// opened, and within an epoch each line has the next number.
///
/// Written `EPOCH.NUMBER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The run of the server in which the line was said, from 1.
    pub epoch: u32,
    /// The number of the line in its epoch, from 1. Other rooms have some of the numbers.
    pub number: u64,
}

impl Position {
    /// The position before all others.
    pub const START: Self = Self { epoch: 0, number: 0 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.number)
    }
}

impl FromStr for Position {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (epoch, number) = text.split_once('.').ok_or(ParsePositionError)?;
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(epoch) || !is_number(number) {
            return Err(ParsePositionError);
        }
        let epoch = epoch.parse().map_err(|_| ParsePositionError)?;
        // The database's numbers have a sign.
        let number: i64 = number.parse().map_err(|_| ParsePositionError)?;
        Ok(Self { epoch, number: number.unsigned_abs() })
    }
}

/// The text was no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected a position such as 3.1407")]
pub struct ParsePositionError;

/// A message that was said in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The look of the room's name.
    pub room: Arc<str>,
    /// Its place there.
    pub position: Position,
    /// Milliseconds since 1970, UTC.
    pub at: i64,
    /// The name of the person, or what stands for it.
    pub author: Box<str>,
    /// The text, without the label and the line ending.
    pub text: Box<str>,
    /// Its number among the lines of its author's session, if the author has one.
    pub numbered: Option<Numbered>,
}

/// The number of a line among those of a session. It tells a line that was sent again from another one.
///
/// Written `SESSION.NUMBER`, which is `EPOCH.NUMBER.NUMBER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Numbered {
    /// The session.
    pub session: Position,
    /// From 1 upwards.
    pub number: u64,
}

impl FromStr for Numbered {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (session, number) = text.rsplit_once('.').ok_or(ParsePositionError)?;
        let number = number.parse().map_err(|_| ParsePositionError)?;
        Ok(Self { session: session.parse()?, number })
    }
}

impl fmt::Display for Numbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.session, self.number)
    }
}

impl Line {
    /// About what it takes in memory and in the file, in bytes.
    pub fn size(&self) -> usize {
        64 + self.author.len() + self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        let position = Position { epoch: 3, number: 1407 };
        assert_eq!(position.to_string().parse(), Ok(position));
        for wrong in ["", "3", "3.", ".7", "3.-1", "+3.1", "3.1.2", "3.9223372036854775808"] {
            assert_eq!(wrong.parse::<Position>(), Err(ParsePositionError), "{wrong:?}");
        }
    }

    #[test]
    fn a_later_epoch_comes_after_every_number_of_an_earlier_one() {
        let last = Position { epoch: 1, number: u64::MAX };
        assert!(Position::START < last && last < Position { epoch: 2, number: 1 });
    }
}
