//! What a client may do next: a line in, an action out. No socket, no clock.
//!
//! A client is greeted, gives its name if it is asked for one, is in a room, and leaves:
//!
//! ```text
//! naming ──> in a room ──> leaving
//!  ^  └───────────────────────^
//!  └──> proving: it is asked for the word of its name (chapter 12)
//! ```

use std::borrow::Cow;

use chat_protocol::account::{AccountError, Word};
use chat_protocol::command::{Command, Form, Parsed, Verb, parse, resumption};
use chat_protocol::decoder::Line;
use chat_protocol::limits::{NAME_ATTEMPTS, WORD_ATTEMPTS};
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use chat_protocol::text;

const WRONG_WORD: NameError = NameError::Account(AccountError::WrongWord);

/// One client's side of the conversation.
#[derive(Debug)]
pub struct Session {
    state: State,
    /// Wrong words so far.
    wrong_words: u8,
    rules: Rules,
}

/// The options that a session obeys.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The client has to give its name first.
    pub ask_name: bool,
    /// Lines that begin with `/` are commands.
    pub commands: bool,
    /// The longest line, in bytes.
    pub max_line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has been asked for its name, and may try so many times.
    Naming { attempts: u8 },
    /// It has been asked for the word of its name, and may try so many names, with this one.
    Proving { attempts: u8 },
    /// It takes part.
    InRoom,
    /// It has said that it leaves, or been told to; what it sends behind that is nobody's
    /// business.
    Leaving,
}

