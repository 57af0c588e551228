//! Dialect of a program: its wire format and conventions, found out before anything is judged, or
//! given in a file.

use serde::{Deserialize, Serialize};

use crate::text::Words;

/// Framing: the end of a message on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Framing {
    /// A newline.
    #[default]
    Lf,
    /// Carriage return and newline.
    Crlf,
    /// No end: a message is what one read returns, so messages must be sent apart.
    None,
    /// A length before it: two bytes, most significant first.
    Length2,
}

/// The way in which a server learns its clients' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Naming {
    /// Clients have no names.
    #[default]
    None,
    /// The first message is the name, without a question for it.
    First,
    /// The server asks with a text that contains this, and the next message is the name.
    Asked(String),
}

/// The moment at which the user of a client has to type the own name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Typed {
    /// Never: there is no name, or an option gives it.
    #[default]
    Never,
    /// Before the client connects.
    First,
    /// Once the client is connected, without a question of the server.
    Connected,
    /// Once the server has asked for it.
    Asked,
}

/// The label with which a server tells its clients the speaker of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Label {
    /// The port of the speaker's socket.
    Port,
    /// The speaker's name.
    Name,
    /// No label.
    #[default]
    None,
}

/// The dialect of one chat: its wire format and its conventions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dialect {
    /// The server's port.
    pub(crate) port: u16,
    pub(crate) framing: Framing,
    /// True if the server greets each client that connects.
    pub(crate) greeting: bool,
    pub(crate) naming: Naming,
    /// Of a server that asks: the whole line with which it does, if that is always the same.
    #[serde(default)]
    pub(crate) question: Option<String>,
    /// The line that gives a name; `{name}` stands for it.
    pub(crate) name_form: String,
    /// The label of a message's speaker.
    pub(crate) label: Label,
    /// True if a message also comes back to its sender. Found out, it is a fault (2.2); given, the
    /// course wants it so.
    pub(crate) echo: bool,
    /// The line that makes the server end the connection, if there is one; of a client, the line
    /// with which its user leaves.
    pub(crate) leave: Option<String>,
    /// Of a server: the number of clients that it serves at the same time, if that is less than the
    /// eight that are asked for, or the course has a limit.
    #[serde(default)]
    pub(crate) most_clients: Option<usize>,
    /// Of a client: the moment at which its user types the own name.
    #[serde(default)]
    pub(crate) typed: Typed,
    /// The lines that are typed before a server listens, or a client connects, with placeholders
    /// `{name}`, `{host}` and `{port}`.
    #[serde(default)]
    pub(crate) before: Vec<String>,
    /// The parts that were given and not found out, by their names in the file.
    pub(crate) given: Vec<String>,
}

/// The default port of the course.
pub(crate) const PORT: u16 = 12345;

impl Default for Dialect {
    fn default() -> Self {
        Self {
            port: PORT,
            framing: Framing::default(),
            greeting: false,
            naming: Naming::default(),
            question: None,
            name_form: NAME.to_owned(),
            label: Label::default(),
            echo: false,
            leave: Some("salir".to_owned()),
            most_clients: None,
            typed: Typed::default(),
            before: Vec::new(),
            given: Vec::new(),
        }
    }
}

/// Placeholders for a name, a host and a port in lines that are typed.
pub(crate) const NAME: &str = "{name}";
pub(crate) const HOST_MARK: &str = "{host}";
pub(crate) const PORT_MARK: &str = "{port}";

/// The address of the scripted server.
const HOST: &str = "127.0.0.1";

impl Dialect {
    /// Returns whether clients have names.
    pub(crate) fn has_names(&self) -> bool {
        self.naming != Naming::None
    }

    /// Returns the way in which its clients are asked for their names: with the whole question,
    /// where that is known.
    pub(crate) fn asks(&self) -> Naming {
        match (&self.naming, &self.question) {
            (Naming::Asked(_), Some(question)) if !self.is_given("naming") => {
                Naming::Asked(question.clone())
            }
            (naming, _) => naming.clone(),
        }
    }

    /// Returns the line that gives this name to the server.
    pub(crate) fn name_line(&self, name: &str) -> String {
        self.name_form.replace(NAME, name)
    }

    /// Returns the lines that the operator of a server types before it listens, or the user of a
    /// client before it connects.
    pub(crate) fn before(&self, name: &str, port: u16) -> impl Iterator<Item = String> {
        let port = port.to_string();
        let fill = move |line: &String| {
            line.replace(NAME, name).replace(HOST_MARK, HOST).replace(PORT_MARK, &port)
        };
        self.before.iter().map(fill)
    }

    /// Returns whether this part of it (its name in a file) was given and not found out.
    pub(crate) fn is_given(&self, part: &str) -> bool {
        self.given.iter().any(|given| given == part)
    }
}

