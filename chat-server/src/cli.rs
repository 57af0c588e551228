//! The command line, and what it starts.

use std::env;
use std::ffi::OsString;
use std::future::pending;
use std::io::{self, Write};
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::options::endpoint::Endpoint;
use chat_protocol::options::profile::Profile;
use chat_protocol::usage::help::{Example, StatusLine};
use chat_protocol::usage::{self, generate, help, profiles};
use chat_terminal::person::Screen;
use chat_terminal::{descriptors, signals};
use clap::{ArgGroup, Command, CommandFactory, Parser};
use tokio::net::TcpListener;
use tracing_subscriber::reload;

use crate::cluster::options::{ClusterError, ClusterOptions};
use crate::config::Config;
use crate::console::Console;
use crate::net::listener::{self, Listeners};
use crate::people::house::motd::{self, Motd};
use crate::service::{self, Passed};
use crate::store::{self, StoreOptions};
use crate::streams::Streams;
#[cfg(feature = "tls")]
use crate::tls::make::MakeError;
use crate::tls::{self, Secured, TlsOptions};
use crate::watch::{Level, Watch, WatchOptions};
use crate::{Shared, run};

#[cfg(feature = "store")]
mod account;
mod addresses;
mod hangup;
mod layers;
#[cfg(feature = "store")]
mod store_file;
#[cfg(any(feature = "tls", feature = "store"))]
mod subcommands;
mod threads;

use addresses::{Bind, web_endpoint};
use hangup::{Configuration, hangup};
use layers::{Setting, Sources};
use threads::{MAX_THREADS, runtime};

/// A TCP chat server: every message goes to all clients but its sender.
///
/// Prints what happens on standard output, diagnostics on standard error. SIGINT, SIGTERM and, at a terminal, SIGHUP
/// stop it: it delivers what it has accepted, closes every connection and exits within `--drain`. With a certificate,
/// a message of the day or a file of options, and without a terminal, SIGHUP reads these anew instead.
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

    #[command(flatten)]
    sources: Sources,

    #[command(flatten)]
    watch: WatchOptions,

    /// Put the local time before each line on standard output
    #[arg(help_heading = "Running", long)]
    times: bool,

    /// Otherwise the operator may be asked for a name.
    #[arg(skip)]
    operator_given: bool,

    /// The values of all options, with their sources.
    #[arg(skip)]
    settings: Vec<Setting>,

    /// Threads that serve the clients
    #[arg(help_heading = "Running", long, value_name = "NUMBER", default_value_t = 1,
        value_parser = usage::number("threads", 1..=MAX_THREADS))]
    threads: u16,
}

