//! Parses lines from a server, in whichever language it talks, to find the names in use.

use super::people::NEXT;
use super::{NOTICE, SAYS, USER};
use crate::command::{FORMS, Verb};
use crate::language::Language;
use crate::name::Name;
use crate::refusal::Refusal;

/// Finds the names that a line from a server shows to be in use, and a name that it shows to be no
/// longer in use.
///
/// ```
/// # use chat_protocol::wording::{Seen, names_in};
/// assert_eq!(names_in("* Ana ahora es Bea"), Seen { gone: Some("Ana"), here: vec!["Bea"] });
/// assert_eq!(names_in("* Ana has left"), Seen { gone: Some("Ana"), here: vec![] });
/// assert_eq!(names_in("Ana > hola"), Seen { gone: None, here: vec!["Ana"] });
/// ```
pub fn names_in(line: &str) -> Seen<'_> {
    let here = |names: Vec<_>| Seen { gone: None, here: names };
    if let Some(notice) = line.strip_prefix(NOTICE) {
        // A past message: "hace 5 min: Ana > hola".
        if let Some((age, said)) = notice.split_once(": ")
            && Language::ALL.iter().any(|language| language.is_age(age))
        {
            let author = said.split_once(SAYS).map(|(name, _)| name);
            return here(author.into_iter().collect()).of_names();
        }
        if let Some(seen) = Language::ALL.iter().find_map(|language| change(*language, notice)) {
            return seen;
        }
        // A list: "en general (2): Ana, Bea", or a further line of a longer one.
        let names = notice.split_once("): ").map_or(notice, |(_, names)| names);
        return here(names.trim_end_matches(NEXT).split(NEXT).collect()).of_names();
    }
    let speaker = private_of(line).map_or(line, |rest| rest.trim_start_matches("] "));
    here(speaker.split_once(SAYS).map(|(name, _)| name).into_iter().collect()).of_names()
}

/// Parses a notice that a member has joined, left, gone to another room, or changed its name.
fn change(language: Language, notice: &str) -> Option<Seen<'_>> {
    if let Some(name) = notice.strip_suffix(language.joined_end()) {
        return Some(Seen { gone: None, here: vec![name] });
    }
    if let Some(name) = notice.strip_suffix(language.left_end()) {
        return Some(Seen { gone: Some(name), here: vec![] });
    }
    for moves in [language.goes_to(), language.comes_from()] {
        if let Some((name, _)) = notice.split_once(moves) {
            return Some(Seen { gone: None, here: vec![name] });
        }
    }
    let (old, new) = notice.split_once(language.is_now())?;
    Some(Seen { gone: Some(old), here: vec![new] })
}

/// Returns the text behind the mark of a private message or its receipt. For a private message, it
/// is `] ` and the message.
///
/// ```
/// # use chat_protocol::wording::private_of;
/// assert_eq!(private_of("[privado] Ana > hola"), Some("] Ana > hola"));
/// assert_eq!(private_of("[private to Ana] hola"), Some(" to Ana] hola"));
/// assert_eq!(private_of("Ana > hola"), None);
/// ```
pub fn private_of(line: &str) -> Option<&str> {
    Language::ALL.iter().find_map(|language| line.strip_prefix(language.private_mark()))
}

/// The name that this line gives to the client that receives it.
pub fn own_name_in(line: &str) -> Option<Name> {
    // "you are Ana; in general (2): Ana, Bea", or "you are now called Ana".
    let begin = line.strip_prefix(NOTICE)?.split("; ").next()?;
    let name: Name = begin.rsplit(' ').next()?.parse().ok()?;
    let says_so = |language: &Language| {
        let joined = format!("{NOTICE}{}{name}; ", language.you_are());
        line.starts_with(&joined) || language.you_are_now(&name).to_string() == line
    };
    Language::ALL.iter().any(says_so).then_some(name)
}

/// Returns whether a line is the greeting of a server (requirement 1.5).
pub fn is_greeting(line: &str) -> bool {
    Language::ALL.iter().any(|language| language.greeting() == line)
}

/// Returns whether a line has the form of a member's message: it begins with a label, or with the
/// mark of a private message.
///
/// ```
/// # use chat_protocol::wording::is_message;
/// assert!(is_message("Ana > hola") && is_message("usuario 65310: hola"));
/// assert!(!is_message("Bienvenido! Ingresa tu nombre: "));
/// ```
pub fn is_message(line: &str) -> bool {
    let by_name = line.split_once(SAYS).is_some_and(|(name, _)| name.parse::<Name>().is_ok());
    let port = line.strip_prefix(USER).and_then(|rest| rest.split_once(": "));
    let by_port = port.is_some_and(|(port, _)| {
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    });
    by_name || by_port || private_of(line).is_some()
}

