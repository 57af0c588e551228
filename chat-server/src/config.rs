//! What a running server was told, in types that cannot be wrong.

use chat_protocol::framing::Framing;
use chat_protocol::profile::{Label, MaxClients, WhenFull};
use chat_protocol::time_limit::TimeLimit;

use crate::{directory, session};

/// The options of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// What stands before a message.
    pub label: Label,
    /// What the server asks for a name with, if it does.
    pub name_keyword: Option<String>,
    /// How long a client may take to give its name.
    pub name_timeout: TimeLimit,
    /// Whether a room hears who joins and leaves.
    pub presence: bool,
    /// Whether lines that begin with `/` are commands.
    pub commands: bool,
    /// How many rooms there may be.
    pub max_rooms: usize,
    /// How many clients are served at a time.
    pub max_clients: MaxClients,
    /// What happens to one more.
    pub when_full: WhenFull,
    /// How many connections one address may have at a time.
    pub max_per_ip: MaxClients,
    /// How messages are told apart.
    pub framing: Framing,
    /// The longest line a client may send, in bytes; each connection may hold this much.
    pub max_line: usize,
    /// How long a connection may be silent in both directions.
    pub idle_timeout: TimeLimit,
}

impl Config {
    pub(crate) fn directory_rules(&self) -> directory::Rules {
        directory::Rules { presence: self.presence, max_rooms: self.max_rooms }
    }

    pub(crate) fn session_rules(&self) -> session::Rules {
        session::Rules {
            ask_name: self.name_keyword.is_some(),
            commands: self.commands,
            max_line: self.max_line,
        }
    }

    /// Whether clients have names: asked for, or given to those who are not asked.
    pub(crate) fn has_names(&self) -> bool {
        self.name_keyword.is_some() || self.presence || self.commands || self.label == Label::Name
    }
}
