//! The options of a running server, in types that cannot be wrong.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use chat_protocol::framing::Framing;
use chat_protocol::limits::{
    ABSENCE, BURST, DRAIN, MAX_HISTORY, MAX_LINE, MAX_LINE_RANGE, MAX_ROOMS, NAME_TIMEOUT, OUTBOX,
    PING, RESUME, SLOW_TIMEOUT,
};
use chat_protocol::options::profile::{Label, MaxClients, Operator, WhenFull};
use chat_protocol::options::rate::MaxRate;
use chat_protocol::options::server_address::ServerAddress;
use chat_protocol::options::time_limit::TimeLimit;
use chat_protocol::usage::profiles::Common;
use chat_protocol::usage::{self, Switch};
use chat_protocol::websocket::origin::Origin;
use clap::{Args, ValueEnum};

use crate::client::asking::{NameStyle, SendFraming};
use crate::client::session;
use crate::console::Console;
use crate::net::address_options::AddressOptions;
use crate::net::clock::Clock;
use crate::net::wire::encoding::Object;
use crate::people::crowd::CrowdOptions;
use crate::people::directory;
use crate::people::directory::sessions::Sessions;
use crate::people::speech::Speech;
use crate::proxy::ProxyOptions;
use crate::room::archive::Archive;
use crate::room::memory::Memories;
use crate::room::outbox::{OutboxLimits, SlowReader};

/// The options of a server.
#[derive(Args, Clone, Debug)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) common: Common,

    /// Do not print messages
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Ask each client for its name: it takes part once it has given one
    #[arg(help_heading = "Names", long, value_name = "on|off")]
    pub(crate) ask_name: Switch,

    /// The form in which a client is asked for its name
    #[arg(
        help_heading = "Names",
        long,
        value_name = "FRAMING",
        value_enum,
        default_value_t,
        default_value_if("name_style", "nick", "bare")
    )]
    pub(crate) send_framing: SendFraming,

    /// The options for clients that compare what they receive with the keyword
    #[arg(help_heading = "Names", long, value_name = "STYLE")]
    name_style: Option<NameStyle>,

    /// Close a connection that does not give its name for this long
    #[arg(help_heading = "Names", long, value_name = "TIME",
        default_value_t = TimeLimit::of(NAME_TIMEOUT))]
    pub(crate) name_timeout: TimeLimit,

    /// The first line to each client, instead of the one of its language; or off
    #[arg(
        help_heading = "The chat",
        long,
        value_name = "TEXT|off",
        default_value_if("name_style", "nick", "off")
    )]
    greeting: Option<Greeting>,

    /// The text before a message
    #[arg(help_heading = "The chat", long, value_name = "LABEL")]
    pub(crate) label: Label,

    /// Tell a room when a member joins or leaves it
    #[arg(help_heading = "The chat", long, value_name = "on|off")]
    pub(crate) presence: Switch,

    /// Understand lines that begin with `/` as commands: rooms, private messages and more (/ayuda)
    #[arg(help_heading = "The chat", long, value_name = "on|off")]
    pub(crate) commands: Switch,

    /// Maximum number of rooms at a time
    #[arg(help_heading = "The chat", long, value_name = "NUMBER", default_value_t = MAX_ROOMS,
        value_parser = usage::positive::<NonZeroUsize>("rooms"))]
    pub(crate) max_rooms: NonZeroUsize,

    /// Number of past messages that a client gets when it joins a room
    #[arg(help_heading = "Memory", long, value_name = "NUMBER", default_value_t = 0,
        value_parser = usage::number("messages", 0..=MAX_HISTORY))]
    replay: usize,

    /// Time for which a client that was cut off can come back to its name and its room, and misses nothing; or off
    #[arg(help_heading = "Memory", long, value_name = "TIME", default_value_t = TimeLimit::of(RESUME))]
    resume: TimeLimit,

    /// Time for which the others do not hear that a client was cut off that can come back, or off
    #[arg(help_heading = "Memory", long, value_name = "TIME", default_value_t = TimeLimit::of(ABSENCE))]
    absence: TimeLimit,
    /// File whose lines each client is told when it joins: the message of the day; read anew on SIGHUP
    #[arg(help_heading = "The chat", long, value_name = "FILE")]
    pub(crate) motd: Option<PathBuf>,

    /// The name under which the console takes part, or off; `salir` there stops the server
    #[arg(help_heading = "The chat", long, value_name = "NAME")]
    pub(crate) operator: Operator,

    /// The rule that separates the messages of a peer
    #[arg(help_heading = "The chat", long, value_name = "FRAMING", value_enum, default_value_t)]
    pub(crate) framing: Framing,

    /// Maximum number of clients that are served at a time, or off
    #[arg(help_heading = "Limits", long, value_name = "NUMBER")]
    pub(crate) max_clients: MaxClients,

    /// The policy for a client beyond `--max-clients`
    #[arg(help_heading = "Limits", long, value_name = "POLICY")]
    pub(crate) when_full: WhenFull,

    /// Close a connection that is silent in both directions for this long: 60s, 1m30s, 500ms, off
    #[arg(help_heading = "Limits", long, value_name = "TIME")]
    pub(crate) idle_timeout: TimeLimit,

    /// Longest line in bytes; a longer one is refused. Each connection may hold this much
    #[arg(help_heading = "Limits", long, value_name = "BYTES", default_value_t = MAX_LINE,
        value_parser = usage::number("bytes", MAX_LINE_RANGE))]
    pub(crate) max_line: usize,

    /// Rate limit: lines a second that a client may send over a longer time, or off. A client over
    /// its limit is not read from
    #[arg(help_heading = "Limits", long, value_name = "NUMBER/s")]
    pub(crate) max_rate: MaxRate,

    /// Lines that a client may send at once before the rate limit holds
    #[arg(help_heading = "Limits", long, value_name = "NUMBER", default_value_t = BURST,
        value_parser = usage::positive::<NonZeroU32>("lines"))]
    pub(crate) burst: NonZeroU32,

    #[command(flatten)]
    crowd: CrowdOptions,

    #[command(flatten)]
    pub(crate) of_address: AddressOptions,

    #[command(flatten)]
    pub(crate) proxy: ProxyOptions,

    /// Origins whose pages may connect to `--web`, beside its own: `https://chat.example.org`
    #[arg(
        help_heading = "Web",
        long,
        value_name = "ORIGINS",
        value_delimiter = ',',
        requires = "web"
    )]
    pub(crate) web_origin: Vec<Origin>,

    /// Other servers of the same chat, where the page goes on when this one is lost: `wss://b.example/ws`. There,
    /// `--web-origin` must admit the page
    #[arg(
        help_heading = "Web",
        long,
        value_name = "URLS",
        value_delimiter = ',',
        requires = "web",
        value_parser = web_peer
    )]
    pub(crate) web_peers: Vec<ServerAddress>,

    /// Time between two pings of a WebSocket, or off; its client has two fifths of that to answer
    #[arg(help_heading = "Web", long, value_name = "TIME", default_value_t = TimeLimit::of(PING))]
    pub(crate) ping: TimeLimit,

    /// Bytes that may wait for a client that reads more slowly than others speak, beside eight longest
    /// lines: 256KiB, 1MiB
    #[arg(help_heading = "Slow clients", long, value_name = "SIZE", default_value = OUTBOX,
        value_parser = outbox)]
    pub(crate) outbox: ByteSize,

    /// The policy for a client whose outbox is full
    #[arg(help_heading = "Slow clients", long, value_name = "POLICY", value_enum, default_value_t)]
    pub(crate) slow_reader: SlowReader,

    /// Close the connection of a client that reads nothing for this long although something waits
    #[arg(help_heading = "Slow clients", long, value_name = "TIME",
        default_value_t = TimeLimit::of(SLOW_TIMEOUT))]
    pub(crate) slow_timeout: TimeLimit,

    /// Let messages wait this long for others, so that a busy room costs fewer writes, or off
    #[arg(help_heading = "Running", long, value_name = "TIME", default_value_t = TimeLimit::OFF,
        value_parser = coalesce)]
    pub(crate) coalesce: TimeLimit,

    /// Time limit for ending: messages that were accepted are delivered within it
    #[arg(help_heading = "Running", long, value_name = "TIME",
        default_value_t = TimeLimit::of(DRAIN), value_parser = drain)]
    drain: TimeLimit,
}