/// The action that follows from a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// All others in the room hear this.
    Say(Cow<'a, str>),
    /// The client alone is told this.
    Refuse(Refusal),
    /// The client is told this, and asked for its name again.
    AskAgain(Refusal),
    /// The client is told this, and asked for the word of the same name again.
    AskWordAgain(Refusal),
    /// The client is asked for another name instead of the word.
    AskOther,
    /// The client wants this name: it has to be told to [`Session::named`], [`Session::ask_word`] or
    /// [`Session::refuse_name`] whether it gets it, before the next line.
    TakeName(Name),
    /// The client proves by this word that the name is its own. The same has to be told.
    Prove(Word),
    /// The client wants to come back to its session, with these arguments: the same has to be told as for a name.
    Resume(String),
    /// The client commands this, by this line.
    Do(Command, Cow<'a, str>),
    /// The client leaves.
    Leave,
    /// The client is told this, and leaves.
    Dismiss(Refusal),
}

impl Session {
    /// A client that has just been greeted.
    pub fn new(rules: Rules) -> Self {
        let naming = State::Naming { attempts: NAME_ATTEMPTS };
        let state = if rules.ask_name { naming } else { State::InRoom };
        Self { state, wrong_words: 0, rules }
    }

    /// Returns whether the client has not given its name yet.
    pub fn is_naming(&self) -> bool {
        matches!(self.state, State::Naming { .. } | State::Proving { .. })
    }

    /// The action that follows from the client's next line, if any.
    pub fn line<'a>(&mut self, line: Line<'a>) -> Option<Action<'a>> {
        if self.state == State::Leaving {
            return None;
        }
        match line {
            Line::Text(text) if text::is_leave(&text) => Some(self.leave()),
            Line::Text(text) if self.is_proving() => Some(self.hear_word(text.trim())),
            Line::Empty | Line::TooLong if self.is_proving() => Some(self.refuse_name(WRONG_WORD)),
            Line::Text(text) if self.is_naming() => {
                let resumption = resumption(&text).filter(|_| self.rules.commands);
                Some(match (resumption, text.parse()) {
                    (Some(arguments), _) => Action::Resume(arguments.to_owned()),
                    (None, Ok(name)) => Action::TakeName(name),
                    (None, Err(error)) => self.refuse_name(error),
                })
            }
            Line::Empty if self.is_naming() => Some(self.refuse_name(NameError::Empty)),
            Line::TooLong if self.is_naming() => Some(self.refuse_name(NameError::TooLong)),
            Line::Text(text) => Some(self.hear(text::passable(text))),
            Line::TooLong => Some(Action::Refuse(Refusal::LineTooLong(self.rules.max_line))),
            Line::Empty => None,
        }
    }

    /// The client is asked for the word of the name that it wants.
    pub fn ask_word(&mut self) {
        if let State::Naming { attempts } = self.state {
            self.state = State::Proving { attempts };
        }
    }

    /// The client has its name.
    pub fn named(&mut self) {
        self.state = State::InRoom;
    }

    /// The client cannot have the name that it wants. What is wrong with its word leaves it with the question for the word:
    /// as a name, the next line would be public. Where a word is not taken, the client leaves for the same reason.
    pub fn refuse_name<'a>(&mut self, error: NameError) -> Action<'a> {
        if error == NameError::Account(AccountError::NotEncrypted) {
            self.state = State::Leaving;
            return Action::Dismiss(Refusal::Name(error));
        }
        if error == NameError::NotNow {
            // It is no attempt: nothing is wrong with the name, or its word.
            return match self.state {
                State::Proving { .. } => Action::AskWordAgain(Refusal::Name(error)),
                _ => Action::AskAgain(Refusal::Name(error)),
            };
        }
        self.wrong_words += u8::from(error == WRONG_WORD);
        let is_last = self.wrong_words >= WORD_ATTEMPTS;
        match self.state {
            State::Proving { attempts: attempts @ 2.. }
                if !is_last && matches!(error, NameError::Account(_)) =>
            {
                self.state = State::Proving { attempts: attempts - 1 };
                Action::AskWordAgain(Refusal::Name(error))
            }
            State::Naming { attempts: attempts @ 2.. }
            | State::Proving { attempts: attempts @ 2.. }
                if !is_last =>
            {
                self.state = State::Naming { attempts: attempts - 1 };
                Action::AskAgain(Refusal::Name(error))
            }
            _ => {
                self.state = State::Leaving;
                Action::Dismiss(Refusal::LastName(error))
            }
        }
    }

    fn is_proving(&self) -> bool {
        matches!(self.state, State::Proving { .. })
    }

    fn leave<'a>(&mut self) -> Action<'a> {
        self.state = State::Leaving;
        Action::Leave
    }

    /// A text from a client that is asked for a word: the word, or that it wants another name.
    fn hear_word<'a>(&mut self, text: &str) -> Action<'a> {
        let parsed = parse(text);
        if let (
            State::Proving { attempts },
            Parsed::Command(Command::Rename(_))
            | Parsed::Malformed { form: Form { verb: Verb::Rename, .. }, .. },
        ) = (self.state, parsed)
        {
            self.state = State::Naming { attempts };
            return Action::AskOther;
        }
        text.parse().map_or_else(|_| self.refuse_name(WRONG_WORD), Action::Prove)
    }

    /// A text from a client in a room.
    fn hear<'a>(&mut self, text: Cow<'a, str>) -> Action<'a> {
        if !self.rules.commands {
            return Action::Say(text);
        }
        // Without a question for a name, there is no place to come back.
        if self.rules.ask_name && resumption(&text) == Some("") {
            return Action::Do(Command::Begin, text);
        }
        match parse(&text) {
            Parsed::Text(said) if said.len() == text.len() => Action::Say(text),
            Parsed::Text(said) => Action::Say(Cow::Owned(said.to_owned())),
            Parsed::Command(Command::Leave) => self.leave(),
            Parsed::Command(command) => Action::Do(command, text),
            Parsed::Unknown { word, nearest } => {
                Action::Refuse(Refusal::UnknownCommand { word: word.to_owned(), nearest })
            }
            Parsed::Malformed { word, form } => {
                Action::Refuse(Refusal::Malformed { word: word.to_owned(), form })
            }
        }
    }
}

#[cfg(test)]
mod tests;
