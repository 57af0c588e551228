//! Chat commands: lines that begin with `/` (chapter 6).

use strsim::damerau_levenshtein;

use crate::account::{AccountError, Word};
use crate::language::Text;
use crate::limits::{HISTORY, MAX_NAME};

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
    /// Shows what was said last in the room.
    History,
    /// Makes the client's name its own.
    Register,
    /// Changes the word of the client's account.
    Password,
    /// Tells the position of the room.
    Position,
    /// Lists the commands.
    Help,
    /// Leaves the chat; for the operator, stops the server.
    Leave,
    /// Ends the connection of the client that is there (operator).
    Next,
    /// Ends the connection of a client (operator).
    Kick,
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

/// Every command of a member.
pub const FORMS: [Form; 12] = [
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
        Verb::History,
        ["historial", "history"],
        ["[NÚMERO]", "[NUMBER]"],
        ["lo último que se dijo en la sala", "what was said last in the room"],
    ),
    form(
        Verb::Position,
        ["posicion", "position"],
        NONE,
        ["por dónde va la sala", "how far the room has come"],
    ),
    form(
        Verb::Rename,
        ["nombre", "nick"],
        ["NUEVO", "NEW"],
        ["cambia tu nombre", "changes your name"],
    ),
    form(
        Verb::Register,
        ["registrar", "register"],
        WORD,
        ["protege tu nombre con esa clave", "protects your name by this word"],
    ),
    form(Verb::Password, ["clave", "password"], WORD, ["cambia tu clave", "changes your word"]),
    form(Verb::Help, ["ayuda", "help"], NONE, ["esta lista", "this list"]),
    form(Verb::Leave, ["salir", "quit"], NONE, ["sale del chat", "leaves the chat"]),
];

/// The commands of the server's operator (requirement 7.2). Where members have commands, the operator has
/// theirs as well, and these in place of theirs of the same verb.
pub const OPERATOR_FORMS: [Form; 5] = [
    form(
        Verb::Next,
        ["siguiente", "next"],
        NONE,
        [
            "cierra la conexión del cliente que está",
            "closes the connection of the client that is here",
        ],
    ),
    form(
        Verb::Kick,
        ["echar", "kick"],
        ["[NOMBRE]", "[NAME]"],
        [
            "lo mismo con ese cliente; donde no hay nombres, su IP:PUERTO o su puerto",
            "the same for this client; where there are no names, its IP:PORT or its port",
        ],
    ),
    form(Verb::Who, ["quien", "who"], NONE, ["quién está", "who is here"]),
    form(Verb::Help, ["ayuda", "help"], NONE, ["esta lista", "this list"]),
    form(Verb::Leave, ["salir", "quit"], NONE, ["detiene el servidor", "stops the server"]),
];

/// The commands that an operator, who has no account, has; `commands` if members have commands.
pub fn operator_forms(commands: bool) -> impl Iterator<Item = &'static Form> + Clone {
    let has = |verb| OPERATOR_FORMS.iter().any(|form| form.verb == verb);
    let others = move |form: &&Form| commands && !has(form.verb) && !form.is_for_accounts();
    let others = FORMS.iter().filter(others);
    OPERATOR_FORMS.iter().chain(others)
}

const PRIVATE: [&str; 2] = ["NOMBRE TEXTO", "NAME TEXT"];
const WORD: [&str; 2] = ["CLAVE", "WORD"];
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
    /// An unknown command.
    Unknown {
        /// Its word.
        word: &'a str,
        /// The word of a command that looks much like it.
        nearest: Option<&'static str>,
    },
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
    /// Shows so many of the last messages of the room.
    History(usize),
    /// Makes the client's name its own, with this word.
    Register(Result<Word, AccountError>),
    /// Changes the word of the client's account to this.
    Password(Result<Word, AccountError>),
    /// Tells the position of the room.
    Position,
    /// Begins a session.
    Begin,
    /// Lists the commands.
    Help,
    /// Leaves the chat.
    Leave,
    /// Ends the connection of this client, or of the only one.
    Kick(Option<String>),
}

/// The words of the line that begins a session, or goes on with one (requirements 11.10 and 11.12). They are in no
/// list, because people have no use for them.
const RESUME: [&str; 2] = ["/reanudar", "/resume"];

/// What stands behind the word, if the line begins a session, or goes on with one.
pub fn resumption(line: &str) -> Option<&str> {
    let (word, arguments) = first_word(line.trim());
    RESUME.iter().any(|resume| resume.eq_ignore_ascii_case(word)).then_some(arguments)
}

/// Parses a line where commands are enabled.
///
/// ```
/// # use chat_protocol::command::{Command, Parsed, parse};
/// assert_eq!(parse("/join cocina"), Parsed::Command(Command::Room("cocina".to_owned())));
/// assert_eq!(parse("//quien"), Parsed::Text("/quien"));
/// ```
pub fn parse(line: &str) -> Parsed<'_> {
    parse_with(line, FORMS.iter())
}

