//! What can be told from the texts that a server sends.

use crate::dialect::{Framing, Label, Naming};

/// Words with which servers ask for a name.
const ASK: [&str; 10] =
    ["nick", "nombre", "name", "apodo", "alias", "usuario", "user", "llamas", "identif", "login"];

/// What a greeting shows.
pub(super) fn framing_of_greeting(greeting: &[u8]) -> Option<Framing> {
    let length = greeting.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length)));
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

/// The keyword in what a server says to somebody new: in the last of its lines that has one of the
/// words with which servers ask.
pub(super) fn keyword(greeting: &str) -> Option<Naming> {
    let word_in = |line: &str| {
        // What is not ASCII stays as it is, so that places in both texts are the same.
        let small = line.to_ascii_lowercase();
        let (at, word) = ASK.iter().find_map(|word| Some((small.find(word)?, word)))?;
        Some(line[at..at + word.len()].to_owned())
    };
    greeting.lines().rev().find_map(word_in).map(Naming::Asked)
}

/// By what a message tells who said it.
pub(super) fn label(message: &str, name: Option<&str>, port: u16) -> Label {
    if name.is_some_and(|name| message.contains(name)) {
        Label::Name
    } else if message.contains(&port.to_string()) {
        Label::Port
    } else {
        Label::None
    }
}

/// Whether the first thing that somebody said was taken for their name, judged by what another
/// heard: the message with the first thing in it, if any, and the one with the second.
pub(super) fn first_is_name(first: &str, heard: Option<&str>, second: &str, then: &str) -> bool {
    // A message like any other has the same words around it.
    let alike = heard.is_some_and(|heard| heard == then.replace(second, first));
    then.contains(first) || !alike
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
        assert_eq!(asked("NICK"), "NICK");
        assert_eq!(asked("¡Ingresá tu Nombre!: "), "Nombre");
    }

    #[test]
    fn a_greeting_shows_how_messages_end() {
        assert_eq!(framing_of_greeting(b"hola\n"), Some(Framing::Lf));
        assert_eq!(framing_of_greeting(b"hola\r\n"), Some(Framing::Crlf));
        assert_eq!(framing_of_greeting(b"\0\x04hola"), Some(Framing::Length2));
        assert_eq!(framing_of_greeting(b"hola"), None);
    }

    #[test]
    fn a_name_is_told_from_a_message() {
        assert!(!first_is_name("aa", Some("usuario 1: aa"), "bb", "usuario 1: bb"));
        assert!(!first_is_name("aa", Some("aa"), "bb", "bb"));
        assert!(first_is_name("aa", Some("* aa se ha unido"), "bb", "aa > bb"));
        assert!(first_is_name("aa", None, "bb", "aa: bb"));
        assert!(first_is_name("aa", Some("entra aa"), "bb", "bb"));
    }
}
