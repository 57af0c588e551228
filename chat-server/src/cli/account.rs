//! `chat-server account`: lists, makes and removes the accounts in a store, or those of several servers.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chat_protocol::account::{AccountError, Word};
use chat_protocol::language::Language;
use chat_protocol::limits::MOST_ACCOUNTS;
use chat_protocol::name::{Name, NameError, fold, key};
use chat_protocol::refusal::Refusal;
use chat_protocol::usage::help::Example;
use chat_store::account::Account;
use chat_store::options::Lost;
use chat_store::store::Store;
use chat_terminal::secret;
use clap::{Args, Subcommand};
use tokio::runtime::Builder;

use crate::cluster::options::{Brokers, ClusterError};
use crate::store::{Error, hash, open_offline};

pub(crate) const EXAMPLES: [Example; 3] = [
    (
        "An account for Ana, whose word is asked for",
        "chat-server account passwd Ana --store chat.db",
    ),
    (
        "The same on all servers of a cluster",
        "chat-server account passwd Ana --cluster nats://a,nats://b",
    ),
    ("All accounts", "chat-server account list --store chat.db"),
];

/// The subcommands of `chat-server account`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Prints the names in a store, a line each
    List(File),

    /// Gives an account another word, which is read from the terminal, or else from standard input; makes it if there is none.
    /// Its sessions end
    Passwd(Named),

    /// Removes an account: anybody can have the name
    Remove(Named),
}

/// An account, and where it is.
#[derive(Args, Debug)]
pub(crate) struct Named {
    /// The name
    name: String,

    /// The store's file. The server must not be running
    #[cfg_attr(
        feature = "cluster",
        arg(required_unless_present = "cluster", conflicts_with = "cluster")
    )]
    #[cfg_attr(not(feature = "cluster"), arg(required = true))]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,

    #[command(flatten)]
    brokers: Brokers,

    /// The language of the texts for people
    #[arg(short, long, value_name = "LANGUAGE", value_enum, default_value_t)]
    lang: Language,
}

/// The file of the accounts.
#[derive(Args, Debug)]
pub(crate) struct File {
    /// The store's file. The server must not be running
    #[arg(long, value_name = "FILE")]
    store: PathBuf,

    /// The language of the texts for people
    #[arg(short, long, value_name = "LANGUAGE", value_enum, default_value_t)]
    lang: Language,
}

/// An account could not be changed.
#[derive(Debug)]
pub enum AccountFailure {
    /// The store cannot be used.
    Store(Error),
    /// The log of several servers cannot be used.
    Cluster(ClusterError),
    /// The name or the word cannot be one.
    Refused(Refusal),
    /// The word cannot be read, or nothing be waited for.
    System(io::Error),
    /// There is no account of this name.
    Unknown(String),
}

impl AccountCommand {
    /// The language of everything that people read.
    pub(crate) fn language(&self) -> Language {
        match self {
            Self::List(file) => file.lang,
            Self::Passwd(named) | Self::Remove(named) => named.lang,
        }
    }

    /// Does it. Returns lines for people.
    pub(crate) fn run(&self) -> Result<String, AccountFailure> {
        match self {
            Self::List(File { store, .. }) => {
                let names = open(store)?.take_accounts();
                Ok(names.iter().map(|account| &*account.name).collect::<Vec<_>>().join("\n"))
            }
            Self::Passwd(named) => named.change(),
            Self::Remove(named) => named.remove(),
        }
    }
}

