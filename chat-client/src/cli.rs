//! Command line of the client, and its start.

use std::env;
use std::io::{self, IsTerminal};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anstream::AutoStream;
use chat_protocol::language::Language;
use chat_protocol::name::{Name, NameError};
use chat_protocol::options::profile::{Label, Profile};
use chat_protocol::options::server_address::ServerAddress;
use chat_protocol::options::time_limit::TimeLimit;
use chat_protocol::usage::help::Example;
use chat_protocol::usage::profiles::{self, Common};
use chat_protocol::usage::{self, Switch, help};
use chat_terminal::completion::Vocabulary;
use chat_terminal::{pipe, signals, terminal};
use clap::{ArgAction, ColorChoice, Command, CommandFactory, Parser};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::conversation::{SendFraming, Settings};
use crate::exit::{EXIT_STATUSES, Exit};
use crate::naming::Naming;
use crate::paint::Painter;
use crate::run;
use crate::wire::error::ConnectError;
use crate::wire::servers::Servers;
use crate::wire::{Destination, options};

/// A TCP chat client: it sends the lines that you type and shows the lines that arrive.
///
/// On a terminal it edits lines, keeps a history and completes words with Tab; otherwise it is a
/// filter from standard input to standard output. `salir`, Ctrl-C and the end of input leave.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// The address of the server; port 12345 when only a host is given, and this machine when only a port. Or a URL:
    /// `tls://HOST`, `ws://HOST/ws`, `wss://HOST/ws`. Or several of one chat, with commas, in the order to try them
    #[arg(
        value_name = "ADDR:PORT",
        action = ArgAction::Set,
        num_args = 1,
        value_delimiter = ',',
        default_values_t = [ServerAddress::default()]
    )]
    servers: Vec<ServerAddress>,

    #[command(flatten)]
    common: Common,

    /// Your name. Without one, the client asks you for it when the server needs it
    #[arg(short, long, value_name = "NAME", value_parser = own_name)]
    name: Option<Name>,

    /// Leave when nothing is sent or received for this long: 60s, 1m30s, 500ms, off
    #[arg(long, value_name = "TIME")]
    idle_timeout: TimeLimit,

    /// Leave a server that does not ask for a name
    #[arg(help_heading = "Names", long, value_name = "on|off", require_equals = true)]
    expect_keyword: Switch,

    /// Time for the server to ask for a name: 60s, 1m30s, 500ms, off
    #[arg(help_heading = "Names", long, value_name = "TIME",
        default_value_t = TimeLimit::of(KEYWORD_TIMEOUT))]
    keyword_timeout: TimeLimit,

    /// Put `NAME > ` before each line that is sent
    #[arg(help_heading = "Names", long, value_name = "on|off", require_equals = true)]
    sign: Switch,

    /// The end of each message on the wire
    #[arg(long, value_name = "FRAMING", value_enum, default_value_t = SendFraming::Line)]
    send_framing: SendFraming,

    /// Complete commands, such as `/quien`, and leave with `/salir`
    #[arg(help_heading = "The screen", long, value_name = "on|off", require_equals = true)]
    commands: Switch,

    /// Come back by oneself after the connection was cut, if the server can resume the conversation
    #[arg(long, value_name = "on|off", require_equals = true)]
    reconnect: Switch,

    /// Show the time before each line that arrives
    #[arg(help_heading = "The screen", short, long)]
    timestamps: bool,

    /// Show notices, refusals and private messages in different colours: always, never, or auto, on
    /// a terminal unless `NO_COLOR` is set
    #[arg(help_heading = "The screen", long, value_name = "WHEN", hide_possible_values = true,
        default_value_t = ColorChoice::Auto)]
    color: ColorChoice,

    /// Ring the terminal's bell for a private message, and when a message contains your name
    #[arg(help_heading = "The screen", long)]
    bell: bool,

    #[command(flatten)]
    wire: options::Options,
}

