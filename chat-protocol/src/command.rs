//! Chat commands: lines that begin with `/` (chapter 6).

use crate::language::Text;

/// The kind of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Sends a private message to one member.
    Private,
    /// Changes the room.
    Room,
    /// Lists the members of the room.
    Who,
    /// Lists the rooms.
    Rooms,
    /// Changes the client's name.
    Rename,
    /// Answers the last private message.
    Reply,
    /// Lists the commands.
    Help,
    /// Leaves the chat.
    Leave,
}

/// The syntax of a command: its words, its arguments and its purpose.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// The command.
    pub verb: Verb,
    /// The Spanish word, without the `/`.
    pub word: &'static str,
    /// The English word.
    pub alias: &'static str,
    /// The arguments that must follow the word; empty if the command takes none.
    pub arguments: Text,
    /// The purpose of the command, as `/ayuda` prints it.
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

/// Builds a [`Form`]. Each array has the Spanish text first.
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

/// The result of parsing a line where commands are enabled.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// A chat message, not a command. `//text` is the message `/text`.
    Text(&'a str),
    /// A complete command.
    Command(Command),
    /// An unknown command; holds its word.
    Unknown(&'a str),
    /// A command with too few or too many arguments.
    Malformed {
        /// The word as it was written.
        word: &'a str,
        /// The right syntax.
        form: &'static Form,
    },
}

/// A command and its arguments, as the client wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sends a private message.
    Private {
        /// The name of the receiver.
        to: String,
        /// The message, not empty.
        text: String,
    },
    /// Changes to this room.
    Room(String),
    /// Lists the members of the room.
    Who,
    /// Lists the rooms.
    Rooms,
    /// Changes the client's name to this.
    Rename(String),
    /// Sends this text to the sender of the last private message.
    Reply(String),
    /// Lists the commands.
    Help,
    /// Leaves the chat.
    Leave,
}

/// Parses a line where commands are enabled.
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

/// Splits off the first word. The rest has no blanks around it.
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