impl Framing {
    /// Returns the bytes of a message.
    pub(crate) fn encode(self, text: &[u8]) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes();
        match self {
            Self::Lf => [text, b"\n"].concat(),
            Self::Crlf => [text, b"\r\n"].concat(),
            Self::None => text.to_vec(),
            Self::Length2 => [&length[..], text].concat(),
        }
    }

    /// Returns whether messages have an end of their own, so that two of them may follow each other
    /// at once.
    pub(crate) fn has_ends(self) -> bool {
        self != Self::None
    }
}

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
    /// See [`Dialect::name_form`].
    pub(crate) name_form: Option<String>,
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
    /// See [`Dialect::before`], for clients.
    pub(crate) before: Option<Vec<String>>,
    /// The same for servers.
    pub(crate) server_before: Option<Vec<String>>,
}

impl Given {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// It is not TOML, or has another key or value: the ones allowed.
    pub(crate) fn parse(text: &str) -> Result<Self, Words> {
        Self::of(text.parse().map_err(|e| Words::new(&e, &e))?)
    }

    /// Reads a table.
    ///
    /// # Errors
    ///
    /// It has another key or value: the ones allowed.
    pub(crate) fn of(table: toml::Table) -> Result<Self, Words> {
        let wrong = table.iter().find(|(name, value)| {
            let alone = toml::Table::from_iter([((*name).clone(), (*value).clone())]);
            *value == &toml::Value::Integer(0) || Self::deserialize(alone).is_err()
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
        put(self.name_form.as_ref(), &mut dialect.name_form, "name-form", &mut names);
        put(self.label.as_ref(), &mut dialect.label, "label", &mut names);
        put(self.echo.as_ref(), &mut dialect.echo, "echo", &mut names);
        put(leave.as_ref(), &mut dialect.leave, "leave", &mut names);
        let most = self.most_clients.map(Some);
        put(most.as_ref(), &mut dialect.most_clients, "most-clients", &mut names);
        put(self.typed.as_ref(), &mut dialect.typed, "typed", &mut names);
        put(self.before.as_ref(), &mut dialect.before, "before", &mut names);
        dialect.given = names;
    }
}

/// Returns the values that a file may give in the place of this one.
fn may_stand(name: &str) -> Words {
    const FORMS: [(&str, [&str; 2]); 12] = [
        ("port", ["un número de 1 a 65535", "a number from 1 to 65535"]),
        (
            "framing",
            [r#""lf", "crlf", "none" o "length2""#, r#""lf", "crlf", "none" or "length2""#],
        ),
        ("greeting", ["true o false", "true or false"]),
        (
            "naming",
            [
                r#""none", "first" o { asked = "PALABRA" }"#,
                r#""none", "first" or { asked = "WORD" }"#,
            ],
        ),
        ("name-form", [r#"un texto, como "NICK {name}""#, r#"a text, such as "NICK {name}""#]),
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
        ("before", [LINES_ES, LINES_EN]),
        ("server-before", [LINES_ES, LINES_EN]),
    ];
    const LINES_ES: &str = r#"una lista de textos, como ["{host}", "{port}"]"#;
    const LINES_EN: &str = r#"a list of texts, such as ["{host}", "{port}"]"#;
    let Some((_, [es, en])) = FORMS.iter().find(|(known, _)| *known == name) else {
        let all = FORMS.map(|(name, _)| name).join(", ");
        return Words::new(
            format!("no se conoce «{name}»; se conocen: {all}"),
            format!("\"{name}\" is not known; known are: {all}"),
        );
    };
    Words::new(format!("{name}: aquí va {es}"), format!("{name}: here goes {en}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn a_file_gives_what_it_says_and_nothing_else() {
        let file = "framing = 'crlf'\nnaming = { asked = 'NICK' }\nleave = ''\necho = true\n";
        let mut dialect = Dialect::default();
        Given::parse(file).unwrap().over(&mut dialect);
        assert_eq!(dialect.naming, Naming::Asked("NICK".to_owned()));
        assert_eq!((dialect.framing, dialect.leave.as_deref()), (Framing::Crlf, None));
        assert_eq!((dialect.port, dialect.is_given("port")), (PORT, false));
        assert!(dialect.is_given("echo") && dialect.is_given("leave"));
        let given = Given::parse("before = ['{name}']\nserver-before = ['{port}']").unwrap();
        given.for_servers().over(&mut dialect);
        assert_eq!(dialect.before("", 1234).collect::<Vec<_>>(), ["1234"]);
    }

    #[test]
    fn a_wrong_file_is_told_what_may_stand_in_it() {
        for (file, expected) in [
            ("port = 99999", "port: aquí va un número de 1 a 65535"),
            ("port = 0", "port: aquí va un número de 1 a 65535"),
            ("naming = 'asked'", r#"naming: aquí va "none", "first" o { asked = "#),
            ("framming = 'lf'", "no se conoce «framming»; se conocen: port, framing, "),
            ("echo = true\nlabel = 3", r#"label: aquí va "port", "name" o "none""#),
        ] {
            let told = Given::parse(file).unwrap_err();
            assert!(told.to(Lang::Es).starts_with(expected), "{told:?}");
        }
        assert!(Given::parse("port = ").is_err());
    }
}