const EXAMPLES: [Example; 3] = [
    ("Take part, on this machine", "chat-client"),
    (
        "Join a room under your name, on another machine",
        "chat-client 192.168.1.10:9000 -p sala -n Ana",
    ),
    (
        "Come through TLS, or through a WebSocket, in English",
        "chat-client wss://chat.example/ws -l en",
    ),
];

/// Default time for the server to ask for a name. It asks right after its greeting, so the time
/// covers the network's delay. It is as long as the connection timeout.
const KEYWORD_TIMEOUT: Duration = Duration::from_secs(10);

/// Parses a name that a user may have.
fn own_name(text: &str) -> Result<Name, NameError> {
    let name: Name = text.parse()?;
    if name.is_reserved() { Err(NameError::Reserved) } else { Ok(name) }
}

impl Cli {
    /// Parses the process's arguments. If they ask for help or are wrong, the process exits.
    pub fn parse_or_exit() -> Self {
        let profile = profiles::chosen(command(Profile::default()), env::args_os());
        usage::parse_or_exit(command(profile).arg(usage::no_port("ADDR:PORT"))).0
    }

    /// The language of the texts for the user.
    pub fn language(&self) -> Language {
        self.common.lang
    }

    /// Connects, and talks until one side ends the conversation.
    pub fn start(self) -> Result<Exit, StartError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::System)?;
        let exit = runtime.block_on(self.talk());
        // A read of standard input cannot be cancelled, so do not wait for it.
        runtime.shutdown_background();
        exit
    }

    async fn talk(self) -> Result<Exit, StartError> {
        let interrupt = Arc::new(Notify::new());
        let signalled = signals::stop().map_err(StartError::System)?;
        let hung_up = signals::hangup().map_err(StartError::System)?;
        let mut stop = pin!(async {
            tokio::select! {
                () = signalled => {}
                () = hung_up => {}
                () = interrupt.notified() => {}
            }
        });
        let language = self.language();
        let mut servers = Servers::new(self.servers.iter().map(|address| Destination {
            address: address.clone(),
            options: self.wire.clone(),
            language,
            typed: io::stdin().is_terminal(),
        }));
        let connected = tokio::select! {
            connected = servers.open() => connected,
            () = &mut stop => return Ok(Exit::Left),
        };
        let mut settings = self.settings();
        let asking = self.name.is_none() && (self.expect_keyword.is_on() || self.sign.is_on());
        let (wire, round_trip) = connected.map_err(StartError::Connect)?;
        settings.naming.set_round_trip(round_trip);
        settings.reconnect = self.reconnect.is_on().then_some(servers);
        let vocabulary = Arc::new(Mutex::new(Vocabulary::new(self.commands.is_on(), language)));
        let question = asking.then(|| language.your_name().into());
        if io::stdin().is_terminal()
            && io::stdout().is_terminal()
            && let Some(terminal) =
                terminal::open(question, Arc::clone(&interrupt), Some(Arc::clone(&vocabulary)))
        {
            settings.naming.person(asking);
            settings.vocabulary = Some(vocabulary);
            settings.tells_port = self.common.profile.server().label == Label::Port;
            Ok(run(wire, terminal, settings, stop).await)
        } else {
            Ok(run(wire, pipe::open(), settings, stop).await)
        }
    }

    /// The settings for standard input and output in pipes.
    fn settings(&self) -> Settings {
        let mut naming = Naming::new(&self.common.name_keyword, self.name.clone());
        if self.expect_keyword.is_on() {
            naming.expect(self.keyword_timeout.duration().map(|limit| Instant::now() + limit));
        }
        let bell = self.bell && io::stdout().is_terminal();
        let mut painter = Painter::new(self.in_color(), self.timestamps, bell);
        self.name.iter().for_each(|name| painter.answer_to(name));
        let idle = self.idle_timeout.duration();
        Settings {
            language: self.language(),
            idle,
            sign: self.sign.is_on(),
            commands: self.commands.is_on(),
            reconnect: None,
            send_framing: self.send_framing,
            tells_port: false,
            naming,
            painter,
            vocabulary: None,
        }
    }

    fn in_color(&self) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let choice = AutoStream::choice(&io::stdout());
                io::stdout().is_terminal() && choice != anstream::ColorChoice::Never
            }
        }
    }
}

