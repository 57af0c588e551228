//! `chat-server account`: lists, makes and removes the accounts in a store.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

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

use super::{Error, hash, open_offline};

pub(crate) const EXAMPLES: [Example; 2] = [
    (
        "An account for Ana, whose word is asked for",
        "chat-server account passwd Ana --store chat.db",
    ),
    ("All accounts", "chat-server account list --store chat.db"),
];

/// The subcommands of `chat-server account`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Prints the names, a line each
    List(Place),

    /// Gives an account another word, which is read from the terminal, or else from standard input; makes it if there is none.
    /// Its sessions end
    Passwd(Named),

    /// Removes an account: anybody can have the name
    Remove(Named),
}

/// An account, and the file in which it is.
#[derive(Args, Debug)]
pub(crate) struct Named {
    /// The name
    name: String,

    #[command(flatten)]
    place: Place,
}

/// The file of the accounts.
#[derive(Args, Debug)]
pub(crate) struct Place {
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
    /// The name or the word cannot be one.
    Refused(Refusal),
    /// There is no account of this name.
    Unknown(String),
}

impl AccountCommand {
    /// The language of everything that people read.
    pub(crate) fn language(&self) -> Language {
        match self {
            Self::List(place) => place.lang,
            Self::Passwd(named) | Self::Remove(named) => named.place.lang,
        }
    }

    /// Does it. Returns lines for people.
    pub(crate) fn run(&self) -> Result<String, AccountFailure> {
        match self {
            Self::List(place) => {
                let names = place.open()?.take_accounts();
                Ok(names.iter().map(|account| &*account.name).collect::<Vec<_>>().join("\n"))
            }
            Self::Passwd(named) => named.change(),
            Self::Remove(named) => named.remove(),
        }
    }
}

impl Named {
    fn change(&self) -> Result<String, AccountFailure> {
        let language = self.place.lang;
        let name: Name = self.name.parse().map_err(refused)?;
        if name.is_reserved() {
            return Err(refused(NameError::Reserved));
        }
        let mut store = self.place.open()?;
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
        let word = secret::read(&language.new_word(&name).to_string());
        let word = word.map_err(|error| self.place.fail(error))?;
        let word: Word = word.parse().map_err(not_possible)?;
        let hash = hash(&word).map_err(not_possible)?;
        let known = known.map_or(name.as_str(), |account| &account.name);
        let ended = Some(key(known).into());
        self.place.wait_for(store.keep_account(known, Some((*hash).into()), ended))?;
        Ok(language.account_changed(known).to_string())
    }

    fn remove(&self) -> Result<String, AccountFailure> {
        let mut store = self.place.open()?;
        let accounts = store.take_accounts();
        let unknown = || AccountFailure::Unknown(self.name.clone());
        let known = self.find(&accounts).ok_or_else(unknown)?;
        let ended = Some(key(&known.name).into());
        self.place.wait_for(store.keep_account(&known.name, None, ended))?;
        Ok(self.place.lang.account_removed(&known.name).to_string())
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

impl Place {
    fn open(&self) -> Result<Store, AccountFailure> {
        open_offline(&self.store).map_err(AccountFailure::Store)
    }

    fn wait_for(&self, kept: impl Future<Output = Result<(), Lost>>) -> Result<(), AccountFailure> {
        let runtime = Builder::new_current_thread().build().map_err(|error| self.fail(error))?;
        runtime.block_on(kept).map_err(|lost| self.fail(io::Error::other(lost)))
    }

    fn fail(&self, error: io::Error) -> AccountFailure {
        AccountFailure::Store(Error { path: Path::to_owned(&self.store), reason: error.into() })
    }
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
            Self::Refused(refusal) => {
                let line = language.refusal(refusal).to_string();
                line.trim_start_matches("! ").to_owned()
            }
            Self::Unknown(name) => language.no_such_account(name).to_string(),
        }
    }
}
