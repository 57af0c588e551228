//! The messages that were heard: none is shown twice, and the server is told where to go on.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

/// Maximum number of positions that are kept, to count those that the server has lost.
const MAX_POSITIONS: usize = 1000;

/// Maximum number of other sessions whose last line is known: some 30 bytes each. The one that was not heard for longest
/// is forgotten first.
const MAX_SESSIONS: usize = 1000;

/// The position of a message (requirement 11.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    epoch: u64,
    number: u64,
}

/// What this client has heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The positions of the last messages, in order.
    positions: VecDeque<Position>,
    /// The position at which the session began, or of the last message of its own that was accepted.
    own: Position,
    /// The last line that was heard of each other session.
    sessions: VecDeque<(String, u64)>,
}

impl Heard {
    /// A session begins at this position. Lines of other sessions stay known: they may be sent again.
    pub(super) fn begin(&mut self, position: Position) {
        self.positions.clear();
        self.own = position;
    }

    /// Notes that a message of its own has this position.
    pub(super) fn accepted(&mut self, position: Position) {
        self.own = self.own.max(position);
    }

    /// Notes a message with this position and this line of its author. Returns whether it is new.
    pub(super) fn note(&mut self, position: Option<Position>, line: Option<&str>) -> bool {
        if let Some(position) = position {
            if self.positions.back().is_some_and(|last| position <= *last) {
                return false;
            }
            self.positions.push_back(position);
            if self.positions.len() > MAX_POSITIONS {
                self.positions.pop_front();
            }
        }
        line.and_then(line_of).is_none_or(|(session, number)| self.note_line(session, number))
    }

    /// Notes the line with this number of another session. Returns whether it is new.
    fn note_line(&mut self, session: &str, number: u64) -> bool {
        let known = self.sessions.iter().rposition(|(id, _)| id == session);
        let (id, last) = known
            .and_then(|place| self.sessions.remove(place))
            .unwrap_or_else(|| (session.to_owned(), 0));
        self.sessions.push_back((id, last.max(number)));
        if self.sessions.len() > MAX_SESSIONS {
            self.sessions.pop_front();
        }
        number > last
    }

    /// The position behind which the server goes on.
    pub(super) fn position(&self) -> Position {
        self.positions.back().copied().unwrap_or_default().max(self.own)
    }

    /// The number of messages that were heard behind this position.
    pub(super) fn behind(&self, position: Position) -> usize {
        self.positions.iter().rev().take_while(|heard| **heard > position).count()
    }
}

/// The session and the number in `SESSION.NUMBER`.
fn line_of(line: &str) -> Option<(&str, u64)> {
    let (session, number) = line.rsplit_once('.')?;
    Some((session, number.parse().ok()?))
}

/// The text was no position.
#[derive(Debug)]
pub(super) struct ParsePositionError;

impl FromStr for Position {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = |number: &str| number.parse().map_err(|_| ParsePositionError);
        let (epoch, number) = text.split_once('.').ok_or(ParsePositionError)?;
        Ok(Self { epoch: parse(epoch)?, number: parse(number)? })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Position {
        text.parse().unwrap()
    }

    #[test]
    fn r11_15_a_message_is_new_once() {
        let mut heard = Heard::default();
        let mut note = |position, line| heard.note(Some(at(position)), Some(line));
        assert!(note("1.5", "1.1.1"));
        assert!(!note("1.5", "1.1.1"), "the same position");
        assert!(!note("1.4", "1.2.1"), "an earlier one");
        assert!(!note("2.1", "1.1.1"), "the same line, accepted by the next server");
        assert!(note("2.2", "1.1.2") && note("2.3", "1.2.1"));
        assert!(heard.note(None, None), "a server without memory");
        assert_eq!(heard.position().to_string(), "2.3");
    }

    #[test]
    fn r11_15_it_goes_on_behind_the_last_message_heard_or_accepted() {
        let mut heard = Heard::default();
        assert_eq!(heard.position().to_string(), "0.0");
        heard.begin(at("3.7"));
        assert_eq!(heard.position(), at("3.7"));
        heard.note(Some(at("3.9")), None);
        heard.accepted(at("3.8"));
        assert_eq!(heard.position(), at("3.9"));
        heard.accepted(at("3.10"));
        assert_eq!(heard.position(), at("3.10"));
        assert!(heard.note(Some(at("3.10")), None), "only what was heard is dropped");
    }

    #[test]
    fn r11_15_what_was_heard_and_not_stored_is_counted() {
        let mut heard = Heard::default();
        for number in 1..=1500 {
            heard.note(Some(Position { epoch: 1, number }), None);
        }
        assert_eq!(heard.behind(at("1.1497")), 3);
        assert_eq!(heard.behind(at("1.1500")), 0);
        assert_eq!(heard.behind(at("1.0")), MAX_POSITIONS);
    }

    #[test]
    fn r11_15_sessions_that_were_not_heard_for_long_are_forgotten() {
        let mut heard = Heard::default();
        for session in 0..=MAX_SESSIONS {
            assert!(heard.note(None, Some(&format!("1.{session}.1"))));
        }
        assert_eq!(heard.sessions.len(), MAX_SESSIONS);
        assert!(!heard.note(None, Some("1.1.1")));
    }
}
