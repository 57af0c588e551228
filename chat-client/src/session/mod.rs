//! A session: the conversation goes on over another connection when one is cut (requirement 11.15).
//!
//! A state machine without sockets and clock: the caller reports lines and the end of a connection, and does
//! what is due. It knows nothing of names and screens.
//!
//! | module | what it holds |
//! |---|---|
//! | `objects` | the server's objects, and the lines of text that say the same |
//! | `heard` | the messages that were heard: no duplicates, the position to go on from |
//! | `kept` | the lines that were not accepted yet |
//! | `backoff` | the pause before an attempt |

pub(crate) mod backoff;
mod heard;
mod kept;
mod objects;

use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::limits::FIRST_ROOM;
use chat_protocol::name::Name;
use chat_protocol::wording::{REFUSAL, dismissal_in, is_help_hint, refuses_length};

use heard::Heard;
use kept::Kept;
use objects::Object;

/// The command that begins a session, or resumes one.
const COMMAND: &str = "/reanudar";

/// Maximum length of an object, in bytes. The longest is a list of a thousand names, each twice, of up to 128 bytes.
pub(crate) const MAX_OBJECT: usize = 512 * 1024;

/// The session with a server.
#[derive(Debug)]
pub(crate) struct Session {
    language: Language,
    state: State,
    kept: Kept,
    heard: Heard,
    /// The client's name and room, as far as the server has told them in an object.
    name: Option<Name>,
    room: Option<Name>,
}

#[derive(Debug)]
enum State {
    /// The user wants none, or the server has none.
    Off,
    /// The server does not have the name yet.
    Nameless,
    /// The server has the name. Its hint that there are commands is due, or overdue.
    Unasked { overdue: bool },
    /// The server was asked for a session.
    Asked,
    /// There is a session.
    On(Ticket),
    /// There is one, but no connection on which it was resumed.
    Away(Ticket),
}

/// The right to resume a session.
#[derive(Clone, Debug)]
struct Ticket {
    token: String,
    /// The time for which it can be resumed.
    lifetime: Duration,
}

/// What a line of the server means to the session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing: it is a line of text.
    Text,
    /// These lines of text.
    Lines(Vec<String>),
    /// The session has begun.
    Begun,
    /// The server has no sessions.
    Unknown,
    /// The session goes on.
    Resumed {
        /// What the server says to that.
        lines: Vec<String>,
        /// Number of messages that were heard, but are not stored.
        unstored: usize,
    },
    /// The server does not know the session any more: the client joins anew.
    Lost,
}

impl Session {
    /// `wanted`: the server is asked for a session.
    pub(crate) fn new(wanted: bool, language: Language) -> Self {
        let state = if wanted { State::Nameless } else { State::Off };
        let (kept, heard) = (Kept::default(), Heard::default());
        Self { language, state, kept, heard, name: None, room: None }
    }

    /// The server has the name. Returns whether its hint is awaited now.
    pub(crate) fn named(&mut self) -> bool {
        let awaited = matches!(self.state, State::Nameless);
        if awaited {
            self.state = State::Unasked { overdue: false };
        }
        awaited
    }

