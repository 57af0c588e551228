//! Profiles: named sets of values for the options of server and client.
//!
//! Only these tables know the values that a profile sets. All other code reads the options.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use clap::ValueEnum;
use thiserror::Error;

use crate::limits::{IDLE_TIMEOUT, MAX_RATE};
use crate::name::{Name, NameError};
use crate::options::rate::MaxRate;
use crate::options::time_limit::TimeLimit;
use crate::text::is_leave;

/// One of the kinds of chat in the five course assignments. [`Profile::server`] and
/// [`Profile::client`] are the values that it sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Broadcast without names: every client hears every other one, by port number (S0 and S4).
    #[default]
    Basico,
    /// A room whose members have names and see the others join and leave (S2).
    Sala,
    /// One client at a time talks with the server's operator (S3).
    Practico,
    /// Names, rooms and private messages (S1).
    Grupal,
}

/// The label: the text that the server puts before a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Label {
    /// `usuario PORT: `, the sender's TCP source port
    Port,
    /// `NAME > `
    Name,
    /// `TEXT`, without a label
    None,
}

/// The policy for a client that connects when the server is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhenFull {
    /// The client is told so, and its connection is closed
    Refuse,
    /// The client waits, connected, until another client leaves
    Wait,
}

/// Maximum number of clients served at a time. `None`, written `off`, is as many as the system
/// allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxClients(pub Option<NonZeroU32>);

/// The operator's name in the chat, for what is typed at the server's console. `None`, written
/// `off`, if there is no operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator(pub Option<Name>);

/// The server options that a profile sets. An option on the command line overrides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerOptions {
    /// The label that the server puts before a message.
    pub label: Label,
    /// True if the server sends the name keyword after its greeting.
    pub ask_name: bool,
    /// True if the members of a room see other members join and leave.
    pub presence: bool,
    /// True if lines that begin with `/` are commands.
    pub commands: bool,
    /// The value of [`Operator`], as it is written.
    pub operator: &'static str,
    /// Maximum number of clients served at a time.
    pub max_clients: MaxClients,
    /// The policy for a client that connects when the server is full.
    pub when_full: WhenFull,
    /// Idle timeout: the time that a connection may be silent in both directions.
    pub idle_timeout: TimeLimit,
    /// Rate limit: lines per second that one client may send over a longer time.
    pub max_rate: MaxRate,
}

impl ServerOptions {
    /// The names of the options and their values, as the command line writes them.
    pub fn written(self) -> [(&'static str, String); 9] {
        [
            ("label", written(&self.label)),
            ("ask-name", switch(self.ask_name)),
            ("presence", switch(self.presence)),
            ("commands", switch(self.commands)),
            ("operator", self.operator.to_owned()),
            ("max-clients", self.max_clients.to_string()),
            ("when-full", written(&self.when_full)),
            ("idle-timeout", self.idle_timeout.to_string()),
            ("max-rate", self.max_rate.to_string()),
        ]
    }
}

/// The client options that a profile sets. An option on the command line overrides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct ClientOptions {
    /// True if the client leaves a server that does not ask for a name.
    pub expect_keyword: bool,
    /// True if the client puts `NAME > ` before each line that it sends.
    pub sign: bool,
    /// True if the client completes commands.
    pub commands: bool,
    /// True if the client comes back by itself after its connection was cut.
    pub reconnect: bool,
    /// Idle timeout: the time that the connection may be silent in both directions.
    pub idle_timeout: TimeLimit,
}