/// A greeting of the operator's own. `None`, written `off`, is none.
#[derive(Clone, Debug)]
struct Greeting(Option<String>);

/// The number of longest lines that an outbox holds beside its size: a client that is only a moment behind
/// should not miss one because several are said at once.
const ROOM_FOR_LINES: usize = 8;

const LONGEST_COALESCE: Duration = Duration::from_secs(1);

impl Config {
    /// The keyword by which clients are asked for their names, if they are.
    pub(crate) fn name_keyword(&self) -> Option<&str> {
        self.ask_name.is_on().then_some(&self.common.name_keyword)
    }

    /// The first line to each client, if there is one.
    pub(crate) fn greeting(&self) -> Option<&str> {
        match &self.greeting {
            Some(Greeting(own)) => own.as_deref(),
            None => Some(self.common.lang.greeting()),
        }
    }

    /// The first object to each client that is sent JSON: what there is in this chat (requirement 10.21).
    pub(crate) fn welcome(&self) -> String {
        Object::new("welcome")
            .text("lang", word(&self.common.lang))
            .text("label", word(&self.label))
            .value("names", self.has_names())
            .value("presence", self.presence.is_on())
            .value("commands", self.commands.is_on())
            .value("max_line", self.max_line)
            .text("text", self.greeting().unwrap_or_default())
            .end()
    }