/// Returns whether a notice of a server tells of the command that lists the commands.
pub fn offers_commands(line: &str) -> bool {
    let help = FORMS.iter().filter(|form| form.verb == Verb::Help);
    let words = help.flat_map(|form| [form.word, form.alias]);
    words.into_iter().any(|word| line.contains(&format!("/{word}")))
}

/// Returns whether a line is the hint for a client that joins where there are commands (requirement 6.4).
pub fn is_help_hint(line: &str) -> bool {
    Language::ALL.iter().any(|language| language.help_hint() == line)
}

/// Returns whether a line refuses a message because of its length (requirement 2.9).
pub fn refuses_length(line: &str) -> bool {
    Language::ALL.iter().any(|language| {
        let refusal = language.refusal(&Refusal::LineTooLong(0)).to_string();
        refusal.split_once('(').is_some_and(|(begin, _)| line.starts_with(begin))
    })
}

/// The names that a line shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen<'a> {
    /// A name that is no longer in use.
    pub gone: Option<&'a str>,
    /// Names that are in use.
    pub here: Vec<&'a str>,
}

impl Seen<'_> {
    /// Removes every text that cannot be a name.
    fn of_names(mut self) -> Self {
        self.here.retain(|name| name.parse::<Name>().is_ok_and(|parsed| parsed.as_str() == *name));
        self
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::super::message_by_name;
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn seen(line: impl fmt::Display) -> (Option<String>, Vec<String>) {
        let line = line.to_string();
        let Seen { gone, here } = names_in(&line);
        (gone.map(str::to_owned), here.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn r5_2_a_banner_is_no_message() {
        for line in ["Ana > ", "usuario 1: x", "usuario 65310-2: x", "[private] Ana > hi"] {
            assert!(is_message(line), "{line}");
        }
        for line in ["", "hola", "usuario: x", "usuario Ana: x", "elige > 1 ", "! no", "a b > c"] {
            assert_eq!(is_message(line), line.starts_with("elige"), "{line}");
        }
    }

    #[test]
    fn names_are_seen_where_they_stand() {
        let (ana, bea) = (name("Ana"), name("Bea"));
        let here = |names: &[&str]| (None, names.iter().map(|n| (*n).to_owned()).collect());
        let gone = Some("Ana".to_owned());
        assert_eq!(seen(message_by_name("Ana", "Bea > no")), here(&["Ana"]));
        assert_eq!(seen("hola a todos"), here(&[]));
        for language in Language::ALL {
            assert_eq!(seen(language.private(&ana, "hola")), here(&["Ana"]));
            assert_eq!(seen(language.joined(&ana)), here(&["Ana"]));
            assert_eq!(seen(language.left(&ana)), (gone.clone(), vec![]));
            assert_eq!(seen(language.renamed(&ana, &bea)), (gone.clone(), vec!["Bea".to_owned()]));
            assert_eq!(seen(language.refusal(&Refusal::NoSuchPerson("Ana".into()))), here(&[]));
            assert_eq!(seen(language.empty_room()), here(&[]));
            let names = [ana.clone(), bea.clone()];
            let told = language.introduction(&bea, &name("general"), names.iter()).to_string();
            assert_eq!(seen(&told), here(&["Ana", "Bea"]));
            assert_eq!(own_name_in(&told), Some(bea.clone()));
            let many: Vec<Name> = (0..50).map(|i| name(&format!("p{i}"))).collect();
            let told = language.introduction(&ana, &bea, many.iter()).to_string();
            assert_eq!(seen(told).1.len(), 20, "the number of the others is no name");
            for numbers in [[1, 0, 0], [0, 1, 0], [0, 0, 1], [2, 3, 4]] {
                let told = language.crowd(numbers, 600).to_string();
                assert_eq!((seen(&told), own_name_in(&told)), (here(&[]), None));
            }
            for moves in
                [language.goes(&ana, &bea).to_string(), language.comes(&ana, &bea).to_string()]
            {
                assert_eq!(seen(moves), here(&["Ana"]), "bea is a room");
            }
            for nobody in [
                language.help_hint(),
                language.server_closing(),
                language.removed_by_operator(),
                language.servers_away(),
                language.servers_back(),
                language.was_isolated(),
            ] {
                assert_eq!((seen(nobody), own_name_in(nobody)), (here(&[]), None));
            }
            assert_eq!(own_name_in(&language.you_are_now(&bea).to_string()), Some(bea.clone()));
            assert!(is_greeting(language.greeting()));
            assert!(is_help_hint(language.help_hint()) && !is_help_hint(language.greeting()));
            assert!(refuses_length(&language.refusal(&Refusal::LineTooLong(4096)).to_string()));
            assert!(!refuses_length(&language.refusal(&Refusal::ServerFull).to_string()));
            assert!(is_message(&language.private(&ana, "hola").to_string()));
            assert!(!is_message(&language.joined(&ana).to_string()));
        }
    }
}
