//! Name exchange: gives the server a name when it asks for one (requirement 5.2).
//!
//! A state machine without sockets and clock: the caller reports lines and answers, and gets the
//! next step. Until the server has the name, other input has to wait: the server would take it for
//! the name.

use std::time::Duration;

use chat_protocol::name::{Name, NameError};
use chat_protocol::wording::{REFUSAL, is_greeting, is_message};
use tokio::time::Instant;

use crate::exit::Exit;

/// Grace period for the server to refuse a name, in addition to the round-trip time. A server that
/// accepts the name need not answer. The period is long enough to search a list of names, and too
/// short to disturb a user that has just entered one.
const GRACE: Duration = Duration::from_millis(300);

/// Maximum round-trip time for the grace period: half around the world over a bad line. A
/// connection can take longer for other reasons, such as name resolution, but they do not delay
/// answers.
const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(1);

/// Time for the keyword after the first text of a server from which none is expected. A server asks
/// right after its greeting, perhaps with pauses between its lines; what comes later is a member's
/// message. The server of this project sends both at once and needs no time.
const ASKING: Duration = Duration::from_secs(5);

/// The state of the name exchange.
#[derive(Debug)]
pub(crate) struct Naming {
    /// The name keyword: the text with which the server asks.
    keyword: String,
    /// True if the client leaves a server that does not ask.
    expected: bool,
    /// True if there is a user to ask. In a pipe, the first line is the name.
    person: bool,
    /// The name for the server, sent or not.
    name: Option<Name>,
    /// True while the user is being asked.
    asking: bool,
    /// Grace period for the server to refuse the name.
    grace: Duration,
    question: Question,
    state: State,
}

/// The server's first question, while it is awaited. Outside of its time, the keyword is a member's
/// message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// It can come.
    Possible,
    /// It can come until this time.
    PossibleUntil(Instant),
    /// It cannot come any more.
    Impossible,
    /// It came and was not expected.
    Unexpected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The server has not asked. It has until this time, if there is one.
    Waiting(Option<Instant>),
    /// The server has asked, and there is no name yet.
    Asked,
    /// The server has the name, and has until this time to refuse it.
    Answered(Instant),
    /// The server has not refused the name in time, but may only be slow. The keyword counts if a
    /// refusal came before it.
    Presumed { refused: bool },
    /// The name exchange is over.
    Over,
}

/// The next step for the caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Sends this name to the server.
    Give(Name),
    /// Asks the user for another name.
    Ask,
    /// Sends the input that has waited.
    Talk,
    /// Leaves the server.
    Leave(Exit),
}

impl Naming {
    /// Creates the state for a client that answers `keyword` with the name, if there is one.
    pub(crate) fn new(keyword: &str, name: Option<Name>) -> Self {
        Self {
            keyword: keyword.trim().to_owned(),
            expected: false,
            person: false,
            name,
            asking: false,
            grace: GRACE,
            question: Question::Possible,
            state: State::Waiting(None),
        }
    }

    /// The server asks anew. This is the name that the client has by now, if it is known.
    pub(crate) fn begin_anew(&mut self, name: Option<&Name>) {
        self.name = name.or(self.name.as_ref()).cloned();
        self.state = State::Asked;
    }

    /// Requires the server to ask, by this time if there is one.
    pub(crate) fn expect(&mut self, deadline: Option<Instant>) {
        self.expected = true;
        self.state = State::Waiting(deadline);
    }

    /// Sets the round-trip time. The grace period grows by twice this, to allow for delays.
    pub(crate) fn set_round_trip(&mut self, round_trip: Duration) {
        self.grace = GRACE + 2 * round_trip.min(LONGEST_ROUND_TRIP);
    }

    /// The time in which the server answers a name.
    pub(crate) fn grace(&self) -> Duration {
        self.grace
    }

    /// Declares that there is a user to ask; `asking` if the user is being asked now.
    pub(crate) fn person(&mut self, asking: bool) {
        self.person = true;
        self.asking = asking;
    }

    /// The name for the server, sent or not.
    pub(crate) fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// Returns whether there is a user to ask.
    pub(crate) fn has_person(&self) -> bool {
        self.person
    }

    /// Returns whether the user's input has to wait.
    pub(crate) fn holds(&self) -> bool {
        match self.state {
            State::Waiting(_) => self.expected,
            State::Asked | State::Answered(_) => true,
            State::Presumed { .. } | State::Over => false,
        }
    }

    /// Returns whether a name has to be given and has not been given yet.
    pub(crate) fn is_due(&self) -> bool {
        self.holds() && !matches!(self.state, State::Answered(_))
    }

    /// Returns whether the next line of a pipe is the name.
    pub(crate) fn wants_line(&self) -> bool {
        !self.person && self.name.is_none() && self.is_due()
    }

