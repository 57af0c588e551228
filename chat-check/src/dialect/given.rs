//! Parts of a dialect that a file gives.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::dialect::{Command, Dialect, Framing, KickBy, Label, NAME, Naming, TEXT, Typed};
use crate::text::Words;

/// The parts of a dialect that a file gives. The rest is found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Given {
    /// See [`Dialect::port`].
    pub(crate) port: Option<u16>,
    /// See [`Dialect::framing`].
    pub(crate) framing: Option<Framing>,
    /// See [`Dialect::greeting`].
    pub(crate) greeting: Option<bool>,
    /// `"none"`, `"first"` or `{ asked = "KEYWORD" }`.
    pub(crate) naming: Option<Naming>,
    /// See [`Dialect::open_question`].
    pub(crate) open_question: Option<bool>,
    /// See [`Dialect::name_form`].
    pub(crate) name_form: Option<String>,
    /// See [`Dialect::message_form`].
    pub(crate) message_form: Option<String>,
    /// See [`Dialect::enter`].
    pub(crate) enter: Option<Vec<String>>,
    /// See [`Dialect::commands`].
    pub(crate) commands: Option<BTreeMap<Command, String>>,
    /// See [`Dialect::forbidden`].
    pub(crate) forbidden: Option<Vec<String>>,
    /// See [`Dialect::kick_by`].
    pub(crate) kick_by: Option<KickBy>,
    /// See [`Dialect::label`].
    pub(crate) label: Option<Label>,
    /// See [`Dialect::echo`].
    pub(crate) echo: Option<bool>,
    /// See [`Dialect::leave`]; empty for none.
    pub(crate) leave: Option<String>,
    /// See [`Dialect::most_clients`].
    pub(crate) most_clients: Option<usize>,
    /// See [`Dialect::typed`].
    pub(crate) typed: Option<Typed>,
    /// See [`Dialect::welcome`].
    pub(crate) welcome: Option<String>,
    /// See [`Dialect::before`], for clients.
    pub(crate) before: Option<Vec<String>>,
    /// The same for servers.
    pub(crate) server_before: Option<Vec<String>>,
}

impl Given {
    /// Reads a file. It adds to a course's table; where both give a part, the file does.
    ///
    /// # Errors
    ///
    /// It is not TOML, or has another key or value: the ones allowed.
    pub(crate) fn parse(text: &str, mut course: toml::Table) -> Result<Self, Words> {
        let mut file: toml::Table = text.parse().map_err(|e| Words::new(&e, &e))?;
        let commands =
            [&mut course, &mut file].map(|table| table.get_mut("commands")?.as_table_mut());
        if let [Some(of_course), Some(of_file)] = commands {
            of_course.extend(std::mem::take(of_file));
            *of_file = std::mem::take(of_course);
        }
        course.extend(file);
        Self::of(course)
    }

    /// Reads a table.
    ///
    /// # Errors
    ///
    /// It has another key or value: the ones allowed.
    pub(crate) fn of(table: toml::Table) -> Result<Self, Words> {
        let wrong = table.iter().find(|(name, value)| {
            let alone = toml::Table::from_iter([((*name).clone(), (*value).clone())]);
            let textless = name == &"message-form" && !value.as_str().is_some_and(says_text);
            is_zero(value) || textless || Self::deserialize(alone).is_err()
        });
        match wrong {
            Some((name, _)) => Err(may_stand(name)),
            None => Self::deserialize(table).map_err(|e| Words::new(&e, &e)),
        }
    }

    /// Returns the parts that are for servers.
    #[must_use]
    pub(crate) fn for_servers(&self) -> Self {
        Self { before: self.server_before.clone(), ..self.clone() }
    }

    /// Returns whether it states how messages are written.
    pub(crate) fn states_messages(&self) -> bool {
        self.framing.is_some() || self.message_form.is_some() || self.enter.is_some()
    }