/// The command line, with the defaults of this profile.
fn command(profile: Profile) -> Command {
    let table = profiles::table(|profile| profile.client().written());
    let (statuses, examples) = (help::exit_statuses(&EXIT_STATUSES), help::examples(&EXAMPLES));
    let command = Cli::command().after_help([table, statuses, examples].join("\n"));
    help::arranged(profiles::with_defaults(command, profile.client().written()))
}

/// The reason why there was no conversation.
#[derive(Debug)]
pub enum StartError {
    /// There is no server at any address that can be spoken to through this door, or it is not believed: the reason
    /// for each, as it was given.
    Connect(Vec<(ServerAddress, ConnectError)>),
    /// The system refused an event queue or a signal handler.
    System(io::Error),
}

impl StartError {
    /// Lines for the user, with the reason: one for each server.
    pub fn explanation(&self, language: Language) -> Vec<String> {
        match self {
            Self::Connect(reasons) => reasons
                .iter()
                .map(|(address, reason)| reason.explanation(address, language))
                .collect(),
            Self::System(error) => vec![error.to_string()],
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn parse(args: &[&str]) -> Result<Cli, clap::Error> {
        let profile = profiles::chosen(command(Profile::default()), args.iter().map(Into::into));
        Cli::from_arg_matches(&command(profile).try_get_matches_from(args)?)
    }

    #[test]
    fn r4_1_the_command_line_is_consistent() {
        for profile in Profile::ALL {
            command(profile).debug_assert();
        }
    }

    #[test]
    fn r5_2_a_profile_sets_what_is_not_given() {
        for profile in Profile::ALL {
            let cli = parse(&["chat-client", "--profile", profile.name()]).unwrap();
            let options = profile.client();
            assert_eq!(cli.common.profile, profile);
            assert_eq!(cli.expect_keyword.is_on(), options.expect_keyword);
            assert_eq!(cli.sign.is_on(), options.sign);
            assert_eq!(cli.commands.is_on(), options.commands);
            assert_eq!(cli.reconnect.is_on(), options.reconnect);
            assert_eq!(cli.idle_timeout, options.idle_timeout);
        }
    }

    #[test]
    fn r5_2_what_is_given_wins() {
        let given = ["chat-client", "--sign", "localhost", "--commands=off", "--profile=grupal"];
        let cli = parse(&given).unwrap();
        assert!(cli.sign.is_on() && !cli.commands.is_on() && cli.expect_keyword.is_on());
        assert_eq!(cli.servers, ["localhost".parse().unwrap()]);
    }

    #[test]
    fn r5_2_help_shows_the_values_of_the_profile() {
        let help = command(Profile::Sala).render_help().to_string();
        let default = help.split("--expect-keyword").nth(1).unwrap();
        assert!(default.split("--").next().unwrap().contains("[default: on]"), "{help}");
        assert!(help.contains("basico    sala      practico  grupal"), "{help}");
    }

    #[test]
    fn every_example_can_be_used() {
        for (_, example) in EXAMPLES {
            parse(&example.split(' ').collect::<Vec<_>>()).unwrap();
        }
    }

    #[test]
    fn r5_5_a_name_that_nobody_can_have_is_bad_usage() {
        assert_eq!(parse(&["chat-client", "--name", "Ana"]).unwrap().name.unwrap().as_str(), "Ana");
        for name in ["dos palabras", "", "a>b", "salir", "Servidor"] {
            parse(&["chat-client", "--name", name]).unwrap_err();
        }
    }
}
