//! What a running server was told, in types that cannot be wrong.

use std::num::NonZeroU32;
use std::time::Duration;

use chat_protocol::framing::Framing;
use chat_protocol::profile::{Label, MaxClients, WhenFull};
use chat_protocol::rate::MaxRate;
use chat_protocol::time_limit::TimeLimit;

use crate::client::session;
use crate::people::directory;
use crate::room::outbox::{OutboxLimits, SlowReader};

/// The options of a server.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// What stands before a message.
    pub(crate) label: Label,
    /// What the server asks for a name with, if it does.
    pub(crate) name_keyword: Option<String>,
    /// How long a client may take to give its name.
    pub(crate) name_timeout: TimeLimit,
    /// Whether a room hears who joins and leaves.
    pub(crate) presence: bool,
    /// Whether lines that begin with `/` are commands.
    pub(crate) commands: bool,
    /// How many rooms there may be.
    pub(crate) max_rooms: usize,
    /// How many clients are served at a time.
    pub(crate) max_clients: MaxClients,
    /// What happens to one more.
    pub(crate) when_full: WhenFull,
    /// How many connections one address may have at a time.
    pub(crate) max_per_ip: MaxClients,
    /// How messages are told apart.
    pub(crate) framing: Framing,
    /// The longest line a client may send, in bytes; each connection may hold this much.
    pub(crate) max_line: usize,
    /// How long a connection may be silent in both directions.
    pub(crate) idle_timeout: TimeLimit,
    /// How many lines a second one client may send over a longer time.
    pub(crate) max_rate: MaxRate,
    /// How many may come at once before that holds.
    pub(crate) burst: NonZeroU32,
    /// How many bytes may wait for one client behind what its socket holds, and eight longest lines;
    /// a slow one costs up to twice this much, because memory grows by doubling.
    pub(crate) outbox: usize,
    /// What happens to one for whom more would have to wait.
    pub(crate) slow_reader: SlowReader,
    /// How long a client may take nothing although something waits for it.
    pub(crate) slow_timeout: TimeLimit,
    /// How long the room waits for more to deliver at once.
    pub(crate) coalesce: TimeLimit,
    /// How long the server takes to end, at most.
    pub(crate) drain: Duration,
    /// Whether messages are not printed.
    pub(crate) quiet: bool,
}

/// How many longest lines an outbox holds beside its size: somebody who is only a moment behind
/// should not miss one because several are said at once.
const ROOM_FOR_LINES: usize = 8;

impl Config {
    pub(crate) fn directory_rules(&self) -> directory::Rules {
        directory::Rules { presence: self.presence, max_rooms: self.max_rooms }
    }

    pub(crate) fn outbox_limits(&self) -> OutboxLimits {
        OutboxLimits {
            capacity: self.outbox + ROOM_FOR_LINES * self.max_line,
            slow_reader: self.slow_reader,
            timeout: self.slow_timeout,
        }
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