    /// Overwrites what was found out with what is given.
    pub(crate) fn over(&self, dialect: &mut Dialect) {
        fn put<T: Clone>(given: Option<&T>, found: &mut T, name: &str, names: &mut Vec<String>) {
            if let Some(given) = given {
                found.clone_from(given);
                names.push(name.to_owned());
            }
        }
        let mut names = Vec::new();
        let leave = self.leave.clone().map(|word| Some(word).filter(|word| !word.is_empty()));
        put(self.port.as_ref(), &mut dialect.port, "port", &mut names);
        put(self.framing.as_ref(), &mut dialect.framing, "framing", &mut names);
        put(self.greeting.as_ref(), &mut dialect.greeting, "greeting", &mut names);
        put(self.naming.as_ref(), &mut dialect.naming, "naming", &mut names);
        put(self.open_question.as_ref(), &mut dialect.open_question, "open-question", &mut names);
        put(self.name_form.as_ref(), &mut dialect.name_form, "name-form", &mut names);
        put(self.message_form.as_ref(), &mut dialect.message_form, "message-form", &mut names);
        put(self.enter.as_ref(), &mut dialect.enter, "enter", &mut names);
        put(self.commands.as_ref(), &mut dialect.commands, "commands", &mut names);
        put(self.forbidden.as_ref(), &mut dialect.forbidden, "forbidden", &mut names);
        put(self.kick_by.as_ref(), &mut dialect.kick_by, "kick-by", &mut names);
        put(self.label.as_ref(), &mut dialect.label, "label", &mut names);
        put(self.echo.as_ref(), &mut dialect.echo, "echo", &mut names);
        put(leave.as_ref(), &mut dialect.leave, "leave", &mut names);
        let most = self.most_clients.map(Some);
        put(most.as_ref(), &mut dialect.most_clients, "most-clients", &mut names);
        put(self.typed.as_ref(), &mut dialect.typed, "typed", &mut names);
        let welcome = self.welcome.clone().map(Some);
        put(welcome.as_ref(), &mut dialect.welcome, "welcome", &mut names);
        put(self.before.as_ref(), &mut dialect.before, "before", &mut names);
        let names_itself = dialect.enter.iter().any(|line| line.contains(NAME));
        if names_itself && self.naming.is_none() {
            dialect.naming = Naming::First;
        }
        let types_name = dialect.before.iter().any(|line| line.contains(NAME));
        if self.before.is_some() && types_name && self.typed.is_none() {
            dialect.typed = Typed::First;
        }
        dialect.given = names;
    }
}

/// Returns whether a number, or one in a framing, is 0: none may be.
fn is_zero(value: &toml::Value) -> bool {
    let in_table = |table: &toml::Table| table.values().any(is_zero);
    value.as_integer() == Some(0) || value.as_table().is_some_and(in_table)
}

fn says_text(form: &str) -> bool {
    form.contains(TEXT)
}