impl ClientOptions {
    /// The names of the options and their values, as the command line writes them.
    pub fn written(self) -> [(&'static str, String); 5] {
        [
            ("expect-keyword", switch(self.expect_keyword)),
            ("sign", switch(self.sign)),
            ("commands", switch(self.commands)),
            ("reconnect", switch(self.reconnect)),
            ("idle-timeout", self.idle_timeout.to_string()),
        ]
    }
}

/// Returns a value as the command line writes it.
fn written(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn switch(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

impl Profile {
    /// All profiles, in the order in which they are documented.
    pub const ALL: [Self; 4] = [Self::Basico, Self::Sala, Self::Practico, Self::Grupal];

    /// The name of the profile on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basico => "basico",
            Self::Sala => "sala",
            Self::Practico => "practico",
            Self::Grupal => "grupal",
        }
    }

    /// The purpose of the profile, in a few words.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Basico => "each client gets the messages of all others, by port number",
            Self::Sala => "members have names, and their joining and leaving is announced",
            Self::Practico => "one client at a time talks with the operator",
            Self::Grupal => "names, rooms and private messages",
        }
    }

    /// The table of the server's options.
    pub const fn server(self) -> ServerOptions {
        let basico = ServerOptions {
            label: Label::Port,
            ask_name: false,
            presence: false,
            commands: false,
            operator: "off",
            max_clients: MaxClients(None),
            when_full: WhenFull::Refuse,
            idle_timeout: TimeLimit::OFF,
            max_rate: MaxRate::OFF,
        };
        let sala = ServerOptions { label: Label::Name, ask_name: true, presence: true, ..basico };
        match self {
            Self::Basico => basico,
            Self::Sala => sala,
            Self::Practico => ServerOptions {
                label: Label::None,
                operator: "Servidor",
                max_clients: MaxClients(Some(NonZeroU32::MIN)),
                when_full: WhenFull::Wait,
                idle_timeout: TimeLimit::of(IDLE_TIMEOUT),
                ..basico
            },
            Self::Grupal => {
                ServerOptions { commands: true, max_rate: MaxRate::per_second(MAX_RATE), ..sala }
            }
        }
    }

    /// The table of the client's options.
    pub const fn client(self) -> ClientOptions {
        let basico = ClientOptions {
            expect_keyword: false,
            sign: false,
            commands: false,
            reconnect: false,
            idle_timeout: TimeLimit::OFF,
        };
        match self {
            Self::Basico => basico,
            Self::Sala => ClientOptions { expect_keyword: true, ..basico },
            Self::Practico => {
                ClientOptions { sign: true, idle_timeout: TimeLimit::of(IDLE_TIMEOUT), ..basico }
            }
            Self::Grupal => {
                ClientOptions { expect_keyword: true, commands: true, reconnect: true, ..basico }
            }
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Profile {
    type Err = ParseProfileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|profile| profile.name() == text).ok_or(ParseProfileError)
    }
}

/// The text named no profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected basico, sala, practico or grupal")]
pub struct ParseProfileError;

impl fmt::Display for MaxClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.pad("off"),
        }
    }
}

impl FromStr for MaxClients {
    type Err = ParseMaxClientsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self(None));
        }
        text.parse().map(|number| Self(Some(number))).map_err(|_| ParseMaxClientsError)
    }
}

/// The text was neither a number from 1 to 4,294,967,295 nor `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected a number of clients from 1, or off")]
pub struct ParseMaxClientsError;

impl FromStr for Operator {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self(None));
        }
        if is_leave(text) {
            return Err(NameError::Reserved);
        }
        text.parse().map(|name| Self(Some(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a table, as the code defines them.
    fn rows<const N: usize>(
        written: impl Fn(Profile) -> [(&'static str, String); N],
    ) -> Vec<String> {
        let columns = Profile::ALL.map(written);
        let row = |i: usize| {
            let cells: Vec<&str> = columns.iter().map(|column| column[i].1.as_str()).collect();
            format!("| `--{}` | {} |", columns[0][i].0, cells.join(" | "))
        };
        (0..N).map(row).collect()
    }

    #[test]
    fn the_tables_are_the_ones_in_the_specification() {
        let code = [rows(|p| p.server().written()), rows(|p| p.client().written())].concat();
        for text in [crate::SPECIFICATION.es, crate::SPECIFICATION.en] {
            let tables: Vec<&str> = text.lines().filter(|line| line.starts_with("| `--")).collect();
            assert_eq!(tables, code);
        }
    }

    #[test]
    fn every_value_that_is_written_can_be_read() {
        for profile in Profile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(profile));
            let options = profile.server();
            assert_eq!(Label::from_str(&written(&options.label), false), Ok(options.label));
            let when_full = WhenFull::from_str(&written(&options.when_full), false);
            assert_eq!(when_full, Ok(options.when_full));
            assert_eq!(options.max_clients.to_string().parse(), Ok(options.max_clients));
            assert_eq!(options.max_rate.to_string().parse(), Ok(options.max_rate));
            assert!(options.operator.parse::<Operator>().is_ok());
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        assert_eq!("Basico".parse::<Profile>(), Err(ParseProfileError));
        assert!(Label::from_str("puerto", false).is_err());
        assert!(WhenFull::from_str("queue", false).is_err());
        for text in ["0", "-1", "", "many", "4294967296"] {
            assert_eq!(text.parse::<MaxClients>(), Err(ParseMaxClientsError), "{text:?}");
        }
        assert_eq!("dos palabras".parse::<Operator>(), Err(NameError::Blank));
        assert_eq!("Salir".parse::<Operator>(), Err(NameError::Reserved));
    }
}
