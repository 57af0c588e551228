//! How a program speaks: what is found out before anything is judged, or given in a file.

use serde::{Deserialize, Serialize};

/// What ends a message on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// A newline.
    #[default]
    Lf,
    /// Carriage return and newline.
    Crlf,
    /// Nothing: a message is what one read returns, so messages must be sent apart.
    None,
    /// Two bytes before it, most significant first, give its length.
    Length2,
}

/// How a server learns its clients' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Naming {
    /// There are no names.
    #[default]
    None,
    /// The first message is the name, and nobody asks for it.
    First,
    /// The server asks with a text that contains this, and the next message is the name.
    Asked(String),
}

/// By what a server tells its clients who speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// By the port of the speaker's socket.
    Port,
    /// By the speaker's name.
    Name,
    /// Not at all.
    #[default]
    None,
}

/// How one chat speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// Where the server listens.
    pub port: u16,
    /// What ends a message.
    pub framing: Framing,
    /// Whether the server says something to whoever connects.
    pub greeting: bool,
    /// How names are learned.
    pub naming: Naming,
    /// What is sent to give a name; `{name}` stands for it.
    pub name_form: String,
    /// By what speakers are told apart.
    pub label: Label,
    /// Whether a message also comes back to its sender. Found out, it is a fault (2.2); given, the
    /// course wants it so.
    pub echo: bool,
    /// The line that makes the server end the connection, if there is one.
    pub leave: Option<String>,
    /// Which of these were given and not found out, by their names in the file.
    pub given: Vec<String>,
}

/// The port of the course.
pub const PORT: u16 = 12345;

impl Default for Dialect {
    fn default() -> Self {
        Self {
            port: PORT,
            framing: Framing::default(),
            greeting: false,
            naming: Naming::default(),
            name_form: NAME.to_owned(),
            label: Label::default(),
            echo: false,
            leave: Some("salir".to_owned()),
            given: Vec::new(),
        }
    }
}

const NAME: &str = "{name}";

impl Dialect {
    /// Whether clients have names.
    pub fn has_names(&self) -> bool {
        self.naming != Naming::None
    }

    /// What gives this name to the server.
    pub fn name_line(&self, name: &str) -> String {
        self.name_form.replace(NAME, name)
    }

    /// Whether this part of it (its name in a file) was given and not found out.
    pub fn is_given(&self, part: &str) -> bool {
        self.given.iter().any(|given| given == part)
    }
}

impl Framing {
    /// The bytes of a message.
    pub fn encode(self, text: &[u8]) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes();
        match self {
            Self::Lf => [text, b"\n"].concat(),
            Self::Crlf => [text, b"\r\n"].concat(),
            Self::None => text.to_vec(),
            Self::Length2 => [&length[..], text].concat(),
        }
    }

    /// Whether messages have an end of their own, so that two of them may follow each other at once.
    pub fn has_ends(self) -> bool {
        self != Self::None
    }
}
