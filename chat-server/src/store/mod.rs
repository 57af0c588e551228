//! The store of what is said in rooms: its options, and what people are told about it (requirements 11.3 to 11.7).

mod accounts;
pub(crate) mod forget;
mod hash;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;
use chat_protocol::language::Language;
use chat_protocol::limits::{KEEP, KEEP_SIZE, MOST_ACCOUNTS, RESUME};
use chat_protocol::options::time_limit::TimeLimit;
use chat_store::database::OpenError;
use chat_store::line::{Line, Position};
use chat_store::moderation::{Deed, Sanction};
use chat_store::options::{Damage, Durability, Event, Options};
use chat_store::session::{Session, Token};
use clap::{Args, ValueEnum};

use crate::console::Console;
use accounts::AccountOptions;
pub(crate) use accounts::{AccountFile, StoredAccounts};
pub(crate) use hash::{hash, is_hash_of};

/// The options of the store.
#[derive(Args, Debug)]
pub(crate) struct StoreOptions {
    /// File in which what is said in rooms is kept (a database of `SQLite`), or off
    #[arg(help_heading = "Memory", long, value_name = "FILE|off", default_value_t)]
    store: Place,

    /// Delete what was said longer ago than this, or off
    #[arg(help_heading = "Memory", long, value_name = "TIME",
        default_value_t = TimeLimit::of(KEEP))]
    keep: TimeLimit,

    /// Delete what was said first when the file holds more than this
    #[arg(help_heading = "Memory", long, value_name = "SIZE", default_value = KEEP_SIZE,
        value_parser = size)]
    keep_size: ByteSize,

    /// What survives when the server ends without warning
    #[arg(help_heading = "Memory", long, value_name = "WHAT", value_enum, default_value_t)]
    durability: Survives,

    #[command(flatten)]
    accounts: AccountOptions,
}

/// The value of `--store`. `None`, written `off`, is none.
#[derive(Clone, Debug, Default)]
struct Place(Option<PathBuf>);

/// What survives an end without warning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Survives {
    /// All but the last moment: what is said is delivered at once, and written with what comes in 10 ms
    #[default]
    Gather,
    /// All that a client has received: what is said is delivered once it is on the disk
    Commit,
}

fn size(text: &str) -> Result<ByteSize, &'static str> {
    text.parse().map_err(|_| "expected a size, such as 512MiB or 10GiB")
}

/// A store that is open.
pub(crate) struct Store {
    inner: Arc<chat_store::store::Store>,
    accounts: Option<StoredAccounts>,
    sanctions: Vec<Sanction>,
    sessions: Vec<(Token, Session)>,
    keep: TimeLimit,
    comes_first: bool,
    /// A line for people.
    damage: Option<String>,
}

impl StoreOptions {
    /// Returns whether there are to be accounts.
    pub(crate) fn has_accounts(&self) -> bool {
        self.accounts.are_on()
    }

    /// Returns whether there is to be a store.
    pub(crate) fn has_file(&self) -> bool {
        self.store.0.is_some()
    }

    /// The time, and the number of bytes, for which what is said is kept.
    #[cfg(feature = "cluster")]
    pub(crate) fn kept(&self) -> (Option<Duration>, u64) {
        (self.keep.duration(), self.keep_size.0)
    }

    /// The accounts of several servers, if there are to be some, before one has any.
    pub(crate) fn shared_accounts(&self) -> Option<StoredAccounts> {
        self.accounts.are_on().then(|| self.accounts.stored(Vec::new(), None))
    }

    /// Opens the store, if there is to be one. What happens to it is told on the console.
    pub(crate) fn open(
        &self,
        console: &Console,
        language: Language,
        resume: Duration,
    ) -> Result<Option<Store>, Error> {
        let Place(Some(path)) = &self.store else { return Ok(None) };
        let durability = match self.durability {
            Survives::Gather => Durability::Gather,
            Survives::Commit => Durability::Commit,
        };
        let options = Options {
            path: path.clone(),
            keep: self.keep.duration(),
            keep_size: Some(self.keep_size.0),
            durability,
            resume,
            // Without its accounts, each name would be free.
            damage: if self.has_accounts() { Damage::ReplaceOnceOpen } else { Damage::Replace },
        };
        let (console, file) = (console.clone(), path.clone());
        let tell = move |event: Event| {
            let file = &file;
            match event {
                Event::Failed(reason) => {
                    tracing::error!(file = %file.display(), reason, "what is said is not stored");
                    console.announce(language.store_failed(&file.to_string_lossy(), &reason));
                }
                Event::Recovered { lost } => {
                    tracing::warn!(file = %file.display(), lost, "what is said is stored again");
                    console.announce(language.store_recovered(&file.to_string_lossy(), lost));
                }
                Event::PutAside(aside) => console.announce(put_aside(language, file, &aside)),
            }
        };
        let mut inner = chat_store::store::Store::open(&options, tell)
            .map_err(|reason| Error { path: path.clone(), reason })?;
        let damage = inner.put_aside().map(|aside| put_aside(language, path, aside));
        let (accounts, sessions) = (inner.take_accounts(), inner.take_sessions());
        let sanctions = inner.take_sanctions();
        if self.accounts.are_on() && accounts.len() > MOST_ACCOUNTS {
            let reason = language.store_has_too_many_accounts(MOST_ACCOUNTS).to_string();
            return Err(Error { path: path.clone(), reason: io::Error::other(reason).into() });
        }
        let inner = Arc::new(inner);
        let accounts = self.accounts.are_on().then(|| self.accounts.stored(accounts, Some(&inner)));
        let comes_first = self.durability == Survives::Commit;
        let keep = self.keep;
        Ok(Some(Store { inner, accounts, sanctions, sessions, keep, comes_first, damage }))
    }
}

