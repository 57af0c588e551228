//! The command line of a cluster.

use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use chat_cluster::entry::{Entry, Incarnation, Notice, Subject};
use chat_cluster::log::{Arrival, Log};
use chat_cluster::nats::{ChatName, JetStream, NatsError, Options, Replicas};
use chat_cluster::pass::{MAX_PASS, Pass};
use chat_protocol::language::Language;
use clap::Args;
use thiserror::Error;
use tokio::time::timeout;

use super::serving::random;
use crate::config::Config;
use crate::console::Console;
use crate::people::acts::Act;
use crate::store::StoreOptions;

/// The options of a cluster.
#[derive(Args, Debug)]
pub(crate) struct ClusterOptions {
    #[command(flatten)]
    brokers: Brokers,

    /// Make the stream of the chat at the NATS servers, and end
    #[arg(help_heading = "Cluster", long, requires = "cluster")]
    cluster_init: bool,

    /// Number of NATS servers that keep the stream
    #[arg(help_heading = "Cluster", long, value_name = "1|3", default_value = "1",
        requires = "cluster_init", value_parser = ["1", "3"])]
    replicas: String,
}

/// The way to the log.
#[derive(Args, Debug)]
pub(crate) struct Brokers {
    /// Share one chat with other servers, by the NATS servers at these addresses
    #[arg(help_heading = "Cluster", long, value_name = "URL,URL", value_delimiter = ',')]
    cluster: Vec<String>,

    /// Name of the chat that is shared
    #[arg(help_heading = "Cluster", long, value_name = "NAME", default_value = "chat")]
    cluster_name: ChatName,

    /// User at the NATS servers
    #[arg(help_heading = "Cluster", long, value_name = "NAME", requires_all = ["cluster", "cluster_password_file"])]
    cluster_user: Option<String>,

    /// File with the user's password
    #[arg(help_heading = "Cluster", long, value_name = "FILE", requires = "cluster_user")]
    cluster_password_file: Option<PathBuf>,

    /// File with credentials for the NATS servers, instead of user and password
    #[arg(
        help_heading = "Cluster",
        long,
        value_name = "FILE",
        conflicts_with = "cluster_user",
        requires = "cluster"
    )]
    cluster_creds: Option<PathBuf>,

    /// File with the authorities whose certificates the NATS servers may have
    #[arg(help_heading = "Cluster", long, value_name = "FILE", requires = "cluster")]
    cluster_ca: Option<PathBuf>,
}

/// The log cannot be used.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// The NATS servers cannot be used, or not for this.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// The file with the password cannot be read.
    #[error("cannot read {}: {reason}", .file.display())]
    Password {
        /// Its path.
        file: PathBuf,
        /// The system's error.
        reason: io::Error,
    },
}

/// The longest line that a client may send, in bytes: it fits into a pass, with all that is beside it.
const LONGEST_LINE: usize = MAX_PASS / 2;

/// The time between two attempts to reach the NATS servers.
const AGAIN: Duration = Duration::from_secs(1);

/// A record must have been acknowledged within this time.
const ANSWER: Duration = Duration::from_millis(500);

/// Attempts, before a record is given up.
const ATTEMPTS: u32 = 10;

/// Attempts between two lines that say so.
const TOLD_EVERY: u32 = 5;

impl ClusterOptions {
    /// Returns whether several servers are to be one chat.
    pub(crate) fn are_on(&self) -> bool {
        self.brokers.are_given()
    }