    /// Returns whether the server has asked for a name that was not expected to be needed.
    pub(crate) fn was_surprised(&self) -> bool {
        self.question == Question::Unexpected
    }

    /// Handles a line from the server. Returns the part of it to be shown, and the next step.
    pub(crate) fn hear<'a>(
        &mut self,
        line: &'a str,
        now: Instant,
    ) -> (Option<&'a str>, Option<Then>) {
        let Some(before) = self.before_keyword(line).filter(|_| self.takes_keyword(now)) else {
            return (Some(line), self.pass(line, now));
        };
        if !self.expected {
            self.question = Question::Unexpected;
        }
        if !self.expected && !self.asking && self.name.is_none() {
            // The user sees the question, and can answer it like any line.
            return (Some(line), None);
        }
        (Some(before).filter(|before| !before.is_empty()), self.be_asked(now))
    }

    /// The text before the keyword, if the line ends in it and is no message. A server that does not
    /// end its lines may send the keyword right after its greeting.
    fn before_keyword<'a>(&self, line: &'a str) -> Option<&'a str> {
        let before = line.trim_end().strip_suffix(&self.keyword)?.trim();
        (!is_message(line)).then_some(before)
    }

    /// Returns whether the keyword counts as a question now.
    fn takes_keyword(&self, now: Instant) -> bool {
        match self.state {
            State::Waiting(_) => match self.question {
                Question::Possible => true,
                Question::PossibleUntil(end) => now <= end,
                Question::Impossible | Question::Unexpected => false,
            },
            State::Asked | State::Answered(_) | State::Presumed { refused: true } => true,
            State::Presumed { refused: false } | State::Over => false,
        }
    }

    fn be_asked(&mut self, now: Instant) -> Option<Then> {
        match self.state {
            State::Answered(_) | State::Presumed { .. } => Some(self.ask_again()),
            _ => {
                self.state = State::Asked;
                self.give(now)
            }
        }
    }

    /// Gives the name, if the server has asked and there is one.
    fn give(&mut self, now: Instant) -> Option<Then> {
        let name = self.name.clone().filter(|_| self.state == State::Asked)?;
        self.state = State::Answered(now + self.grace);
        Some(Then::Give(name))
    }

    /// Handles a name that is invalid, or that the server refuses.
    fn ask_again(&mut self) -> Then {
        self.name = None;
        if self.person {
            self.asking = true;
            if matches!(self.state, State::Answered(_) | State::Presumed { .. }) {
                self.state = State::Asked;
            }
            Then::Ask
        } else {
            self.state = State::Over;
            Then::Leave(Exit::NameRefused)
        }
    }

    /// Handles a line that is no question.
    fn pass(&mut self, line: &str, now: Instant) -> Option<Then> {
        let refusal = line.starts_with(REFUSAL);
        match self.state {
            // The keyword follows.
            State::Answered(_) if refusal => self.state = State::Answered(now + self.grace),
            State::Answered(_) => {
                self.state = State::Over;
                return Some(Then::Talk);
            }
            State::Presumed { .. } if refusal => self.state = State::Presumed { refused: true },
            State::Presumed { .. } => self.state = State::Over,
            State::Waiting(_) if is_message(line) => self.question = Question::Impossible,
            State::Waiting(_) if !self.expected && self.question == Question::Possible => {
                let time = if is_greeting(line) { Duration::ZERO } else { ASKING };
                self.question = Question::PossibleUntil(now + time);
            }
            _ => {}
        }
        None
    }

    /// Handles the answer of the user or the pipe. An error comes with the next step.
    pub(crate) fn answer(
        &mut self,
        text: &str,
        now: Instant,
    ) -> Result<Option<Then>, (NameError, Then)> {
        match text.parse() {
            Ok(name) => {
                self.name = Some(name);
                self.asking = false;
                Ok(self.give(now))
            }
            Err(error) => Err((error, self.ask_again())),
        }
    }

    /// The time at which [`expire`](Self::expire) must be called, unless a line arrives before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Waiting(deadline) => deadline,
            State::Answered(deadline) => Some(deadline),
            State::Asked | State::Presumed { .. } | State::Over => None,
        }
    }

    /// Handles the end of the [`deadline`](Self::deadline).
    pub(crate) fn expire(&mut self) -> Option<Then> {
        match self.state {
            State::Waiting(_) => {
                self.state = State::Over;
                Some(Then::Leave(Exit::NotAsked))
            }
            State::Answered(_) => {
                self.state = State::Presumed { refused: false };
                Some(Then::Talk)
            }
            State::Asked | State::Presumed { .. } | State::Over => None,
        }
    }
}

#[cfg(test)]
mod tests;