/// The parts, and the values that may be given for each: Spanish, English.
const FORMS: [(&str, [&str; 2]); 19] = [
    ("port", ["un número de 1 a 65535", "a number from 1 to 65535"]),
    (
        "framing",
        [
            r#""lf", "crlf", "none", "length2", "length4", "length4le", "decimalline", { decimal = 10 } o { named = 10 }"#,
            r#""lf", "crlf", "none", "length2", "length4", "length4le", "decimalline", { decimal = 10 } or { named = 10 }"#,
        ],
    ),
    ("greeting", ["true o false", "true or false"]),
    (
        "naming",
        [r#""none", "first" o { asked = "PALABRA" }"#, r#""none", "first" or { asked = "WORD" }"#],
    ),
    ("open-question", ["true o false", "true or false"]),
    ("name-form", [r#"un texto, como "NICK {name}""#, r#"a text, such as "NICK {name}""#]),
    (
        "message-form",
        [
            r#"un texto con {text}, como "/msg {text}" o '{"texto": "{text}"}'"#,
            r#"a text with {text}, such as "/msg {text}" or '{"text": "{text}"}'"#,
        ],
    ),
    (
        "enter",
        [
            r#"una lista de textos, como ["JOIN {name}"]"#,
            r#"a list of texts, such as ["JOIN {name}"]"#,
        ],
    ),
    (
        "commands",
        [
            r#"private, reply, list, rename, join, rooms, help, leave o kick, como { private = "/msg {name} {text}", list = "/users", join = "/join {room}" }"#,
            r#"private, reply, list, rename, join, rooms, help, leave or kick, such as { private = "/msg {name} {text}", list = "/users", join = "/join {room}" }"#,
        ],
    ),
    (
        "forbidden",
        [r#"una lista de palabras, como ["tonto"]"#, r#"a list of words, such as ["fool"]"#],
    ),
    ("kick-by", [r#""console" o "member""#, r#""console" or "member""#]),
    ("label", [r#""port", "name" o "none""#, r#""port", "name" or "none""#]),
    ("echo", ["true o false", "true or false"]),
    ("leave", [r#"un texto, como "salir""#, r#"a text, such as "salir""#]),
    ("most-clients", ["un número, como 5", "a number, such as 5"]),
    (
        "typed",
        [
            r#""never", "first", "connected" o "asked""#,
            r#""never", "first", "connected" or "asked""#,
        ],
    ),
    ("welcome", [r#"un texto, como "OK""#, r#"a text, such as "OK""#]),
    ("before", [LINES_ES, LINES_EN]),
    ("server-before", [LINES_ES, LINES_EN]),
];

const LINES_ES: &str = r#"una lista de textos, como ["{host}", "{port}"]"#;
const LINES_EN: &str = r#"a list of texts, such as ["{host}", "{port}"]"#;

/// Returns the values that a file may give in the place of this one.
fn may_stand(name: &str) -> Words {
    let Some((_, [es, en])) = FORMS.iter().find(|(known, _)| *known == name) else {
        let all = FORMS.map(|(name, _)| name).join(", ");
        return Words::new(
            format!("no se conoce «{name}»; se conocen estas claves: {all}"),
            format!("\"{name}\" is not known; the known keys are: {all}"),
        );
    };
    Words::new(format!("{name}: se espera {es}"), format!("{name}: expected {en}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Framing, PORT};
    use crate::text::Lang;

    fn parse(text: &str) -> Result<Given, Words> {
        Given::parse(text, toml::Table::new())
    }

    #[test]
    fn a_file_adds_to_what_a_course_gives() {
        let course = "echo = true\nmost-clients = 5\nframing = { decimal = 4 }\n\
                      commands = { kick = '/echar {name}', leave = '/chau' }";
        let file = "most-clients = 6\nframing = 'crlf'\ncommands = { leave = '/bye' }";
        let given = Given::parse(file, course.parse().unwrap()).unwrap();
        assert_eq!((given.echo, given.most_clients), (Some(true), Some(6)));
        assert_eq!(given.framing, Some(Framing::Crlf));
        let commands = given.commands.unwrap();
        assert_eq!(commands[&Command::Kick], "/echar {name}");
        assert_eq!(commands[&Command::Leave], "/bye");
    }

    #[test]
    fn a_file_gives_what_it_says_and_nothing_else() {
        let file = "framing = 'crlf'\nnaming = { asked = 'NICK' }\nleave = ''\necho = true\n";
        let mut dialect = Dialect::default();
        parse(file).unwrap().over(&mut dialect);
        assert_eq!(dialect.naming, Naming::Asked("NICK".to_owned()));
        assert_eq!((dialect.framing, dialect.leave.as_deref()), (Framing::Crlf, None));
        assert_eq!((dialect.port, dialect.is_given("port")), (PORT, false));
        assert!(dialect.is_given("echo") && dialect.is_given("leave"));
        let given = parse("before = ['{name}']\nserver-before = ['{port}']").unwrap();
        given.for_servers().over(&mut dialect);
        assert_eq!(dialect.before("", 1234).collect::<Vec<_>>(), ["1234"]);
    }

    #[test]
    fn a_file_states_how_messages_and_commands_are_written() {
        let file = "framing = { decimal = 10 }\nenter = ['JOIN {name}', 'SALA 1']\n\
                    message-form = '{\"texto\": \"{text}\"}'\n\
                    commands = { private = '/msg {name} {text}', join = '/join {room}' }\n";
        let mut dialect = Dialect::default();
        parse(file).unwrap().over(&mut dialect);
        assert_eq!(dialect.encode(b"a\"b"), b"17        {\"texto\": \"a\\\"b\"}");
        assert_eq!(Dialect::default().encode(b"a\"\x1b"), b"a\"\x1b\n");
        assert_eq!(dialect.introduction("beto"), ["JOIN beto", "SALA 1"]);
        assert_eq!(dialect.introduction("ana")[0], "JOIN anaana", "long enough for any server");
        assert_eq!(dialect.naming, Naming::First);
        assert_eq!(dialect.command(Command::Private, "beto", "hola"), "/msg beto hola");
        assert_eq!(dialect.command(Command::Join, "uno", ""), "/join uno");
        assert_eq!(dialect.command(Command::List, "", ""), "/quien");
    }

    #[test]
    fn a_wrong_file_is_told_what_may_stand_in_it() {
        for (file, expected) in [
            ("port = 99999", "port: se espera un número de 1 a 65535"),
            ("port = 0", "port: se espera un número de 1 a 65535"),
            ("framing = { decimal = 0 }", r#"framing: se espera "lf", "crlf""#),
            ("naming = 'asked'", r#"naming: se espera "none", "first" o { asked = "#),
            (
                "framming = 'lf'",
                "no se conoce «framming»; se conocen estas claves: port, framing, ",
            ),
            ("message-form = 'hola'", "message-form: se espera un texto con {text}"),
            ("echo = true\nlabel = 3", r#"label: se espera "port", "name" o "none""#),
        ] {
            let told = parse(file).unwrap_err();
            assert!(told.to(Lang::Es).starts_with(expected), "{told:?}");
        }
        assert!(parse("port = ").is_err());
    }
}