impl Named {
    fn change(&self) -> Result<String, AccountFailure> {
        let language = self.lang;
        let name: Name = self.name.parse().map_err(refused)?;
        if name.is_reserved() {
            return Err(refused(NameError::Reserved));
        }
        let Some(path) = &self.store else {
            self.share(Some(&self.new_hash(&name)?))?;
            return Ok(language.account_changed(name.as_str()).to_string());
        };
        let mut store = open(path)?;
        let accounts = store.take_accounts();
        let known = self.find(&accounts);
        let looks = name.looks();
        let is_alike = |account: &&Account| {
            let other = account.name.parse::<Name>().map(|other| other.looks());
            other.is_ok_and(|other| other.iter().any(|look| looks.contains(look)))
        };
        if known.is_none() && accounts.len() >= MOST_ACCOUNTS {
            return Err(not_possible(AccountError::TooMany));
        }
        if known.is_none() && accounts.iter().any(|account| is_alike(&account)) {
            return Err(refused(NameError::Taken));
        }
        let hash = self.new_hash(&name)?;
        let known = known.map_or(name.as_str(), |account| &account.name);
        let ended = Some(key(known).into());
        wait_for(path, store.keep_account(known, Some((*hash).into()), ended))?;
        Ok(language.account_changed(known).to_string())
    }

    fn remove(&self) -> Result<String, AccountFailure> {
        let Some(path) = &self.store else {
            self.share(None)?;
            return Ok(self.lang.account_removed(&self.name).to_string());
        };
        let mut store = open(path)?;
        let accounts = store.take_accounts();
        let unknown = || AccountFailure::Unknown(self.name.clone());
        let known = self.find(&accounts).ok_or_else(unknown)?;
        let ended = Some(key(&known.name).into());
        wait_for(path, store.keep_account(&known.name, None, ended))?;
        Ok(self.lang.account_removed(&known.name).to_string())
    }

    /// The hash of a word that is asked for.
    fn new_hash(&self, name: &Name) -> Result<Arc<str>, AccountFailure> {
        let word = secret::read(&self.lang.new_word(name).to_string());
        let word = word.map_err(AccountFailure::System)?;
        let word: Word = word.parse().map_err(not_possible)?;
        hash(&word).map_err(not_possible)
    }

    /// Gives the account a word, or removes it, on several servers.
    fn share(&self, hash: Option<&str>) -> Result<(), AccountFailure> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(AccountFailure::System)?;
        let set = runtime.block_on(self.brokers.set_account(&self.name, hash));
        set.map_err(AccountFailure::Cluster)
    }

    /// The account that is meant by the name.
    fn find<'a>(&self, accounts: &'a [Account]) -> Option<&'a Account> {
        let is_meant = |account: &&Account| {
            let name = account.name.parse::<Name>();
            name.is_ok_and(|name| name.is_meant_by(&self.name))
        };
        let same = |account: &&Account| fold(&account.name) == fold(&self.name);
        accounts.iter().find(same).or_else(|| accounts.iter().find(is_meant))
    }
}

fn open(store: &Path) -> Result<Store, AccountFailure> {
    open_offline(store).map_err(AccountFailure::Store)
}

fn wait_for(
    store: &Path,
    kept: impl Future<Output = Result<(), Lost>>,
) -> Result<(), AccountFailure> {
    let runtime = Builder::new_current_thread().build().map_err(AccountFailure::System)?;
    let fail = |lost| Error { path: store.to_owned(), reason: io::Error::other(lost).into() };
    runtime.block_on(kept).map_err(|lost| AccountFailure::Store(fail(lost)))
}

fn refused(error: NameError) -> AccountFailure {
    AccountFailure::Refused(Refusal::Name(error))
}

fn not_possible(error: AccountError) -> AccountFailure {
    AccountFailure::Refused(Refusal::Account(error))
}

impl AccountFailure {
    /// One line for people, with the reason.
    pub(crate) fn explanation(&self, language: Language) -> String {
        match self {
            Self::Store(error) => error.explanation(language),
            Self::Cluster(error) => error.to_string(),
            Self::System(error) => error.to_string(),
            Self::Refused(refusal) => {
                let line = language.refusal(refusal).to_string();
                line.trim_start_matches("! ").to_owned()
            }
            Self::Unknown(name) => language.no_such_account(name).to_string(),
        }
    }
}