impl Store {
    /// The epoch of the positions that are given out from now on.
    pub(crate) fn epoch(&self) -> u32 {
        self.inner.epoch()
    }

    /// The line for people about the damaged file that was put aside as it was opened, once.
    pub(crate) fn take_damage(&mut self) -> Option<String> {
        self.damage.take()
    }

    /// Takes the accounts, if there are to be any.
    pub(crate) fn take_accounts(&mut self) -> Option<StoredAccounts> {
        self.accounts.take()
    }

    /// The time after which a line is deleted.
    pub(crate) fn keep(&self) -> TimeLimit {
        self.keep
    }

    /// Bytes that wait to be written, and the lines that were lost.
    pub(crate) fn figures(&self) -> (u64, u64) {
        (self.inner.waiting(), self.inner.lost())
    }

    /// Returns whether a line is delivered only once it is stored.
    pub(crate) fn comes_first(&self) -> bool {
        self.comes_first
    }

    /// Gives a line to be stored, and waits for nothing.
    pub(crate) fn give(&self, line: Arc<Line>) {
        self.inner.give(line);
    }

    /// Takes the bans and mutes that were in force when it was opened.
    pub(crate) fn take_sanctions(&mut self) -> Vec<Sanction> {
        mem::take(&mut self.sanctions)
    }

    /// Keeps what a moderator did, the sanction that it imposed, and not any more those that it lifted.
    pub(crate) fn moderate(&self, deed: Deed, imposed: Option<Sanction>, lifted: Vec<u64>) {
        self.inner.moderate(deed, imposed, lifted);
    }

    /// The last lines of a room, in order. Cancel-safe.
    pub(crate) async fn last(&self, room: &str, limit: usize) -> Vec<Line> {
        self.inner.read(room, Position::START, limit).await
    }

    /// The first lines of a room behind a position, in order. Cancel-safe.
    pub(crate) async fn first(&self, room: &str, behind: Position, limit: usize) -> Vec<Line> {
        self.inner.read_on(room, behind, limit).await
    }

    /// The last position of a room's line that is stored, up to this one. Cancel-safe.
    pub(crate) async fn last_up_to(&self, room: &str, position: Position) -> Option<Position> {
        self.inner.last_up_to(room, position).await
    }

    /// Takes the sessions that there were when it was opened, and had not ended.
    pub(crate) fn take_sessions(&mut self) -> Vec<(Token, Session)> {
        mem::take(&mut self.sessions)
    }

    /// Keeps a session as it is now, or not any more, and waits for nothing.
    pub(crate) fn keep_session(&self, token: Token, session: Option<Session>) {
        self.inner.keep(token, session);
    }

    /// Waits until what was given before is stored, or lost. Cancel-safe.
    pub(crate) async fn written(&self) {
        self.inner.written().await;
    }
}

/// Opens the store of a server that is not running, for a subcommand. It makes none where there is none.
pub(crate) fn open_offline(path: &Path) -> Result<chat_store::store::Store, Error> {
    let fail = |reason| Error { path: path.to_owned(), reason };
    path.metadata().map_err(|error| fail(error.into()))?;
    let options = Options {
        path: path.to_owned(),
        keep: None,
        keep_size: None,
        // The sessions of the server stay.
        resume: RESUME,
        durability: Durability::Commit,
        damage: Damage::Fail,
    };
    chat_store::store::Store::open(&options, |event| tracing::error!(?event)).map_err(fail)
}

/// The line for people about a damaged file, which goes into the log as well.
fn put_aside(language: Language, file: &Path, aside: &Path) -> String {
    tracing::error!(file = %file.display(), aside = %aside.display(), "the store was damaged");
    language.store_put_aside(&file.to_string_lossy(), &aside.to_string_lossy()).to_string()
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self((text != "off").then(|| text.into())))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_deref().unwrap_or(Path::new("off")).display().fmt(f)
    }
}

/// There is no store.
#[derive(Debug)]
pub struct Error {
    pub(crate) path: PathBuf,
    pub(crate) reason: OpenError,
}

impl Error {
    /// One line for people, with the reason.
    pub(crate) fn explanation(&self, language: Language) -> String {
        let reason = reason(&self.reason, language);
        language.cannot_store(&self.path.to_string_lossy(), &reason).to_string()
    }
}

/// Why a store's file cannot be used.
pub(crate) fn reason(reason: &OpenError, language: Language) -> String {
    match reason {
        OpenError::Io(error) => language.file_reason(error),
        OpenError::Locked => language.store_is_locked().to_owned(),
        OpenError::Foreign => language.store_is_foreign().to_owned(),
        OpenError::Damaged => language.store_is_damaged().to_owned(),
        OpenError::Faulty(fault) => format!("{} ({fault})", language.store_is_damaged()),
        OpenError::Newer(_) => language.store_is_newer().to_owned(),
        OpenError::Database(error) => error.to_string(),
        OpenError::Thread(error) => error.to_string(),
    }
}