    /// Returns the line that asks the server for a session, if this line of the server says that it has commands.
    pub(crate) fn ask(&mut self, line: &str) -> Option<&'static str> {
        let asks = matches!(self.state, State::Unasked { .. }) && is_help_hint(line);
        asks.then(|| {
            self.state = State::Asked;
            COMMAND
        })
    }

    /// The answer, or the hint, has not come in time.
    pub(crate) fn expire(&mut self) {
        self.state = match self.state {
            State::Unasked { .. } => State::Unasked { overdue: true },
            _ => State::Off,
        };
    }

    /// Returns whether the user's input has to wait, as it is not known whether lines have numbers.
    pub(crate) fn holds(&self) -> bool {
        matches!(self.state, State::Unasked { overdue: false } | State::Asked)
    }

    /// Returns whether lines have numbers, and the server's are objects.
    pub(crate) fn is_on(&self) -> bool {
        matches!(self.state, State::On(_))
    }

    /// Returns whether there is a session, but no connection on which it was resumed.
    pub(crate) fn is_away(&self) -> bool {
        matches!(self.state, State::Away(_))
    }

    /// The client's name, if the server has told one in an object.
    pub(crate) fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// The lines that were not accepted yet.
    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Takes the lines that were not accepted, without numbers.
    pub(crate) fn take_kept(&mut self) -> impl Iterator<Item = String> {
        self.kept.take()
    }

    /// Returns the line as it is to be sent, or `None` if it has to wait until the session is resumed.
    pub(crate) fn send(&mut self, line: &str) -> Option<String> {
        match self.state {
            State::On(_) => Some(self.kept.add(line)),
            State::Away(_) => {
                self.kept.add(line);
                None
            }
            _ => Some(line.to_owned()),
        }
    }

    /// The connection was cut. Returns the time for which the session can be resumed.
    pub(crate) fn cut(&mut self) -> Duration {
        match &self.state {
            State::On(ticket) | State::Away(ticket) => {
                let (ticket, lifetime) = (ticket.clone(), ticket.lifetime);
                self.state = State::Away(ticket);
                lifetime
            }
            _ => Duration::ZERO,
        }
    }

    /// The line that resumes the session: the first one on a new connection.
    pub(crate) fn resume(&self) -> Option<String> {
        let State::Away(Ticket { token, .. }) = &self.state else { return None };
        Some(format!("{COMMAND} {token} {}", self.heard.position()))
    }

    /// Gives the session up.
    pub(crate) fn end(&mut self) {
        self.state = State::Off;
    }

    /// Handles a line of the server.
    pub(crate) fn hear(&mut self, line: &str) -> Told {
        match self.state {
            State::On(_) => match Object::parse(line) {
                Some(object) => self.hear_object(&object),
                None => Told::Text,
            },
            State::Asked => self.hear_answer(line),
            State::Away(_) => self.hear_return(line),
            State::Off | State::Nameless | State::Unasked { .. } => Told::Text,
        }
    }

    /// Handles a line before the session has begun. A refusal of something else is no answer.
    fn hear_answer(&mut self, line: &str) -> Told {
        if let Some(object) = Object::parse(line).filter(|object| object.kind() == "session")
            && let Some(ticket) = Ticket::of(&object)
        {
            self.state = State::On(ticket);
            self.heard.begin(object.position("position").unwrap_or_default());
            // Back to the room of the session before: what was not said belongs there.
            let room = self.room.take().filter(|room| room.as_str() != FIRST_ROOM);
            self.note_place(&object);
            let room = room.filter(|room| self.room.as_ref() != Some(room));
            self.kept.begin(room.map(|room| format!("/sala {room}")));
            return Told::Begun;
        }
        if line.starts_with(REFUSAL) && line.contains(COMMAND) {
            self.state = State::Off;
            return Told::Unknown;
        }
        Told::Text
    }

    /// Handles a line before the session is resumed. The greeting and the question for a name are not shown.
    fn hear_return(&mut self, line: &str) -> Told {
        if let Some(object) = Object::parse(line) {
            if object.kind() == "resumed"
                && let State::Away(ticket) = &self.state
            {
                self.state = State::On(ticket.clone());
                self.kept.accepted(object.number("accepted").unwrap_or_default());
                self.note_place(&object);
                let stored = object.position("stored");
                return Told::Resumed {
                    lines: object.lines(self.language),
                    unstored: stored.map_or(0, |stored| self.heard.behind(stored)),
                };
            }
        } else if line.starts_with(REFUSAL) && dismissal_in(line).is_none() {
            self.state = State::Nameless;
            return Told::Lost;
        }
        Told::Lines(Vec::new())
    }

    fn hear_object(&mut self, object: &Object) -> Told {
        match object.kind() {
            "message" if !self.heard.note(object.position("position"), object.text("line")) => {
                return Told::Lines(Vec::new());
            }
            "accepted" => {
                self.kept.accepted(object.number("number").unwrap_or_default());
                object.position("position").into_iter().for_each(|at| self.heard.accepted(at));
            }
            "here" => self.note_place(object),
            "named" => self.name = object.name("name").or(self.name.take()),
            _ => {}
        }
        let lines = object.lines(self.language);
        // Of a line that is too long the server need not know the number.
        if object.kind() == "refusal" && lines.iter().any(|line| refuses_length(line)) {
            self.kept.drop_first();
        }
        Told::Lines(lines)
    }

    /// Notes the name and the room that the object tells.
    fn note_place(&mut self, object: &Object) {
        self.name = object.name("you").or(self.name.take());
        self.room = object.name("room").or(self.room.take());
    }
}

impl Ticket {
    /// The ticket in the object `session`.
    fn of(object: &Object) -> Option<Self> {
        let token = object.text("token").filter(|token| !token.contains(char::is_whitespace))?;
        let lifetime = Duration::from_millis(object.number("resume")?);
        Some(Self { token: token.to_owned(), lifetime })
    }
}

#[cfg(test)]
mod tests;
