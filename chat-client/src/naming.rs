//! Giving the server a name when it asks for one (requirement 5.2).
//!
//! No sockets and no clock: it is told what arrives and what is answered, and says what follows.
//! Until the name is given, what the person says has to wait: the server would take it for the
//! name.

use std::time::Duration;

use chat_protocol::name::{Name, NameError};
use chat_protocol::wording::{GREETING, REFUSAL};
use tokio::time::Instant;

use crate::outcome::Outcome;

/// How long the server may take to object to a name, besides the way there and back: one that takes
/// the name need not say so. Ample for looking through a list of names; too short to be felt by a
/// person who has just entered one.
const GRACE: Duration = Duration::from_millis(300);

/// The longest way there and back that is reckoned with: half around the world and a bad line.
/// Whatever else made the connection slow, such as looking up its address, makes no answer slow.
const FAR: Duration = Duration::from_secs(1);

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
    Leave(Outcome),
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

    /// The server is so far away, there and back: an answer may take twice as long on a bad day.
    pub(crate) fn far(&mut self, round_trip: Duration) {
        self.grace = GRACE + 2 * round_trip.min(FAR);
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
        (before.is_empty() || before == GREETING).then_some(before)
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
            Then::Leave(Outcome::NameRefused)
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
            State::Waiting(_) if !self.expected && line != GREETING => self.state = State::Over,
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
                Some(Then::Leave(Outcome::NotAsked))
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
mod tests {
    use chat_protocol::wording::{NAME_KEYWORD, joined, name_refused};

    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn taken() -> String {
        name_refused(NameError::Taken).to_string()
    }

    /// The client as `--profile sala` has it; without a name, a person is being asked.
    fn sala(name: Option<&str>, person: bool) -> (Naming, Instant) {
        let now = Instant::now();
        let mut naming = Naming::new(NAME_KEYWORD, name.map(self::name));
        naming.expect(Some(now + Duration::from_secs(10)));
        if person {
            naming.person(name.is_none());
        }
        (naming, now)
    }

    fn give(text: &str) -> Then {
        Then::Give(name(text))
    }

    #[test]
    fn r5_2_the_keyword_is_answered_and_not_shown() {
        let (mut naming, now) = sala(Some("Ana"), true);
        assert_eq!(naming.hear(GREETING, now), (Some(GREETING), None));
        assert!(naming.holds());
        assert_eq!(naming.hear(" nombre del cliente ", now), (None, Some(give("Ana"))));
        assert!(naming.holds() && !naming.is_due());
        assert_eq!(naming.expire(), Some(Then::Talk), "a server that says nothing more");
        assert!(!naming.holds());
    }

    #[test]
    fn r5_2_a_line_of_the_room_shows_that_the_name_is_taken() {
        let (mut naming, now) = sala(Some("Ana"), true);
        naming.hear(NAME_KEYWORD, now);
        let line = joined(&name("Bea")).to_string();
        assert_eq!(naming.hear(&line, now), (Some(line.as_str()), Some(Then::Talk)));
        assert_eq!(naming.hear(NAME_KEYWORD, now), (Some(NAME_KEYWORD), None), "somebody says it");
    }

    #[test]
    fn r5_2_the_keyword_may_stick_to_the_greeting() {
        let (mut naming, now) = sala(Some("Ana"), false);
        let line = format!("{GREETING}{NAME_KEYWORD}");
        assert_eq!(naming.hear(&line, now), (Some(GREETING), Some(give("Ana"))));
        let (mut naming, now) = sala(Some("Ana"), false);
        let line = format!("di {NAME_KEYWORD}");
        assert_eq!(naming.hear(&line, now), (Some(line.as_str()), None));
    }

    #[test]
    fn r5_2_a_person_is_asked_and_may_answer_before_or_after_the_server_asks() {
        let (mut naming, now) = sala(None, true);
        assert_eq!(naming.answer("Ana", now), Ok(None));
        assert!(naming.holds());
        assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(give("Ana"))));

        let (mut naming, now) = sala(None, true);
        assert_eq!(naming.hear(NAME_KEYWORD, now), (None, None));
        assert_eq!(naming.answer("", now), Err((NameError::Empty, Then::Ask)));
        assert_eq!(naming.answer("Ana", now), Ok(Some(give("Ana"))));
    }

    #[test]
    fn r5_2_a_name_that_the_server_refuses_is_asked_for_again() {
        let (mut naming, now) = sala(Some("Ana"), true);
        naming.hear(NAME_KEYWORD, now);
        assert_eq!(naming.hear(&taken(), now), (Some(taken().as_str()), None));
        assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(Then::Ask)));
        assert!(naming.is_due());
        assert_eq!(naming.answer("Bea", now), Ok(Some(give("Bea"))));
        assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(Then::Ask)));
    }

    #[test]
    fn r5_2_a_server_that_is_slow_to_refuse_is_still_understood() {
        let (mut naming, now) = sala(Some("Ana"), true);
        naming.hear(NAME_KEYWORD, now);
        assert_eq!(naming.expire(), Some(Then::Talk));
        naming.hear(&taken(), now);
        assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(Then::Ask)));
        assert!(naming.holds());
    }

    #[test]
    fn r5_2_a_refusal_leaves_time_for_the_keyword() {
        let (mut naming, now) = sala(Some("Ana"), true);
        naming.hear(NAME_KEYWORD, now);
        assert_eq!(naming.deadline(), Some(now + GRACE));
        let later = now + GRACE / 2;
        naming.hear(&taken(), later);
        assert_eq!(naming.deadline(), Some(later + GRACE));
    }

    #[test]
    fn r5_2_a_server_far_away_gets_more_time_to_refuse() {
        let (mut naming, now) = sala(Some("Ana"), true);
        naming.far(Duration::from_secs(1));
        naming.hear(NAME_KEYWORD, now);
        assert_eq!(naming.deadline(), Some(now + GRACE + Duration::from_secs(2)));
    }

    #[test]
    fn r5_2_in_a_pipe_the_first_line_is_the_name_and_there_is_no_second() {
        let (mut naming, now) = sala(None, false);
        assert!(naming.wants_line());
        assert_eq!(naming.answer("Ana", now), Ok(None));
        assert!(!naming.wants_line() && naming.holds());
        assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(give("Ana"))));
        naming.hear(&taken(), now);
        let refused = Then::Leave(Outcome::NameRefused);
        assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(refused)));

        let (mut naming, now) = sala(None, false);
        let refused = Then::Leave(Outcome::NameRefused);
        assert_eq!(naming.answer("dos palabras", now), Err((NameError::Character, refused)));
    }

    #[test]
    fn r5_2_a_server_that_does_not_ask_is_left() {
        let (mut naming, now) = sala(Some("Ana"), true);
        assert_eq!(naming.deadline(), Some(now + Duration::from_secs(10)));
        assert_eq!(naming.expire(), Some(Then::Leave(Outcome::NotAsked)));
    }

    #[test]
    fn r5_2_who_expects_no_keyword_does_not_answer_somebody_who_says_it_later() {
        let now = Instant::now();
        let mut naming = Naming::new(NAME_KEYWORD, Some(name("Ana")));
        assert_eq!(naming.hear(GREETING, now), (Some(GREETING), None));
        naming.hear("hola", now);
        assert_eq!(naming.hear(NAME_KEYWORD, now), (Some(NAME_KEYWORD), None));
    }

    #[test]
    fn r5_2_who_expects_no_keyword_answers_it_with_a_name_or_just_sees_it() {
        let now = Instant::now();
        let mut naming = Naming::new(NAME_KEYWORD, Some(name("Ana")));
        assert!(!naming.holds() && naming.deadline().is_none());
        assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(give("Ana"))));
        let mut naming = Naming::new(NAME_KEYWORD, None);
        naming.person(false);
        assert_eq!(naming.hear(NAME_KEYWORD, now), (Some(NAME_KEYWORD), None));
        assert!(!naming.holds());
    }

    #[test]
    fn r7_3_the_name_for_signing_answers_the_keyword_too() {
        let now = Instant::now();
        let mut naming = Naming::new(NAME_KEYWORD, None);
        naming.person(true);
        assert_eq!(naming.hear(NAME_KEYWORD, now), (None, None));
        assert_eq!(naming.answer("Ana", now), Ok(Some(give("Ana"))));
    }
}