/// However short the time for ending, the last lines get this much to be written.
const SHORTEST_FLUSH: Duration = Duration::from_millis(50);

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
    /// The process's options; or, where they ask for help or are wrong, the end of the process.
    pub fn parse_or_exit() -> Self {
        generate::if_asked(&command(Profile::default()));
        let arguments: Vec<OsString> = env::args_os().collect();
        layers::read(&arguments).unwrap_or_else(|refused| refused.exit())
    }

    /// What is wrong with these options together, beyond what the parser knows.
    fn contradiction(&self) -> Option<String> {
        if let Some(option) = self.cluster.excluded(&self.config, &self.store) {
            return Some(format!("--cluster cannot be used with {option}"));
        }
        let Config { ask_name, commands, .. } = &self.config;
        let are_kept = self.store.has_file() || self.cluster.are_on();
        let can_have_accounts = are_kept && ask_name.is_on() && commands.is_on();
        let needs = "--accounts needs a --store or --cluster, --ask-name and --commands";
        (self.store.has_accounts() && !can_have_accounts).then(|| needs.to_owned())
    }

    /// The language of everything that people read.
    pub fn language(&self) -> Language {
        #[cfg(any(feature = "tls", feature = "store"))]
        if let Some(other) = &self.command {
            return other.language();
        }
        self.config.common.lang
    }

    /// What is printed instead of serving, if that was asked for.
    fn answer(&self) -> Result<Option<String>, StartError> {
        #[cfg(any(feature = "tls", feature = "store"))]
        if let Some(other) = &self.command {
            return other.run().map(Some);
        }
        let Sources { check_config, print_config, .. } = self.sources;
        if !check_config && !print_config {
            return Ok(None);
        }
        for variable in layers::unknown_variables() {
            let _ = writeln!(io::stderr(), "warning: {variable} is ignored: it names no option");
        }
        if print_config {
            return Ok(Some(layers::shown(&self.settings)));
        }
        self.tls.secured().map_err(StartError::Certificate)?;
        Motd::read(self.config.motd.clone()).map_err(StartError::Motd)?;
        Ok(Some(self.language().options_are_right().to_string()))
    }

    /// Serves until a signal, or the operator, stops the process.
    pub fn start(self) -> Result<(), StartError> {
        if let Some(answer) = self.answer()? {
            // Who has closed standard output has it done all the same.
            if !answer.is_empty() {
                let _ = writeln!(io::stdout(), "{answer}");
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

    /// The level of diagnostics; and what can be read anew of the options, if they come from a file.
    fn configuration(&mut self) -> (Level, Option<Configuration>) {
        let (level, handle) = reload::Layer::new(self.watch.log.log);
        let settings = mem::take(&mut self.settings);
        let new = |path| Configuration { path, settings, level: handle, reading: Mutex::default() };
        (level, self.sources.config.take().map(new))
    }

    fn streams(&self) -> Streams {
        let (language, times) = (self.language(), self.times);
        match &self.config.operator.0 {
            Some(name) => {
                let asked = (!self.operator_given).then_some(name);
                Streams::with_desk(asked, language, times)
            }
            None => Streams::without_desk(language, times),
        }
    }

    /// Answers requests for metrics from now on, if there are to be any.
    async fn watched(
        &self,
        secured: Option<&Secured>,
        console: &Console,
    ) -> Result<Option<Arc<Watch>>, StartError> {
        let address = self.watch.metrics.as_ref();
        let listener = self.listen(address, &mut Passed::default()).await?;
        let start = |listener| Watch::start(listener, secured, console, self.language());
        listener.map(start).transpose().map_err(StartError::Runtime)
    }

    async fn serve(mut self) -> Result<(), StartError> {
        let signalled = signals::stop().map_err(StartError::Runtime)?;
        let secured = self.tls.secured().map_err(StartError::Certificate)?;
        let secured = secured.as_ref();
        let motd = Arc::new(Motd::read(self.config.motd.clone()).map_err(StartError::Motd)?);
        let (level, configuration) = self.configuration();
        let hangup = hangup(secured, Arc::clone(&motd), configuration);
        let hangup = hangup.map_err(StartError::Runtime)?;
        let expiry = async {
            match secured {
                Some(secured) => secured.watch().await,
                None => pending().await,
            }
        };
        let listeners = self.listeners(secured).await?;
        let streams = self.streams();
        self.watch.log.begin(level, streams.log.clone());
        let watch = self.watched(secured, &streams.console).await?;
        let store = self
            .store
            .open(&streams.console, self.language(), self.config.resume())
            .map_err(StartError::Store)?;
        let operator = self.config.operator.0.clone().zip(streams.desk);
        let mut stop = pin!(async {
            tokio::select! {
                () = signalled => {}
                () = hangup => {}
                never = expiry => match never {},
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
                let of_process = (motd, watch);
                run(listeners, self.config, console, operator, (store, shared), of_process, stop)
                    .await
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
    Account(account::AccountFailure),
    /// A store's file could not be looked at, copied or read out.
    #[cfg(feature = "store")]
    StoreFile(store_file::StoreFailure),
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
            #[cfg(feature = "store")]
            Self::StoreFile(error) => error.explanation(language),
            #[cfg(feature = "tls")]
            Self::Make(error) => error.explanation(language),
            Self::Cluster(error) => error.to_string(),
            Self::Runtime(error) => error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
