//! Observations of a server: the signs of its dialect in its greeting and its messages.

use std::ops::Range;

use crate::dialect::{Framing, Label, Naming};
use crate::text::says_like;

/// Words with which servers ask for a name.
const ASK: [&str; 14] = [
    "nick", "nombre", "name", "apodo", "alias", "usuario", "user", "llamas", "llamás", "identif",
    "login", "nome", "usuário", "pseudo",
];

/// Words of a greeting that welcomes.
const WELCOME: [&str; 8] =
    ["bienvenid", "welcome", "hola", "hello", "conectad", "connected", "salir", "exit"];

/// Limit on the words of a line that is a question by itself.
const MOST_WORDS: usize = 3;

/// Characters behind which a word is at the beginning of its line.
const OPENING: [char; 8] = ['¿', '¡', '"', '\'', '«', '(', '[', '<'];

/// Limit on the length of a question, in bytes: a longer line is not taken for one.
const LONGEST_QUESTION: usize = 80;

/// Returns the framing of these bytes, if they are nothing but messages with a length before each.
pub(super) fn lengths(bytes: &[u8]) -> Option<Framing> {
    const LENGTHS: [Framing; 6] = [
        Framing::Length4,
        Framing::Length4Le,
        Framing::Decimal(10),
        Framing::Decimal(64),
        Framing::DecimalLine,
        Framing::Length2,
    ];
    LENGTHS.into_iter().find(|framing| framing.fits(bytes))
}

/// Returns the framing that a greeting shows.
pub(super) fn framing_of_greeting(greeting: &[u8]) -> Option<Framing> {
    let length = greeting.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length)));
    if let Some(framing) = lengths(greeting) {
        return Some(framing);
    }
    match greeting {
        [] => None,
        // Several messages may have come together.
        _ if length.is_some_and(|length| length > 0 && length + 2 <= greeting.len()) => {
            Some(Framing::Length2)
        }
        [.., b'\r', b'\n'] => Some(Framing::Crlf),
        [.., b'\n'] => Some(Framing::Lf),
        _ => None,
    }
}

/// The keyword in a server's greeting: in the last of its lines that has one of the words with
/// which servers ask.
pub(super) fn keyword(greeting: &str) -> Option<Naming> {
    greeting.lines().rev().find_map(word_in).map(|word| Naming::Asked(word.to_owned()))
}

/// Returns the line with that keyword, if it is stable: a line that has a number in it, or is long,
/// may be another one the next time.
pub(super) fn question(greeting: &str) -> Option<&str> {
    // A length before a message is not part of the text.
    let mut lines = greeting.split(char::is_control).rev();
    let (line, place) = lines.find_map(|line| Some((line, word_at(line)?)))?;
    let begin = beginning(line, place);
    // The text before may have no end: `¡hola!NICK`.
    let before = line[..begin].chars().next_back();
    let hangs = before.is_some_and(|c| !c.is_whitespace() && !OPENING.contains(&c));
    let question = if hangs { &line[begin..] } else { line.trim_start() };
    let same = !question.contains(char::is_numeric) && question.len() <= LONGEST_QUESTION;
    same.then_some(question)
}

/// Returns the whole of a greeting that is nothing but a question with an unknown word: `USR`. A
/// line that welcomes, or has a number in it, is none.
pub(super) fn whole_question(greeting: &str) -> Option<&str> {
    let last = greeting.lines().next_back()?;
    let open = !greeting.ends_with('\n');
    let alone = greeting.lines().count() == 1 && last.split_whitespace().count() <= MOST_WORDS;
    let small = last.to_lowercase();
    let same = !last.contains(char::is_numeric) && last.len() <= LONGEST_QUESTION;
    let asks = same && !WELCOME.iter().any(|word| small.contains(word));
    (asks && (open || alone) && !last.trim().is_empty()).then_some(last)
}

/// Returns whether a server's greeting ends in a question with one of these words, and does not
/// only mention it (`bienvenido, usuario`).
pub(super) fn prompts(greeting: &str) -> bool {
    let line = greeting.lines().next_back().unwrap_or_default().trim();
    let open = !greeting.ends_with('\n') || line.ends_with([':', '?']);
    word_in(line)
        .is_some_and(|word| open || line == word || line == chat_protocol::wording::NAME_KEYWORD)
}

/// The word in a line with which it may ask for a name.
fn word_in(line: &str) -> Option<&str> {
    word_at(line).map(|place| &line[place])
}

fn word_at(line: &str) -> Option<Range<usize>> {
    // Other characters stay as they are, so that offsets in both texts are the same.
    let small = line.to_ascii_lowercase();
    ASK.iter().find_map(|word| small.find(word).map(|at| at..at + word.len()))
}

/// Returns the beginning of the word of which this place is a part: of `Username` or `@nombre`.
/// Capitals behind a small letter are a word of their own: `holaNICK`.
fn beginning(line: &str, place: Range<usize>) -> usize {
    let before = &line[..place.start];
    if before.ends_with(char::is_lowercase) && !line[place].contains(char::is_lowercase) {
        return before.len();
    }
    before.trim_end_matches(|c: char| c.is_alphabetic() || "_@".contains(c)).len()
}

