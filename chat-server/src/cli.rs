//! The command line, and what it starts.

use std::env;
use std::fmt;
use std::future::pending;
use std::io;
#[cfg(any(feature = "tls", feature = "store"))]
use std::io::Write;
use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::limits::DEFAULT_WEB_PORT;
use chat_protocol::options::endpoint::{Endpoint, ParseEndpointError};
use chat_protocol::options::profile::Profile;
use chat_protocol::usage::help::{Example, StatusLine};
use chat_protocol::usage::{self, help, profiles};
use chat_terminal::person::Screen;
use chat_terminal::{descriptors, signals};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{ArgGroup, Command, CommandFactory, Parser};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::filter::LevelFilter;

use crate::cluster::options::{ClusterError, ClusterOptions};
use crate::config::Config;
use crate::console::Console;
use crate::net::listener::{self, Listeners};
use crate::people::house::motd::{self, Motd};
use crate::service::{self, Passed, Reloading};
use crate::store::{self, StoreOptions};
use crate::streams::Streams;
#[cfg(feature = "tls")]
use crate::tls::make::MakeError;
use crate::tls::{self, Secured, TlsOptions};
use crate::{Shared, run};

#[cfg(feature = "store")]
mod account;
#[cfg(any(feature = "tls", feature = "store"))]
mod subcommands;

#[cfg(feature = "store")]
use account::AccountFailure;

/// A TCP chat server: every message goes to all clients but its sender.
///
/// Prints what happens on standard output, diagnostics on standard error. SIGINT, SIGTERM and SIGHUP
/// stop it: it delivers what it has accepted, closes every connection and exits within `--drain`. With a certificate
/// or a message of the day, SIGHUP reads these anew instead.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[cfg(any(feature = "tls", feature = "store"))]
    #[command(subcommand)]
    command: Option<subcommands::Other>,

    /// Address and port to listen on, or off; port 0 takes a free one
    #[arg(
        short,
        long,
        value_name = "ADDR:PORT|off",
        default_value_t,
        requires_if("off", "others")
    )]
    bind: Bind,

    /// Address and port to listen on for the web: its WebSocket is `ws://ADDR:PORT/ws`
    #[arg(long, value_name = "ADDR:PORT", value_parser = web_endpoint)]
    web: Option<Endpoint>,

    #[command(flatten)]
    config: Config,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    tls: TlsOptions,

    #[command(flatten)]
    cluster: ClusterOptions,

    /// Put the local time before each line on standard output
    #[arg(help_heading = "Running", long)]
    times: bool,

    /// Otherwise the operator may be asked for a name.
    #[arg(skip)]
    operator_given: bool,

    /// Threads that serve the clients
    #[arg(help_heading = "Running", long, value_name = "NUMBER", default_value_t = 1,
        value_parser = usage::number("threads", 1..=MAX_THREADS))]
    threads: u16,

    /// Diagnostics on standard error
    #[arg(help_heading = "Running", long, value_name = "LEVEL", default_value = "warn", ignore_case = true,
        value_parser = log_level())]
    log: LevelFilter,
}

/// The value of `--bind`. `None`, written `off`, is no listener for lines.
#[derive(Clone, Debug)]
struct Bind(Option<Endpoint>);

/// However short the time for ending, the last lines get this much to be written.
const SHORTEST_FLUSH: Duration = Duration::from_millis(50);

/// More processors than a machine of today has.
const MAX_THREADS: u16 = 1024;

const EXIT_STATUSES: [StatusLine; 3] = [
    (0, "stopped by a signal, or by its operator"),
    (usage::FAILURE, "cannot listen on the address, or use the certificate"),
    (usage::BAD_USAGE, "bad usage"),
];

const EXAMPLES: [Example; 3] = [
    ("A room with names, open to the local network", "chat-server -p sala -b 0.0.0.0:9000"),
    ("Talk with one client at a time, under your name", "chat-server -p practico --operator Profe"),
    ("A free port, which it prints, and in English", "chat-server -b 127.0.0.1:0 -l en"),
];

fn web_endpoint(text: &str) -> Result<Endpoint, ParseEndpointError> {
    Endpoint::of_listener(text, DEFAULT_WEB_PORT)
}

fn log_level() -> impl TypedValueParser<Value = LevelFilter> {
    PossibleValuesParser::new(["off", "error", "warn", "info", "debug", "trace"])
        .try_map(|level| level.to_lowercase().parse())
}

