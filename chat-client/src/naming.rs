//! Giving the server a name when it asks for one (requirement 5.2).
//!
//! No sockets and no clock: it is told what arrives and what is answered, and says what follows.
//! Until the name is given, what the person says has to wait: the server would take it for the
//! name.

use std::time::Duration;

use chat_protocol::name::{Name, NameError};
use chat_protocol::wording::{REFUSAL, is_greeting};
use tokio::time::Instant;

use crate::exit::Exit;

/// How long the server may take to object to a name, besides the way there and back: one that takes
/// the name need not say so. Ample for looking through a list of names; too short to be felt by a
/// person who has just entered one.
const GRACE: Duration = Duration::from_millis(300);

/// The longest round trip that is reckoned with: half around the world and a bad line.
/// Whatever else made the connection slow, such as looking up its address, makes no answer slow.
const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(1);

/// Whether and how a name is given.
#[derive(Debug)]
pub(crate) struct Naming {
    /// What the server asks with.
    keyword: String,
    /// A server that does not ask is left.
    expected: bool,
    /// There is a person who can be asked. In a pipe, the first line is the name.
    person: bool,
    /// The name that the server gets, or has got.
    name: Option<Name>,
    /// The person is being asked.
    asking: bool,
    /// How long the server may take to object.
    grace: Duration,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The server has not asked, and has until then to do so.
    Waiting(Option<Instant>),
    /// The server has asked, and no name is there yet.
    Asked,
    /// The server has the name, and until then to object.
    Answered(Instant),
    /// It has not objected, but is perhaps only slow.
    Presumed,
    /// It talks about other things.
    Over,
}

/// What follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The server gets this name.
    Give(Name),
    /// The person is asked for another name.
    Ask,
    /// Nothing that the person says has to wait any longer.
    Talk,
    /// There is no point in staying.
    Leave(Exit),
}

impl Naming {
    /// Answers `keyword` with the name, if there is one.
    pub(crate) fn new(keyword: &str, name: Option<Name>) -> Self {
        Self {
            keyword: keyword.trim().to_owned(),
            expected: false,
            person: false,
            name,
            asking: false,
            grace: GRACE,
            state: State::Waiting(None),
        }
    }

    /// The server has to ask by then, if it has to ask at all.
    pub(crate) fn expect(&mut self, deadline: Option<Instant>) {
        self.expected = true;
        self.state = State::Waiting(deadline);
    }

    /// Sets the round-trip time: the grace period for an objection grows by twice this, for a bad day.
    pub(crate) fn set_round_trip(&mut self, round_trip: Duration) {
        self.grace = GRACE + 2 * round_trip.min(LONGEST_ROUND_TRIP);
    }

    /// There is a person who can be asked, and who is `asking` being asked now.
    pub(crate) fn person(&mut self, asking: bool) {
        self.person = true;
        self.asking = asking;
    }

    /// The name that the server gets, or has got.
    pub(crate) fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// Whether there is a person who can be asked.
    pub(crate) fn has_person(&self) -> bool {
        self.person
    }

    /// Whether what the person says has to wait.
    pub(crate) fn holds(&self) -> bool {
        match self.state {
            State::Waiting(_) => self.expected,
            State::Asked | State::Answered(_) => true,
            State::Presumed | State::Over => false,
        }
    }

    /// Whether no name has been given yet, although one has to be.
    pub(crate) fn is_due(&self) -> bool {
        self.holds() && !matches!(self.state, State::Answered(_))
    }

    /// Whether the next line of a pipe is the name.
    pub(crate) fn wants_line(&self) -> bool {
        !self.person && self.name.is_none() && self.is_due()
    }

    /// A line has arrived. Returns what of it is to be shown, and what follows.
    pub(crate) fn hear<'a>(
        &mut self,
        line: &'a str,
        now: Instant,
    ) -> (Option<&'a str>, Option<Then>) {
        let before = self.before_keyword(line).filter(|_| self.takes_keyword());
        match before {
            Some(before) => (Some(before).filter(|before| !before.is_empty()), self.be_asked(now)),
            None => (Some(line), self.pass(line, now)),
        }
    }

    /// What stands before the keyword, when the line is one. A server that ends no lines may have
    /// sent it right behind its greeting.
    fn before_keyword<'a>(&self, line: &'a str) -> Option<&'a str> {
        let before = line.trim_end().strip_suffix(&self.keyword)?.trim();
        (before.is_empty() || is_greeting(before)).then_some(before)
    }

    /// Where nobody has a name to give and nobody has to, the keyword is a line like any other.
    fn takes_keyword(&self) -> bool {
        match self.state {
            State::Waiting(_) => self.expected || self.asking || self.name.is_some(),
            State::Asked | State::Answered(_) | State::Presumed => true,
            State::Over => false,
        }
    }

    fn be_asked(&mut self, now: Instant) -> Option<Then> {
        match self.state {
            State::Answered(_) | State::Presumed => Some(self.ask_again()),
            _ => {
                self.state = State::Asked;
                self.give(now)
            }
        }
    }

    /// The server gets the name, if it has asked and there is one.
    fn give(&mut self, now: Instant) -> Option<Then> {
        let name = self.name.clone().filter(|_| self.state == State::Asked)?;
        self.state = State::Answered(now + self.grace);
        Some(Then::Give(name))
    }

    /// That was no name, or not one for this server.
    fn ask_again(&mut self) -> Then {
        self.name = None;
        if self.person {
            self.asking = true;
            if matches!(self.state, State::Answered(_) | State::Presumed) {
                self.state = State::Asked;
            }
            Then::Ask
        } else {
            self.state = State::Over;
            Then::Leave(Exit::NameRefused)
        }
    }

    /// A line that does not ask.
    fn pass(&mut self, line: &str, now: Instant) -> Option<Then> {
        let refusal = line.starts_with(REFUSAL);
        match self.state {
            // The keyword follows.
            State::Answered(_) if refusal => self.state = State::Answered(now + self.grace),
            State::Answered(_) => {
                self.state = State::Over;
                return Some(Then::Talk);
            }
            State::Presumed if !refusal => self.state = State::Over,
            // Who need not be asked is asked at once or not at all: later, it is somebody's talk.
            State::Waiting(_) if !self.expected && !is_greeting(line) => self.state = State::Over,
            _ => {}
        }
        None
    }

    /// The person has answered, or the pipe has. An error comes with what follows it.
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

    /// When something follows from nothing having happened.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Waiting(deadline) => deadline,
            State::Answered(deadline) => Some(deadline),
            State::Asked | State::Presumed | State::Over => None,
        }
    }

    /// The [`deadline`](Self::deadline) is over.
    pub(crate) fn expire(&mut self) -> Option<Then> {
        match self.state {
            State::Waiting(_) => {
                self.state = State::Over;
                Some(Then::Leave(Exit::NotAsked))
            }
            State::Answered(_) => {
                self.state = State::Presumed;
                Some(Then::Talk)
            }
            State::Asked | State::Presumed | State::Over => None,
        }
    }
}

#[cfg(test)]
mod tests;