/// Returns the label that shows a message's speaker.
pub(super) fn label(message: &str, name: Option<&str>, port: u16) -> Label {
    if name.is_some_and(|name| message.to_lowercase().contains(name)) {
        Label::Name
    } else if message.contains(&port.to_string()) {
        Label::Port
    } else {
        Label::None
    }
}

/// Returns whether the first thing that a client said was taken for its name, if that can be seen
/// in what another client heard: the message with the first thing in it, if any, and what was said
/// later with the messages that said it.
pub(super) fn first_is_name(
    first: &str,
    heard: Option<&str>,
    later: &[(String, String)],
) -> Option<bool> {
    let called = |(_, message): &(String, String)| message.to_lowercase().contains(first);
    if later.iter().all(called) {
        return Some(true);
    }
    // Several may have come in one read.
    let heard = heard.filter(|heard| !later.iter().any(|(text, _)| heard.contains(text)))?;
    let alike =
        |(text, message): &(String, String)| says_like(heard, &message.replace(text, first), first);
    Some(!later.iter().any(alike))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_found_in_the_last_line_that_has_one() {
        let asked = |greeting| match keyword(greeting) {
            Some(Naming::Asked(keyword)) => keyword,
            _ => "-".to_owned(),
        };
        assert_eq!(asked("bienvenido al chat! escribe 'salir' para salir\n"), "-");
        assert_eq!(asked("bienvenido usuario\nnombre del cliente\n"), "nombre");
        assert_eq!(asked("¿Cómo te llamás?"), "llamás");
        assert_eq!(asked("NICK"), "NICK");
        assert_eq!(asked("¡Ingresá tu Nombre!: "), "Nombre");
    }

    #[test]
    fn a_question_is_the_line_that_stays_the_same() {
        for (greeting, expected) in [
            ("bienvenido usuario\nnombre del cliente\n", Some("nombre del cliente")),
            ("hola\r\n¿Nombre?: ", Some("¿Nombre?: ")),
            ("bienvenido!NICK", Some("NICK")),
            ("bienvenidoNICK", Some("NICK")),
            ("bienvenido usuario!Username: ", Some("Username: ")),
            ("Username: ", Some("Username: ")),
            ("Enter UserName: ", Some("Enter UserName: ")),
            ("hola\n@username", Some("@username")),
            ("sobrenombre:\n", Some("sobrenombre:")),
            ("\0\u{4}hola\0\u{6}nombre", Some("nombre")),
            ("usuario 4242, ¿tu nombre?\n", None),
            ("hola\n", None),
        ] {
            assert_eq!(question(greeting), expected, "{greeting:?}");
        }
    }

    #[test]
    fn a_question_may_be_all_that_is_said() {
        assert_eq!(whole_question("USR"), Some("USR"));
        assert_eq!(whole_question("@username\n"), Some("@username"));
        assert_eq!(whole_question("al chat!\npseudonyme> "), Some("pseudonyme> "));
        assert_eq!(whole_question("bienvenido"), None);
        assert_eq!(whole_question("eres el 7"), None);
        assert_eq!(whole_question("se puede hablar aquí de todo\n"), None);
        assert_eq!(whole_question(""), None);
    }

    #[test]
    fn a_greeting_shows_how_messages_end() {
        assert_eq!(framing_of_greeting(b"hola\n"), Some(Framing::Lf));
        assert_eq!(framing_of_greeting(b"hola\r\n"), Some(Framing::Crlf));
        assert_eq!(framing_of_greeting(b"\0\x04hola"), Some(Framing::Length2));
        assert_eq!(framing_of_greeting(b"hola"), None);
        assert_eq!(framing_of_greeting(b"\0\0\0\x04hola"), Some(Framing::Length4));
        assert_eq!(framing_of_greeting(b"4         hola"), Some(Framing::Decimal(10)));
    }

    #[test]
    fn a_prompt_is_told_from_a_mention() {
        for prompt in
            ["hola\nNICK\n", "tu nombre: \n", "¿Cómo te llamás?\r\n", "nick> ", "digite um nome: "]
        {
            assert!(prompts(prompt), "{prompt}");
        }
        assert!(prompts(&format!("{}\n", chat_protocol::wording::NAME_KEYWORD)));
        assert!(!prompts("Bienvenido, usuario\n") && !prompts("nombre:\nhola\n"));
        assert!(!prompts("") && !prompts("hola"));
    }

    #[test]
    fn a_name_is_told_from_a_message() {
        let named = |heard, bb: &str, cc: &str| {
            let later = [("bb", bb), ("cc", cc)].map(|(t, m)| (t.to_owned(), m.to_owned()));
            first_is_name("aa", heard, &later)
        };
        assert_eq!(named(Some("usuario 1: aa"), "usuario 1: bb", "usuario 1: cc"), Some(false));
        assert_eq!(named(Some("[1.22] aa"), "[1.999] bb", "[2.1] cc"), Some(false));
        assert_eq!(named(Some("aa"), "bb", "cc"), Some(false));
        assert_eq!(named(None, "usuario 1: bb", "usuario 1: cc"), None);
        // In one read.
        assert_eq!(named(Some("1: aa1: bb"), "1: aa1: bb", "1: cc"), None);
        assert_eq!(named(Some("* aa se ha unido"), "AA > bb", "AA > cc"), Some(true));
        assert_eq!(named(None, "aa: bb", "aa: cc"), Some(true));
        assert_eq!(named(Some("entra aa"), "bb", "cc"), Some(true));
    }
}