    /// Returns whether clients have names: their own, or `usuario-PORT` where they are not asked.
    pub(crate) fn has_names(&self) -> bool {
        let options = [self.ask_name, self.presence, self.commands];
        options.into_iter().any(Switch::is_on) || self.label == Label::Name
    }

    /// The longest time that the server takes to end: hearing the clients out has two fifths of it, delivering the
    /// next two, closing the rest.
    pub(crate) fn drain(&self) -> Duration {
        self.drain.duration().unwrap_or(DRAIN)
    }

    pub(crate) fn directory_rules(&self) -> directory::Rules {
        directory::Rules {
            presence: self.presence.is_on(),
            commands: self.commands.is_on(),
            guests: self.label == Label::Port,
            max_rooms: self.max_rooms.get(),
            crowd: self.crowd.limits(),
            language: self.common.lang,
        }
    }

    /// The time for which a client whose connection is over is still heard, if it had sent more than its rate
    /// limit lets through.
    pub(crate) fn dead_timeout(&self) -> Duration {
        self.slow_timeout.duration().unwrap_or(SLOW_TIMEOUT)
    }

    pub(crate) fn outbox_limits(&self, clock: Clock) -> OutboxLimits {
        let outbox = usize::try_from(self.outbox.0).unwrap_or(usize::MAX / 2);
        OutboxLimits {
            capacity: outbox + ROOM_FOR_LINES * self.max_line,
            slow_reader: self.slow_reader,
            timeout: self.slow_timeout,
            clock,
            language: self.common.lang,
            counts: None,
        }
    }

    /// What rooms remember, if they remember anything.
    pub(crate) fn memories(&self, archive: Archive) -> Option<Memories> {
        let has_store = matches!(archive, Archive::Store(_));
        let is_on = self.commands.is_on() || self.replay > 0 || has_store;
        is_on.then(|| Memories::new(self.replay, self.common.lang, archive))
    }

    /// The time for which a client that was cut off can come back.
    pub(crate) fn resume(&self) -> Duration {
        self.resume.duration().unwrap_or_default()
    }

    /// The options that all servers of a cluster have to have alike, for people.
    #[cfg(feature = "cluster")]
    pub(crate) fn of_all_servers(&self, admins: Option<&[String]>) -> String {
        let (rooms, resume, absence) = (self.max_rooms, self.resume(), &self.absence);
        let admins = admins.unwrap_or_default().join(",");
        let commands = if self.commands.is_on() { "on" } else { "off" };
        let label = format!("{:?}", self.label).to_lowercase();
        format!(
            "--commands {commands} --label {label} --max-rooms {rooms} --resume {}s --absence {absence} --admin {admins}",
            resume.as_secs()
        )
    }

    /// No sessions yet.
    pub(crate) fn sessions(&self) -> Sessions {
        Sessions::new(self.resume(), self.absence.duration().unwrap_or_default())
    }

    pub(crate) fn speech(&self, console: &Console) -> Speech {
        let console = (!self.quiet).then(|| console.clone());
        Speech { label: self.label, language: self.common.lang, console }
    }

    pub(crate) fn session_rules(&self) -> session::Rules {
        session::Rules {
            ask_name: self.ask_name.is_on(),
            commands: self.commands.is_on(),
            max_line: self.max_line,
        }
    }
}

/// The word for a value on the command line.
fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|word| word.get_name().to_owned()).unwrap_or_default()
}

impl FromStr for Greeting {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() || text.contains(char::is_control) {
            return Err("expected words on one line, or off");
        }
        Ok(Self((text != "off").then(|| text.to_owned())))
    }
}

/// From a dozen messages to what a machine of today can hold for some hundred clients.
fn outbox(text: &str) -> Result<ByteSize, &'static str> {
    let sizes = ByteSize::kib(1)..=ByteSize::gib(1);
    text.parse()
        .ok()
        .filter(|size| sizes.contains(size))
        .ok_or("expected a size from 1KiB to 1GiB, such as 256KiB or 1MiB")
}

/// A policy of a page can name no other hosts (Content Security Policy 3, `host-source`).
fn web_peer(text: &str) -> Result<ServerAddress, &'static str> {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let can_be_named = |peer: &ServerAddress| {
        peer.door.has_frames() && peer.endpoint.host_and_port().0.split('.').all(is_part)
    };
    text.parse().ok().filter(can_be_named).ok_or(
        "expected ws://HOST:PORT/ws or wss://HOST:PORT/ws, where HOST is a name or an IPv4 address",
    )
}

/// Longer, it would be no chat.
fn coalesce(text: &str) -> Result<TimeLimit, &'static str> {
    let short = |limit: &TimeLimit| limit.duration().is_none_or(|time| time <= LONGEST_COALESCE);
    text.parse().ok().filter(short).ok_or("expected a time of up to 1s, such as 2ms, or off")
}

fn drain(text: &str) -> Result<TimeLimit, &'static str> {
    let limited = |limit: &TimeLimit| limit.duration().is_some();
    text.parse().ok().filter(limited).ok_or("expected a time such as 5s or 500ms")
}