/// The command line, in which the chosen profile sets the defaults.
fn command(profile: Profile) -> Command {
    let table = profiles::table(|profile| profile.server().written());
    let (statuses, examples) = (help::exit_statuses(&EXIT_STATUSES), help::examples(&EXAMPLES));
    let command = Cli::command().after_help([table, statuses, examples].join("\n"));
    let group = |name, arguments: &[&'static str]| {
        ArgGroup::new(name).args(arguments.to_vec()).multiple(true)
    };
    let command = command
        .group(group("others", &[&["web"], TlsOptions::LISTENERS].concat()))
        .group(group("encrypted", TlsOptions::USES))
        .mut_arg("name_keyword", |keyword| keyword.default_value_if("name_style", "nick", "NICK"));
    help::arranged(profiles::with_defaults(command, profile.server().written()))
}

impl Cli {
    /// The process's arguments; or, where they ask for help or are wrong, the end of the process.
    pub fn parse_or_exit() -> Self {
        let command = command(profiles::chosen(command(Profile::default()), env::args_os()));
        let (mut cli, matches) = usage::parse_or_exit::<Self>(command);
        let source = matches.value_source("operator");
        cli.operator_given = source == Some(ValueSource::CommandLine);
        if let Some(option) = cli.cluster.excluded(&cli.config, &cli.store) {
            usage::exit_of_bad_usage(format_args!("error: --cluster cannot be used with {option}"));
        }
        let Config { ask_name, commands, .. } = &cli.config;
        let are_kept = cli.store.has_file() || cli.cluster.are_on();
        let can_have_accounts = are_kept && ask_name.is_on() && commands.is_on();
        if cli.store.has_accounts() && !can_have_accounts {
            usage::exit_of_bad_usage(
                "error: --accounts needs a --store or --cluster, --ask-name and --commands",
            );
        }
        cli
    }

    /// The language of everything that people read.
    pub fn language(&self) -> Language {
        #[cfg(any(feature = "tls", feature = "store"))]
        if let Some(other) = &self.command {
            return other.language();
        }
        self.config.common.lang
    }

    /// Serves until a signal, or the operator, stops the process.
    pub fn start(self) -> Result<(), StartError> {
        #[cfg(any(feature = "tls", feature = "store"))]
        if let Some(other) = &self.command {
            let done = other.run()?;
            // Who has closed standard output has it done all the same.
            if !done.is_empty() {
                let _ = writeln!(io::stdout(), "{done}");
            }
            return Ok(());
        }
        let runtime = runtime(self.threads.into()).map_err(StartError::Runtime)?;
        if self.cluster.is_init() {
            return runtime.block_on(self.cluster.init(&self.store)).map_err(StartError::Cluster);
        }
        // Each connection takes one.
        descriptors::raise();
        let served = runtime.block_on(self.serve());
        // A read of standard input cannot be cancelled, and is not to be waited for.
        runtime.shutdown_background();
        served
    }

    async fn listen(
        &self,
        address: Option<&Endpoint>,
        passed: &mut Passed,
    ) -> Result<Option<TcpListener>, StartError> {
        let Some(address) = address else { return Ok(None) };
        match listener::bind(address, self.config.slow_timeout, passed).await {
            Ok(listener) => Ok(Some(listener)),
            Err(reason) => Err(StartError::Listen { address: address.clone(), reason }),
        }
    }

    /// Listens at each door.
    async fn listeners(&self, secured: Option<&Secured>) -> Result<Listeners, StartError> {
        let mut passed = Passed::from_environment().map_err(StartError::Passed)?;
        let tls = self.listen(self.tls.bind(), &mut passed).await?;
        let plain = self.listen(self.bind.0.as_ref(), &mut passed).await?;
        let web = self.listen(self.web.as_ref(), &mut passed).await?;
        passed.are_taken().map_err(StartError::Passed)?;
        Ok(Listeners {
            plain,
            tls: tls.zip(secured.map(Secured::lines)),
            web: web.map(|web| (web, secured.and_then(Secured::web))),
        })
    }

