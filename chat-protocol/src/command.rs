//! Lines that begin with `/` (chapter 6).

use crate::language::Text;

/// One thing that a line can tell the server to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Tell somebody something that nobody else hears.
    Private,
    /// Go to another room.
    Room,
    /// List those who are in the room.
    Who,
    /// List the rooms.
    Rooms,
    /// Take another name.
    Rename,
    /// Answer the last private message.
    Reply,
    /// List the commands.
    Help,
    /// Leave.
    Leave,
}

/// How a command is written.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// What it does.
    pub verb: Verb,
    /// The Spanish word, without the `/`.
    pub word: &'static str,
    /// The English word.
    pub alias: &'static str,
    /// What has to follow the word; empty, nothing may follow.
    pub arguments: Text,
    /// What it is for, as `/ayuda` says it.
    pub purpose: Text,
}

/// Every command.
pub const FORMS: [Form; 8] = [
    form(
        Verb::Private,
        ["privado", "msg"],
        PRIVATE,
        ["escribe solo a esa persona", "writes to that person only"],
    ),
    form(
        Verb::Reply,
        ["responder", "reply"],
        ["TEXTO", "TEXT"],
        ["contesta el último mensaje privado", "answers the last private message"],
    ),
    form(
        Verb::Room,
        ["sala", "join"],
        ["SALA", "ROOM"],
        [
            "pasa a esa sala, que se crea si no existe",
            "moves to that room, and creates it if needed",
        ],
    ),
    form(Verb::Who, ["quien", "who"], NONE, ["quién está en la sala", "who is in the room"]),
    form(
        Verb::Rooms,
        ["salas", "rooms"],
        NONE,
        ["qué salas hay y con cuánta gente", "which rooms there are, and how many people in each"],
    ),
    form(
        Verb::Rename,
        ["nombre", "nick"],
        ["NUEVO", "NEW"],
        ["cambia tu nombre", "changes your name"],
    ),
    form(Verb::Help, ["ayuda", "help"], NONE, ["esta lista", "this list"]),
    form(Verb::Leave, ["salir", "quit"], NONE, ["sale del chat", "leaves the chat"]),
];

const PRIVATE: [&str; 2] = ["NOMBRE TEXTO", "NAME TEXT"];
const NONE: [&str; 2] = ["", ""];

/// Each array has the Spanish text first.
const fn form(
    verb: Verb,
    [word, alias]: [&'static str; 2],
    arguments: [&'static str; 2],
    purpose: [&'static str; 2],
) -> Form {
    Form {
        verb,
        word,
        alias,
        arguments: Text { es: arguments[0], en: arguments[1] },
        purpose: Text { es: purpose[0], en: purpose[1] },
    }
}

/// What a line is, where commands are understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// No command, but something to be said. `//text` says `/text`.
    Text(&'a str),
    /// Everything that the command needs.
    Command(Command),
    /// There is no such command; this is its word.
    Unknown(&'a str),
    /// Something is missing, or too much.
    Malformed {
        /// The word as it was written.
        word: &'a str,
        /// What should stand there.
        form: &'static Form,
    },
}

/// A command and its arguments, as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// This text for this person.
    Private {
        /// The name of the person.
        to: String,
        /// What is said, not empty.
        text: String,
    },
    /// To this room.
    Room(String),
    /// Who is in the room.
    Who,
    /// Which rooms there are.
    Rooms,
    /// To be called this.
    Rename(String),
    /// This text for whoever wrote privately last.
    Reply(String),
    /// Which commands there are.
    Help,
    /// To leave.
    Leave,
}

/// Reads a line where commands are understood.
///
/// ```
/// # use chat_protocol::command::{Command, Parsed, parse};
/// assert_eq!(parse("/join cocina"), Parsed::Command(Command::Room("cocina".to_owned())));
/// assert_eq!(parse("//quien"), Parsed::Text("/quien"));
/// ```
pub fn parse(line: &str) -> Parsed<'_> {
    let Some(rest) = line.strip_prefix('/') else { return Parsed::Text(line) };
    if rest.starts_with('/') {
        return Parsed::Text(rest);
    }
    let (word, arguments) = first_word(rest);
    let known = |form: &&Form| [form.word, form.alias].iter().any(|w| w.eq_ignore_ascii_case(word));
    let Some(form) = FORMS.iter().find(known) else { return Parsed::Unknown(word) };
    form.command(arguments).map_or(Parsed::Malformed { word, form }, Parsed::Command)
}

impl Form {
    fn command(&self, arguments: &str) -> Option<Command> {
        let text = Some(arguments.to_owned()).filter(|text| !text.is_empty());
        let word = text.clone().filter(|text| !text.contains(char::is_whitespace));
        let nothing = arguments.is_empty();
        match self.verb {
            Verb::Private => {
                let (to, text) = first_word(arguments);
                let (to, text) = (to.to_owned(), text.to_owned());
                (!text.is_empty()).then_some(Command::Private { to, text })
            }
            Verb::Room => word.map(Command::Room),
            Verb::Who => nothing.then_some(Command::Who),
            Verb::Rooms => nothing.then_some(Command::Rooms),
            Verb::Rename => word.map(Command::Rename),
            Verb::Reply => text.map(Command::Reply),
            Verb::Help => nothing.then_some(Command::Help),
            Verb::Leave => nothing.then_some(Command::Leave),
        }
    }
}

/// The first word, and what follows it without the blanks around.
fn first_word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_4_a_line_without_a_slash_is_text_and_two_slashes_say_one() {
        for (line, text) in
            [("hola", "hola"), (" /quien", " /quien"), ("//quien", "/quien"), ("//", "/")]
        {
            assert_eq!(parse(line), Parsed::Text(text));
        }
    }

    #[test]
    fn r6_5_every_command_is_known_by_both_its_words_in_any_case() {
        for form in &FORMS {
            let arguments = match form.verb {
                Verb::Private => " Ana hola",
                _ if form.arguments.es.is_empty() => "",
                _ => " Ana",
            };
            for word in [form.word, form.alias, &form.alias.to_uppercase()] {
                let line = format!("/{word}{arguments}");
                assert!(matches!(parse(&line), Parsed::Command(_)), "{line}");
            }
        }
    }

    #[test]
    fn r6_1_a_private_text_keeps_its_inner_blanks() {
        let expected = Command::Private { to: "Ana".to_owned(), text: "a  b".to_owned() };
        assert_eq!(parse("/privado   Ana   a  b "), Parsed::Command(expected));
    }

    #[test]
    fn r6_4_what_is_missing_or_too_much_is_malformed() {
        let malformed = [
            "/privado",
            "/privado Ana",
            "/privado Ana  ",
            "/sala",
            "/sala dos palabras",
            "/nombre",
            "/nombre dos palabras",
            "/responder",
            "/responder ",
            "/quien es",
            "/salir ya",
        ];
        for line in malformed {
            assert!(matches!(parse(line), Parsed::Malformed { .. }), "{line:?}");
        }
    }

    #[test]
    fn r6_4_anything_else_is_unknown() {
        for (line, word) in
            [("/", ""), ("/ quien", ""), ("/baila ya", "baila"), ("/quienes", "quienes")]
        {
            assert_eq!(parse(line), Parsed::Unknown(word), "{line:?}");
        }
    }
}
