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
    /// The client commands this.
    Do(Command),
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
    /// as a name, the next line would be public.
    pub fn refuse_name<'a>(&mut self, error: NameError) -> Action<'a> {
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
            return Action::Do(Command::Begin);
        }
        match parse(&text) {
            Parsed::Text(said) if said.len() == text.len() => Action::Say(text),
            Parsed::Text(said) => Action::Say(Cow::Owned(said.to_owned())),
            Parsed::Command(Command::Leave) => self.leave(),
            Parsed::Command(command) => Action::Do(command),
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
mod tests {
    use super::*;

    const RULES: Rules = Rules { ask_name: false, commands: false, max_line: 4096 };

    fn plain() -> Session {
        Session::new(RULES)
    }

    fn asked() -> Session {
        Session::new(Rules { ask_name: true, ..RULES })
    }

    fn with_commands() -> Session {
        Session::new(Rules { commands: true, ..RULES })
    }

    fn hear<'a>(session: &mut Session, text: &'a str) -> Option<Action<'a>> {
        session.line(Line::Text(text.into()))
    }

    fn refusal<'a>(error: NameError) -> Action<'a> {
        Action::AskAgain(Refusal::Name(error))
    }

    #[test]
    fn r2_1_a_line_is_said() {
        let said = hear(&mut plain(), "Hola que tal?");
        assert_eq!(said, Some(Action::Say("Hola que tal?".into())));
    }

    #[test]
    fn r2_8_an_empty_line_is_none() {
        assert_eq!(plain().line(Line::Empty), None);
    }

    #[test]
    fn r2_9_an_overlong_line_is_refused_and_the_conversation_goes_on() {
        let mut session = plain();
        let refused = Action::Refuse(Refusal::LineTooLong(4096));
        assert_eq!(session.line(Line::TooLong), Some(refused));
        assert_eq!(hear(&mut session, "sigo"), Some(Action::Say("sigo".into())));
    }

    #[test]
    fn r2_11_controls_are_not_passed_on() {
        for mut session in [plain(), with_commands()] {
            assert_eq!(hear(&mut session, "\x1b[2J"), Some(Action::Say("\u{FFFD}[2J".into())));
        }
        let told = Command::Private { to: "Ana".to_owned(), text: "\u{FFFD}[2J".to_owned() };
        assert_eq!(hear(&mut with_commands(), "/msg Ana \x1b[2J"), Some(Action::Do(told)));
    }

    #[test]
    fn r3_1_nothing_behind_the_leaving_word_is_heard() {
        for mut session in [plain(), asked(), with_commands()] {
            assert_eq!(hear(&mut session, " SALIR "), Some(Action::Leave));
            assert_eq!(hear(&mut session, "otra cosa"), None);
            assert_eq!(hear(&mut session, "salir"), None);
            assert_eq!(session.line(Line::TooLong), None);
            assert_eq!(session.line(Line::Empty), None);
        }
    }

    #[test]
    fn r3_2_a_line_that_contains_the_word_is_said() {
        let said = hear(&mut plain(), "no quiero salir");
        assert_eq!(said, Some(Action::Say("no quiero salir".into())));
    }

    #[test]
    fn r5_1_the_first_line_is_the_name_and_the_next_one_is_said() {
        let mut session = asked();
        let name = "Ana".parse().unwrap();
        assert!(session.is_naming());
        assert_eq!(hear(&mut session, " Ana "), Some(Action::TakeName(name)));
        session.named();
        assert!(!session.is_naming());
        assert_eq!(hear(&mut session, "hola"), Some(Action::Say("hola".into())));
        assert_eq!(session.line(Line::Empty), None);
    }

    #[test]
    fn r5_4_is_asked_again_a_limited_number_of_times() {
        let mut session = asked();
        for i in 1..NAME_ATTEMPTS {
            let again = match i % 4 {
                0 => session.line(Line::Empty) == Some(refusal(NameError::Empty)),
                1 => session.line(Line::TooLong) == Some(refusal(NameError::TooLong)),
                2 => hear(&mut session, "dos palabras") == Some(refusal(NameError::Blank)),
                _ => {
                    assert!(matches!(hear(&mut session, "Ana"), Some(Action::TakeName(_))));
                    session.refuse_name(NameError::Taken) == refusal(NameError::Taken)
                }
            };
            assert!(again, "attempt {i}");
        }
        assert!(matches!(hear(&mut session, "/"), Some(Action::Dismiss(_))));
        assert_eq!(hear(&mut session, "Ana"), None);
    }

    #[test]
    fn r12_4_the_third_wrong_word_is_the_last() {
        let mut session = asked();
        assert!(matches!(hear(&mut session, "Ana"), Some(Action::TakeName(_))));
        session.ask_word();
        for wrong in 1..=WORD_ATTEMPTS {
            assert!(session.is_naming());
            assert!(matches!(hear(&mut session, "no es esta"), Some(Action::Prove(_))));
            let refused = session.refuse_name(WRONG_WORD);
            assert_eq!(matches!(refused, Action::Dismiss(_)), wrong == WORD_ATTEMPTS, "{wrong}");
        }
        assert_eq!(hear(&mut session, "Ana"), None);
    }

    #[test]
    fn r12_4_a_word_is_never_a_name() {
        for error in [AccountError::WrongWord, AccountError::TooSoon, AccountError::Busy] {
            let mut session = asked();
            assert!(matches!(hear(&mut session, "Ana"), Some(Action::TakeName(_))));
            session.ask_word();
            assert!(matches!(hear(&mut session, "mi-clave-1"), Some(Action::Prove(_))));
            let error = NameError::Account(error);
            assert_eq!(session.refuse_name(error), Action::AskWordAgain(Refusal::Name(error)));
            assert!(matches!(hear(&mut session, "mi-clave-2"), Some(Action::Prove(_))));
            // Another has the name meanwhile: then it takes a name.
            assert_eq!(session.refuse_name(NameError::Taken), refusal(NameError::Taken));
            assert!(matches!(hear(&mut session, "Eva"), Some(Action::TakeName(_))));
        }
    }

    #[test]
    fn r12_2_who_gives_no_word_gives_another_name() {
        for line in ["/nombre", " /NICK ", "/nombre Eva"] {
            let mut session = asked();
            assert!(matches!(hear(&mut session, "Ana"), Some(Action::TakeName(_))));
            session.ask_word();
            assert_eq!(hear(&mut session, line), Some(Action::AskOther), "{line}");
            assert!(matches!(hear(&mut session, "Eva"), Some(Action::TakeName(_))), "{line}");
        }
    }

    #[test]
    fn r6_4_commands_are_understood_only_where_they_are_on() {
        for line in ["/quien", "//quien", "/baila", "/privado"] {
            assert_eq!(hear(&mut plain(), line), Some(Action::Say(line.into())));
        }
        let mut session = with_commands();
        assert_eq!(hear(&mut session, "/quien"), Some(Action::Do(Command::Who)));
        assert_eq!(hear(&mut session, "//quien"), Some(Action::Say("/quien".into())));
        for line in ["/baila", "/privado"] {
            assert!(matches!(hear(&mut session, line), Some(Action::Refuse(_))), "{line}");
        }
        assert_eq!(hear(&mut session, "/SALIR"), Some(Action::Leave));
        assert_eq!(hear(&mut session, "hola"), None);
    }

    #[test]
    fn r5_5_a_command_is_no_name() {
        let mut session = Session::new(Rules { ask_name: true, commands: true, ..RULES });
        assert_eq!(hear(&mut session, "/quien"), Some(refusal(NameError::Character)));
    }

    /// Every kind of line in every state, and what the state is after it.
    #[test]
    fn r5_1_every_line_in_every_state() {
        const NAMING: State = State::Naming { attempts: NAME_ATTEMPTS };
        const PROVING: State = State::Proving { attempts: NAME_ATTEMPTS };
        const WORD_AGAIN: State = State::Proving { attempts: NAME_ATTEMPTS - 1 };
        const LAST: State = State::Naming { attempts: 1 };
        const AGAIN: State = State::Naming { attempts: NAME_ATTEMPTS - 1 };
        use State::{InRoom, Leaving};

        let text = |text: &'static str| Line::Text(text.into());
        let table: [(State, Line<'_>, &str, State); 36] = [
            (NAMING, text("Ana"), "TakeName", NAMING),
            (NAMING, text("dos palabras"), "AskAgain", AGAIN),
            (NAMING, text("/quien"), "AskAgain", AGAIN),
            (NAMING, text("//"), "AskAgain", AGAIN),
            (NAMING, Line::Empty, "AskAgain", AGAIN),
            (NAMING, Line::TooLong, "AskAgain", AGAIN),
            (NAMING, text(" Salir "), "Leave", Leaving),
            (LAST, text("Ana"), "TakeName", LAST),
            (LAST, text("dos palabras"), "Dismiss", Leaving),
            (LAST, text("/salir"), "Dismiss", Leaving),
            (LAST, Line::Empty, "Dismiss", Leaving),
            (LAST, Line::TooLong, "Dismiss", Leaving),
            (LAST, text("salir"), "Leave", Leaving),
            (PROVING, text("contraseña"), "Prove", PROVING),
            (PROVING, text("corta"), "AskWordAgain", WORD_AGAIN),
            (PROVING, text("/clave"), "AskWordAgain", WORD_AGAIN),
            (PROVING, Line::Empty, "AskWordAgain", WORD_AGAIN),
            (PROVING, Line::TooLong, "AskWordAgain", WORD_AGAIN),
            (PROVING, text("/nombre"), "AskOther", NAMING),
            (PROVING, text("salir"), "Leave", Leaving),
            (InRoom, text("hola"), "Say", InRoom),
            (InRoom, text("//quien"), "Say", InRoom),
            (InRoom, text("no quiero salir"), "Say", InRoom),
            (InRoom, text("/quien"), "Do", InRoom),
            (InRoom, text("/privado Ana hola"), "Do", InRoom),
            (InRoom, text("/privado Ana"), "Refuse", InRoom),
            (InRoom, text("/baila"), "Refuse", InRoom),
            (InRoom, Line::TooLong, "Refuse", InRoom),
            (InRoom, Line::Empty, "None", InRoom),
            (InRoom, text("salir"), "Leave", Leaving),
            (InRoom, text("/quit"), "Leave", Leaving),
            (Leaving, text("hola"), "None", Leaving),
            (Leaving, text("salir"), "None", Leaving),
            (Leaving, text("/quien"), "None", Leaving),
            (Leaving, Line::Empty, "None", Leaving),
            (Leaving, Line::TooLong, "None", Leaving),
        ];
        let rules = Rules { ask_name: true, commands: true, ..RULES };
        for (before, line, action, after) in table {
            let mut session = Session { state: before, wrong_words: 0, rules };
            let shown = format!("{before:?} {line:?}");
            let does = session.line(line).map_or("None".to_owned(), |does| format!("{does:?}"));
            assert!(does.starts_with(action), "{shown}: {does}");
            assert_eq!(session.state, after, "{shown}");
        }
    }
}