    async fn serve(self) -> Result<(), StartError> {
        let signalled = signals::stop().map_err(StartError::Runtime)?;
        let secured = self.tls.secured().map_err(StartError::Certificate)?;
        let secured = secured.as_ref();
        let motd = Arc::new(Motd::read(self.config.motd.clone()).map_err(StartError::Motd)?);
        let hangup = hangup(secured, Arc::clone(&motd)).map_err(StartError::Runtime)?;
        let watch = async {
            match secured {
                Some(secured) => secured.watch().await,
                None => pending().await,
            }
        };
        let listeners = self.listeners(secured).await?;
        tokio::spawn(service::watchdog());
        let streams = match &self.config.operator.0 {
            Some(name) => {
                let asked = (!self.operator_given).then_some(name);
                Streams::with_desk(asked, self.language(), self.times)
            }
            None => Streams::without_desk(self.language(), self.times),
        };
        self.diagnose(streams.log.clone());
        let store = self
            .store
            .open(&streams.console, self.language(), self.config.resume())
            .map_err(StartError::Store)?;
        let operator = self.config.operator.0.clone().zip(streams.desk);
        let mut stop = pin!(async {
            tokio::select! {
                () = signalled => {}
                () = hangup => {}
                never = watch => match never {},
                () = streams.interrupt.notified() => {}
            }
        });
        // The rest is for the connections.
        let output_drain = SHORTEST_FLUSH.max(self.config.drain() / 10);
        let console = streams.console.clone();
        let log = tokio::select! {
            biased;
            log = self.cluster.connect(&console, self.language()) => {
                Some(log.map_err(StartError::Cluster)?)
            }
            () = &mut stop => None,
        };
        let served = match log {
            Some(log) => {
                let accounts = || self.store.shared_accounts();
                let shared = log.map(|log| Shared { log, accounts: accounts() });
                run(listeners, self.config, console, operator, (store, shared), motd, stop).await
            }
            None => Ok(()),
        };
        streams.console.finish(output_drain);
        streams.log.finish(output_drain);
        if let Some(screen) = streams.screen {
            screen.close().await;
        }
        served.map_err(StartError::Runtime)
    }

    /// Writes diagnostics to standard error.
    fn diagnose(&self, log: Console) {
        tracing_subscriber::fmt()
            .with_max_level(self.log)
            .with_target(false)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .init();
    }
}

/// Completes on SIGHUP. With a certificate or a message of the day, it means to read these anew (requirements 10.9 and 13.9).
fn hangup(secured: Option<&Secured>, motd: Arc<Motd>) -> io::Result<impl Future<Output = ()>> {
    let reload = (secured.is_some() || motd.is_on()).then_some(move || {
        let reloading = Reloading::begin();
        if let Some(secured) = secured {
            secured.reload(&reloading);
        }
        motd.reload(&reloading);
    });
    signals::hangup_or(reload)
}

impl Default for Bind {
    fn default() -> Self {
        Self(Some(Endpoint::default()))
    }
}

impl FromStr for Bind {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" { Ok(Self(None)) } else { text.parse().map(Some).map(Self) }
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(endpoint) => endpoint.fmt(f),
            None => f.write_str("off"),
        }
    }
}

/// One thread needs no locks to be fast; several share the connections and the rooms.
fn runtime(threads: usize) -> io::Result<Runtime> {
    match threads {
        1 => Builder::new_current_thread(),
        several => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(several);
            builder
        }
    }
    .enable_all()
    .build()
}

/// An error at the start of the server.
#[derive(Debug)]
pub enum StartError {
    /// The address cannot be listened on: taken, reserved, or not of this machine.
    Listen {
        /// The address as it was given.
        address: Endpoint,
        /// The system's error.
        reason: io::Error,
    },
    /// The service manager has passed what the server cannot use.
    Passed(service::Error),
    /// There is no certificate to serve with.
    Certificate(tls::Error),
    /// What is said cannot be stored.
    Store(store::Error),
    /// There is no message of the day.
    Motd(motd::Error),
    /// An account could not be changed.
    #[cfg(feature = "store")]
    Account(AccountFailure),
    /// No certificate could be made.
    #[cfg(feature = "tls")]
    Make(MakeError),
    /// The servers that share the chat cannot be reached for good, or do not have it.
    Cluster(ClusterError),
    /// The system gave no event queue or no signal handler.
    Runtime(io::Error),
}

impl StartError {
    /// One line for people, with the reason.
    pub fn explanation(&self, language: Language) -> String {
        match self {
            Self::Listen { address, reason } => language.cannot_listen(address, reason),
            Self::Passed(error) => error.explanation(language),
            Self::Certificate(error) => error.explanation(language),
            Self::Store(error) => error.explanation(language),
            Self::Motd(error) => error.explanation(language),
            #[cfg(feature = "store")]
            Self::Account(error) => error.explanation(language),
            #[cfg(feature = "tls")]
            Self::Make(error) => error.explanation(language),
            Self::Cluster(error) => error.to_string(),
            Self::Runtime(error) => error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