    /// The option that excludes a cluster, if one is given.
    pub(crate) fn excluded(&self, config: &Config, store: &StoreOptions) -> Option<&'static str> {
        let excluded = [
            (config.operator.0.is_some(), "--operator: the console takes no part in the chat"),
            (store.has_file(), "--store: the log keeps what is said"),
            (config.max_line > LONGEST_LINE, "a --max-line of more than 32768"),
        ];
        let mut given = excluded.into_iter().filter(|(is_given, _)| self.are_on() && *is_given);
        given.next().map(|(_, option)| option)
    }

    /// Returns whether the stream is to be made, and nothing served.
    pub(crate) fn is_init(&self) -> bool {
        self.cluster_init
    }

    /// Makes the stream, which keeps what is said for as long as `--keep` says.
    pub(crate) async fn init(&self, store: &StoreOptions) -> Result<(), ClusterError> {
        let replicas = if self.replicas == "3" { Replicas::Three } else { Replicas::One };
        let (keep, size) = store.kept();
        Ok(chat_cluster::nats::init(&self.brokers.connection()?, replicas, keep, Some(size))
            .await?)
    }

    /// The log, if several servers are to be one chat. Waits for the NATS servers, and says so.
    pub(crate) async fn connect(
        &self,
        console: &Console,
        language: Language,
    ) -> Result<Option<JetStream>, ClusterError> {
        if !self.are_on() {
            return Ok(None);
        }
        let options = self.brokers.connection()?;
        let mut attempt: u32 = 0;
        loop {
            let error = match attempt_to_connect(&options).await {
                Ok(log) => return Ok(Some(log)),
                Err(error) if may_pass(&error) => error,
                Err(error) => return Err(error.into()),
            };
            if attempt.is_multiple_of(TOLD_EVERY) {
                console.announce(language.waits_for_servers(&error));
            }
            attempt = attempt.wrapping_add(1);
            tokio::time::sleep(AGAIN).await;
        }
    }
}

impl Brokers {
    /// Returns whether there is a log.
    pub(crate) fn are_given(&self) -> bool {
        !self.cluster.is_empty()
    }

    /// Gives the account of this name the word of this hash, or removes it, on all servers. Those that begin later do so as
    /// well.
    pub(crate) async fn set_account(
        &self,
        name: &str,
        hash: Option<&str>,
    ) -> Result<(), ClusterError> {
        let mut log = attempt_to_connect(&self.connection()?).await?;
        // That of a node that is silent from here on.
        let node = Incarnation(random());
        let act = Act::SetAccount(name.into(), hash.map(Into::into)).encode();
        let entries = vec![Entry::Node(Notice::Hello { attempt: 0 }), Entry::Person(0, act)];
        let pass = Pass { node, n: 1, entries }.encode().unwrap_or_default();
        for _ in 0..ATTEMPTS {
            log.publish(Subject::Public, &pass);
            if timeout(ANSWER, log.arrived()).await.is_ok()
                && log.next() == Some(Arrival::Acknowledged)
            {
                return Ok(());
            }
        }
        Err(NatsError::NoAnswer.into())
    }

    fn connection(&self) -> Result<Options, ClusterError> {
        let password = |file: &PathBuf| match fs::read_to_string(file) {
            Ok(text) => Ok(text.trim_end().to_owned()),
            Err(reason) => Err(ClusterError::Password { file: file.clone(), reason }),
        };
        let password = self.cluster_password_file.as_ref().map(password).transpose()?;
        Ok(Options {
            servers: self.cluster.clone(),
            name: self.cluster_name.clone(),
            user: self.cluster_user.clone().zip(password),
            credentials: self.cluster_creds.clone(),
            authorities: self.cluster_ca.clone(),
            requires_tls: self.cluster_ca.is_some(),
        })
    }
}

/// Connects, and looks for the stream.
async fn attempt_to_connect(options: &Options) -> Result<JetStream, NatsError> {
    let log = chat_cluster::nats::connect(options).await?;
    log.archive().last().await?;
    Ok(log)
}

/// Returns whether it may work later, without anybody's help.
fn may_pass(error: &NatsError) -> bool {
    matches!(
        error,
        NatsError::Unreachable(_)
            | NatsError::Disconnected
            | NatsError::NoAnswer
            | NatsError::NoStream(_)
    )
}