/// Parses a line where these commands are enabled.
pub fn parse_with(line: &str, forms: impl Iterator<Item = &'static Form> + Clone) -> Parsed<'_> {
    let Some(rest) = line.strip_prefix('/') else { return Parsed::Text(line) };
    if rest.starts_with('/') {
        return Parsed::Text(rest);
    }
    let (word, arguments) = first_word(rest);
    let known = |form: &&Form| [form.word, form.alias].iter().any(|w| w.eq_ignore_ascii_case(word));
    let Some(form) = forms.clone().find(known) else {
        return Parsed::Unknown { word, nearest: nearest(word, forms) };
    };
    form.command(arguments).map_or(Parsed::Malformed { word, form }, Parsed::Command)
}

/// Typing errors that a word may have: wrong, missing, additional or exchanged letters, at most one for
/// so many letters.
const LETTERS_FOR_AN_ERROR: usize = 3;

/// The word of a command that this word was probably meant for.
fn nearest(word: &str, forms: impl Iterator<Item = &'static Form>) -> Option<&'static str> {
    // A long one is none, and takes long to compare.
    if word.len() > MAX_NAME {
        return None;
    }
    let word = word.to_lowercase();
    forms
        .flat_map(|form| [form.word, form.alias])
        .map(|known| (damerau_levenshtein(&word, known), known))
        .filter(|(errors, _)| *errors <= word.len() / LETTERS_FOR_AN_ERROR)
        .min_by_key(|(errors, _)| *errors)
        .map(|(_, known)| known)
}

impl Form {
    /// Returns whether the command is there only where there are accounts.
    pub fn is_for_accounts(&self) -> bool {
        matches!(self.verb, Verb::Register | Verb::Password)
    }

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
            // A name with a blank is refused as a name.
            Verb::Room => text.map(Command::Room),
            Verb::Who => nothing.then_some(Command::Who),
            Verb::Rooms => nothing.then_some(Command::Rooms),
            Verb::History if nothing => Some(Command::History(HISTORY)),
            Verb::History => arguments.parse().ok().filter(|n| *n > 0).map(Command::History),
            Verb::Position => nothing.then_some(Command::Position),
            Verb::Rename => text.map(Command::Rename),
            Verb::Reply => text.map(Command::Reply),
            Verb::Register => text.map(|word| Command::Register(word.parse())),
            Verb::Password => text.map(|word| Command::Password(word.parse())),
            Verb::Help => nothing.then_some(Command::Help),
            Verb::Leave => nothing.then_some(Command::Leave),
            Verb::Next => nothing.then_some(Command::Kick(None)),
            Verb::Kick if nothing => Some(Command::Kick(None)),
            Verb::Kick => word.map(|word| Command::Kick(Some(word))),
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
                Verb::History => " 9",
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
            "/nombre",
            "/responder",
            "/responder ",
            "/quien es",
            "/historial 0",
            "/historial todo",
            "/salir ya",
        ];
        for line in malformed {
            assert!(matches!(parse(line), Parsed::Malformed { .. }), "{line:?}");
        }
    }

    #[test]
    fn r6_4_anything_else_is_unknown() {
        for (line, word) in [("/", ""), ("/ quien", ""), ("/baila ya", "baila"), ("/qu", "qu")] {
            assert_eq!(parse(line), Parsed::Unknown { word, nearest: None }, "{line:?}");
        }
    }

    #[test]
    fn r6_4_the_nearest_word_is_proposed() {
        for (word, meant) in [
            ("quein", Some("quien")),
            ("QUIENES", Some("quien")),
            ("privad", Some("privado")),
            ("jion", Some("join")),
            ("salid", Some("salir")),
            ("sal", Some("sala")),
            ("whp", Some("who")),
            ("echar", None),
            ("responderresponderresponderresponder", None),
        ] {
            let line = format!("/{word}");
            assert_eq!(parse(&line), Parsed::Unknown { word, nearest: meant }, "{line}");
        }
    }

    #[test]
    fn r7_2_the_operator_has_commands_of_its_own_and_those_of_the_members_if_they_have_any() {
        let parse = |line, commands| parse_with(line, operator_forms(commands));
        for commands in [false, true] {
            let kick = |who: Option<&str>| Parsed::Command(Command::Kick(who.map(str::to_owned)));
            assert_eq!(parse("/siguiente", commands), kick(None));
            assert_eq!(parse("/kick", commands), kick(None));
            assert_eq!(parse("/echar Ana", commands), kick(Some("Ana")));
            assert_eq!(parse("//echar", commands), Parsed::Text("/echar"));
            assert!(matches!(parse("/echar Ana ya", commands), Parsed::Malformed { .. }));
            let nearest = Some("siguiente");
            let unknown = Parsed::Unknown { word: "siguente", nearest };
            assert_eq!(parse("/siguente", commands), unknown);
        }
        assert!(matches!(parse("/salas", false), Parsed::Unknown { .. }));
        assert_eq!(parse("/salas", true), Parsed::Command(Command::Rooms));
    }
}
