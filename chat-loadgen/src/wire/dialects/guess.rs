//! Guesses the dialect of a server that did not understand its clients, from its words.

use std::fmt;

use chat_protocol::language::Language;
use chat_protocol::wording::{NAME_KEYWORD, REFUSAL};

use super::Protocol;

/// The meaning of a server's words, as far as it can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    /// It speaks these dialects.
    Speaks(&'static str),
    /// It would speak these, if it says no more.
    Greets(&'static str),
    /// It is a web server.
    Web,
    /// It wants a login, or another one.
    Login,
}

fn guess(words: &str) -> Option<Guess> {
    // A line end that is shown harmlessly.
    let words = words.split(char::REPLACEMENT_CHARACTER).next()?;
    let is_greeting = |language: &Language| language.greeting() == words;
    let begins = |beginnings: &[&str]| beginnings.iter().any(|it| words.starts_with(it));
    let wants_login = ["-NOAUTH", "Authorization Violation", "not authorized", "bad user name"];
    let numeric = || {
        let number = words.strip_prefix(':')?.split(' ').nth(1)?;
        (number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
    };
    Some(match words {
        _ if wants_login.iter().any(|it| words.contains(it)) => Guess::Login,
        _ if numeric() == Some("464") => Guess::Login,
        _ if begins(&["INFO {", "-ERR '"]) => Guess::Speaks("nats"),
        _ if begins(&["-ERR ", "-WRONGPASS", "-DENIED", "-LOADING"]) => Guess::Speaks("redis"),
        _ if begins(&["HTTP/"]) => Guess::Web,
        _ if begins(&["NOTICE ", "ERROR :"]) || numeric().is_some() => Guess::Speaks("irc"),
        _ if words.starts_with(':') && words.contains(" NOTICE ") => Guess::Speaks("irc"),
        NAME_KEYWORD => Guess::Speaks("sala or grupal"),
        _ if Language::ALL.iter().any(is_greeting) => Guess::Greets("basico"),
        _ if words.starts_with(REFUSAL) => Guess::Greets("basico, sala or grupal"),
        _ => return None,
    })
}

/// A server's last words before a run failed, with the advice that they suggest.
#[derive(Debug)]
pub(crate) struct LastWords {
    words: Option<String>,
    guess: Option<Guess>,
}

impl LastWords {
    /// These words, said to clients that speak that dialect. What else the server said helps to guess.
    pub(crate) fn new(words: Option<String>, others: Option<&str>, spoken: &Protocol) -> Self {
        let own = spoken.to_string();
        let is_news = |guess: &Guess| match guess {
            Guess::Speaks(names) | Guess::Greets(names) => !names.contains(&own),
            Guess::Web | Guess::Login => true,
        };
        let all = words.as_deref().into_iter().chain(others);
        let guess = all.filter_map(guess).find(is_news);
        Self { words, guess }
    }

    /// Returns whether the server certainly speaks another dialect.
    pub(crate) fn are_of_another_dialect(&self) -> bool {
        matches!(self.guess, Some(Guess::Speaks(_) | Guess::Web))
    }
}

impl fmt::Display for LastWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words.as_deref().unwrap_or("none"))?;
        match self.guess {
            Some(Guess::Speaks(names) | Guess::Greets(names)) => {
                write!(f, " (that looks like --dialect {names})")
            }
            Some(Guess::Web) => f.write_str(" (that is a web server, no chat)"),
            Some(Guess::Login) => f.write_str(" (see --user and --password-file)"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::DialectName;
    use super::*;

    fn told(words: &str, spoken: DialectName) -> (String, bool) {
        let last = LastWords::new(Some(words.to_owned()), None, &Protocol::BuiltIn(spoken, None));
        let advice = last.to_string().strip_prefix(words).expect("the words").to_owned();
        (advice, last.are_of_another_dialect())
    }

    #[test]
    fn a_server_is_known_by_its_words() {
        use DialectName::{Basico, Grupal, Irc, Nats, Redis};
        for (words, spoken, dialect, sure) in [
            ("-ERR unknown command '{0000p'", Basico, "redis", true),
            ("-ERR 'Unknown Protocol Operation'", Redis, "nats", true),
            (r#"INFO {"server_id":"A"}"#, Basico, "nats", true),
            (":irc.local 451 * :Connection not registered", Basico, "irc", true),
            (":irc.local NOTICE * :*** Looking up your hostname...", Nats, "irc", true),
            ("NOTICE AUTH :*** Checking ident", Nats, "irc", true),
            ("nombre del cliente", Basico, "sala or grupal", true),
            ("bienvenido al chat! escribe 'salir' para salir", Grupal, "basico", false),
            ("bienvenido al chat! escribe 'salir' para salir\u{fffd}", Nats, "basico", false),
            ("! no hay tal orden", Irc, "basico, sala or grupal", false),
        ] {
            let expected = format!(" (that looks like --dialect {dialect})");
            assert_eq!(told(words, spoken), (expected, sure), "{words}");
        }
        for (words, spoken) in [
            ("-ERR max number of clients reached", Redis),
            ("bienvenido al chat! escribe 'salir' para salir", Basico),
            ("! servidor lleno", Grupal),
            (":irc.local 433 * c-1 :Nickname is already in use", Irc),
            ("hola", Basico),
            (":", Basico),
        ] {
            assert_eq!(told(words, spoken), (String::new(), false), "{words}");
        }
        assert_eq!(
            told("HTTP/1.1 400 Bad Request", Basico),
            (" (that is a web server, no chat)".to_owned(), true)
        );
        let login = " (see --user and --password-file)".to_owned();
        assert_eq!(told("-NOAUTH HELLO must be called", Redis), (login.clone(), false));
        assert_eq!(told(":irc.local 464 c-1 :Invalid password", Irc), (login, false));
    }

    #[test]
    fn without_words_there_are_none() {
        let last = LastWords::new(None, None, &Protocol::BuiltIn(DialectName::Basico, None));
        assert_eq!(last.to_string(), "none");
    }
}
