//! Dialect of a program: its wire format and conventions, found out before anything is judged, or
//! given in a file.

mod framing;
mod given;

pub(crate) use framing::Framing;
pub(crate) use given::Given;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

/// The place where the command that takes a client out is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KickBy {
    /// The server's console.
    #[default]
    Console,
    /// The chat: a member sends it.
    Member,
}

/// The dialect of one chat: its wire format and its conventions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part that a file may give")]
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
    /// True if that question has no end, though messages have one.
    #[serde(default)]
    pub(crate) open_question: bool,
    /// True if a name has no end, though messages have one.
    #[serde(default)]
    pub(crate) open_name: bool,
    /// The line that gives a name; `{name}` stands for it.
    pub(crate) name_form: String,
    /// The line with which a client says something; `{text}` stands for it. A JSON object gets it as
    /// JSON writes it.
    #[serde(default = "plain")]
    pub(crate) message_form: String,
    /// The lines that a client sends once connected, in place of a name alone.
    #[serde(default)]
    pub(crate) enter: Vec<String>,
    /// Other command lines than the course's, by the names of the commands.
    #[serde(skip)]
    pub(crate) commands: BTreeMap<Command, String>,
    /// Words that the course forbids in messages.
    #[serde(skip)]
    pub(crate) forbidden: Vec<String>,
    /// The place where the command to kick is written.
    #[serde(skip)]
    pub(crate) kick_by: KickBy,
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
    /// Of a client: the answer of its server to a name, if it waits for one.
    #[serde(default)]
    pub(crate) welcome: Option<String>,
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
            open_question: false,
            open_name: false,
            name_form: NAME.to_owned(),
            message_form: plain(),
            enter: Vec::new(),
            commands: BTreeMap::new(),
            forbidden: Vec::new(),
            kick_by: KickBy::default(),
            label: Label::default(),
            echo: false,
            leave: Some("salir".to_owned()),
            most_clients: None,
            typed: Typed::default(),
            welcome: None,
            before: Vec::new(),
            given: Vec::new(),
        }
    }
}

/// Placeholders for a name, a host and a port in lines that are typed.
pub(crate) const NAME: &str = "{name}";
pub(crate) const HOST_MARK: &str = "{host}";
pub(crate) const PORT_MARK: &str = "{port}";

/// Placeholders for a message and a room in the lines that say it.
const TEXT: &str = "{text}";
const ROOM: &str = "{room}";

fn plain() -> String {
    TEXT.to_owned()
}

fn is_plain(form: &str) -> bool {
    form == TEXT
}

/// Shortest name that is given as it is, in bytes.
const SHORTEST: usize = 4;

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

    /// Returns the lines that give this name to the server, or enter its chat.
    pub(crate) fn introduction(&self, name: &str) -> Vec<String> {
        let name = &long_enough(name);
        let alone = std::slice::from_ref(&self.name_form);
        let forms = match &self.enter[..] {
            [] if self.has_names() => alone,
            enter => enter,
        };
        forms.iter().map(|form| form.replace(NAME, name)).collect()
    }

    /// Returns the bytes of a line that introduces a client.
    pub(crate) fn introduces(&self, line: &str) -> Vec<u8> {
        let framing = if self.open_name { Framing::None } else { self.framing };
        framing.encode(line.as_bytes())
    }

    /// Returns the bytes of the message that says this.
    pub(crate) fn encode(&self, text: &[u8]) -> Vec<u8> {
        self.framing.encode(&fill(&self.message_form, text))
    }

    /// Returns the bytes with which a client is asked for its name: this question, as its server
    /// sends it.
    pub(crate) fn ask(&self, question: &str) -> Vec<u8> {
        let open = self.open_question && self.framing.is_lines();
        let framing = if open { Framing::None } else { self.framing };
        framing.encode(question.as_bytes())
    }

    /// Returns whether a message is more than its text.
    pub(crate) fn is_wrapped(&self) -> bool {
        !is_plain(&self.message_form)
    }

    /// Returns the line of this command: with this name, or room, and this text.
    pub(crate) fn command(&self, command: Command, name: &str, text: &str) -> String {
        let form = self.commands.get(&command).map_or(command.form(), String::as_str);
        let line = form.replace(NAME, name).replace(ROOM, name);
        String::from_utf8_lossy(&fill(&line, text.as_bytes())).into_owned()
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

/// The commands of a chat with rooms (chapter 6), and the one that takes a client out. They may have
/// other words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Command {
    Private,
    Reply,
    List,
    Rename,
    Join,
    Rooms,
    Help,
    Leave,
    Kick,
}

impl Command {
    /// Returns the course's line.
    fn form(self) -> &'static str {
        match self {
            Self::Private => "/privado {name} {text}",
            Self::Reply => "/responder {text}",
            Self::List => "/quien",
            Self::Rename => "/nombre {name}",
            Self::Join => "/sala {room}",
            Self::Rooms => "/salas",
            Self::Help => "/ayuda",
            Self::Leave => "/salir",
            Self::Kick => "/echar {name}",
        }
    }
}

/// Returns a name for this client that no server refuses as too short: a short one twice.
pub(crate) fn long_enough(name: &str) -> String {
    name.repeat(if name.len() < SHORTEST { 2 } else { 1 })
}

/// Puts a text into a form. Bytes that are no text stay as they are.
pub(crate) fn fill(form: &str, text: &[u8]) -> Vec<u8> {
    let Some((before, behind)) = form.split_once(TEXT) else { return form.as_bytes().to_vec() };
    let wrapped = before.starts_with('{');
    let in_json = std::str::from_utf8(text).ok().filter(|_| wrapped).map(|text| {
        let written = serde_json::Value::from(text).to_string();
        written[1..written.len() - 1].to_owned().into_bytes()
    });
    [before.as_bytes(), in_json.as_deref().unwrap_or(text), behind.as_bytes()].concat()
}
