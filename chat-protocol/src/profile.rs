//! Profiles: named sets of values for the options of server and client.
//!
//! This table is the only place that knows what a profile sets. Everything else asks for an
//! option's value.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use thiserror::Error;

use crate::limits::IDLE_TIMEOUT;
use crate::time_limit::TimeLimit;

/// One of the five course assignments' ways to chat. What each sets is [`Profile::options`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Everybody hears everybody else, by port number (systems S0 and S4).
    #[default]
    Basico,
    /// A room whose members have names and hear who comes and goes (S2).
    Sala,
    /// One client at a time talks with the server's operator (S3).
    Practico,
    /// Names, rooms and private messages (S1).
    Grupal,
}

/// What the server puts before a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// `usuario PORT: `, the sender's TCP source port.
    Port,
    /// `NAME > `.
    Name,
    /// Nothing: the peers do it themselves.
    None,
}

/// What happens to a client that finds the server full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is told so, and its connection is closed.
    Refuse,
    /// It waits, connected, until somebody leaves.
    Wait,
}

/// The values that a profile sets. Each can be given on its own and then wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the server puts before a message.
    pub label: Label,
    /// Whether the server sends the name keyword after its greeting.
    pub ask_name: bool,
    /// Whether a room hears who joins and leaves.
    pub presence: bool,
    /// Whether lines that begin with `/` are commands.
    pub commands: bool,
    /// The name under which the server's console takes part, if it does.
    pub operator: Option<&'static str>,
    /// How many clients are served at a time; `None` is as many as the system allows.
    pub max_clients: Option<NonZeroU32>,
    /// What happens to one more.
    pub when_full: WhenFull,
    /// How long a connection may be silent in both directions.
    pub idle_timeout: TimeLimit,
}

impl Profile {
    /// All profiles, in the order in which they are documented.
    pub const ALL: [Self; 4] = [Self::Basico, Self::Sala, Self::Practico, Self::Grupal];

    /// The name by which the command line knows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basico => "basico",
            Self::Sala => "sala",
            Self::Practico => "practico",
            Self::Grupal => "grupal",
        }
    }

    /// The table: what this profile sets.
    pub const fn options(self) -> Options {
        let basico = Options {
            label: Label::Port,
            ask_name: false,
            presence: false,
            commands: false,
            operator: None,
            max_clients: None,
            when_full: WhenFull::Refuse,
            idle_timeout: TimeLimit::of(IDLE_TIMEOUT),
        };
        let sala = Options { label: Label::Name, ask_name: true, presence: true, ..basico };
        match self {
            Self::Basico => basico,
            Self::Sala => sala,
            Self::Practico => Options {
                label: Label::None,
                operator: Some("Servidor"),
                max_clients: Some(NonZeroU32::MIN),
                when_full: WhenFull::Wait,
                ..basico
            },
            Self::Grupal => Options { commands: true, idle_timeout: TimeLimit::OFF, ..sala },
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of the table in the specification, as the code has it.
    fn row(option: &str, value: impl Fn(Options) -> String) -> String {
        let cells: Vec<String> = Profile::ALL.iter().map(|p| value(p.options())).collect();
        format!("| `{option}` | {} |", cells.join(" | "))
    }

    fn on(value: bool) -> String {
        if value { "on" } else { "off" }.to_owned()
    }

    #[test]
    fn the_table_is_the_one_in_the_specification() {
        let code = [
            row("--label", |o| format!("{:?}", o.label).to_lowercase()),
            row("--ask-name", |o| on(o.ask_name)),
            row("--presence", |o| on(o.presence)),
            row("--commands", |o| on(o.commands)),
            row("--operator", |o| o.operator.unwrap_or("off").to_owned()),
            row("--max-clients", |o| o.max_clients.map_or("off".to_owned(), |n| n.to_string())),
            row("--when-full", |o| format!("{:?}", o.when_full).to_lowercase()),
            row("--idle-timeout", |o| o.idle_timeout.to_string()),
        ];
        let specification = include_str!("../SPEC.md");
        let table: Vec<&str> =
            specification.lines().filter(|line| line.starts_with("| `--")).collect();
        assert_eq!(table, code);
    }

    #[test]
    fn a_profile_is_known_by_its_name() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
        }
        assert_eq!("Basico".parse::<Profile>(), Err(ParseProfileError));
    }
}
