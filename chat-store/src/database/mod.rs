//! The database's file: its tables, its lock, and what is done with a damaged one.

pub(crate) mod accounts;
mod blocks;
mod kept;
pub(crate) mod moderation;
pub(crate) mod retention;
pub(crate) mod sessions;
pub mod upkeep;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions as FileOptions, TryLockError};
use std::io;
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use thiserror::Error;

use crate::line::Line;
use crate::options::{Damage, Durability, Options};
use kept::Kept;
use sessions::Changes;

/// Tells our files from other people's: "CHAT".
const APPLICATION: i64 = 0x4348_4154;

/// The time for which a lock of another program, such as a backup, is waited for.
const BUSY: Duration = Duration::from_secs(2);

/// The log in front of the file is cut to this when it has been written into the file, in bytes.
const LOG: u32 = 16 * 1024 * 1024;

/// The version of the tables.
const VERSION: u32 = 7;

/// The steps that lead from one version of the tables to the next. The first makes them.
const STEPS: [&str; VERSION as usize] = [
    "
    create table epoch(last integer not null) strict;
    insert into epoch values(0);
    create table room(id integer primary key, name text not null unique) strict;
    create table said(
        id integer primary key, room integer not null references room, epoch integer not null,
        number integer not null, at integer not null, author text not null, text text not null,
        unique(room, epoch, number)) strict;
",
    sessions::TABLE,
    accounts::TABLE,
    moderation::TABLES,
    blocks::TABLE,
    moderation::EVERYWHERE,
    blocks::INDEX,
];

/// A store could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its folder.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Another process has it.
    #[error("another process has it open")]
    Locked,
    /// Not a database of a chat.
    #[error("it is not a chat's")]
    Foreign,
    /// It is damaged, and must not be put aside.
    #[error("it is damaged")]
    Damaged,
    /// Damaged, as the database's own checks tell.
    #[error("it is damaged: {0}")]
    Faulty(String),
    /// Of a later version than this program knows.
    #[error("it is of a later version ({0}) than this program knows ({VERSION})")]
    Newer(u32),
    /// The database said so.
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    /// The system gave no thread.
    #[error("no thread: {0}")]
    Thread(io::Error),
}

/// An open database, which no other process has.
pub(crate) struct Database {
    /// None from when a damaged file is put aside until a new one is open.
    connection: Option<Connection>,
    options: Options,
    epoch: u32,
    kept: Kept,
    /// Keeps other processes out as long as it is open.
    _lock: File,
}

/// The lines that are read, if there are too many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    First,
    Last,
}

impl Database {
    /// Opens the file, or makes it, and begins an epoch. Returns also under which name a damaged one was put aside.
    pub(crate) fn open(options: &Options) -> Result<(Self, Option<PathBuf>), OpenError> {
        if let Some(folder) = options.path.parent() {
            fs::create_dir_all(folder)?;
        }
        make_file(&options.path)?;
        // Another name of the same file has the same lock.
        let options = Options { path: options.path.canonicalize()?, ..options.clone() };
        let path = &options.path;
        let lock = private().open(beside(path, ".lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::Locked,
            TryLockError::Error(error) => error.into(),
        })?;
        let (connection, epoch, aside) = match connect(&options, 0) {
            Ok((connection, epoch)) => (connection, epoch, None),
            Err(error) if error.is_damage() => {
                options.may_replace()?;
                let aside = put_aside(path)?;
                let (connection, epoch) = connect(&options, 0)?;
                (connection, epoch, Some(aside))
            }
            Err(error) => return Err(error),
        };
        let kept = Kept::default();
        Ok((Self { connection: Some(connection), options, epoch, kept, _lock: lock }, aside))
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Puts a damaged file aside and begins another, now or with the next use. Returns the name under which it was put aside.
    pub(crate) fn put_aside(&mut self) -> io::Result<PathBuf> {
        let aside = put_aside(&self.options.path)?;
        self.connection = None;
        // If it fails, the next use tells why.
        let _ = self.connection();
        Ok(aside)
    }

    /// The connection; to a new file, if there is none.
    pub(crate) fn connection(&mut self) -> Result<&mut Connection, OpenError> {
        let connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            // Lines of this epoch go on where they were.
            let mut connection = connect(&self.options, self.epoch)?.0;
            self.kept.write(&mut connection)?;
            connection
        };
        Ok(self.connection.insert(connection))
    }

    /// Writes lines and sessions in one transaction: all or none. A line whose position is taken stays as it was.
    pub(crate) fn write(
        &mut self,
        lines: &[Arc<Line>],
        sessions: &Changes,
    ) -> Result<(), OpenError> {
        let connection = self.connection()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        blocks::write(&transaction, lines)?;
        sessions::write(&transaction, sessions)?;
        sessions::accept(&transaction, lines)?;
        Ok(transaction.commit()?)
    }

    /// Deletes the lines of some authors, and makes the file anew without them. Returns how many there were.
    pub(crate) fn forget(&mut self, is_meant: &dyn Fn(&str) -> bool) -> Result<usize, OpenError> {
        let connection = self.connection()?;
        let transaction = connection.transaction()?;
        let deleted = blocks::forget(&transaction, is_meant)?;
        sessions::forget(&transaction, is_meant)?;
        transaction.commit()?;
        connection.execute_batch("vacuum")?;
        // The log in front of the file has them still.
        connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
        Ok(deleted)
    }
}

impl Options {
    /// Fails unless a damaged file is to be put aside as it is opened.
    pub(crate) fn may_replace(&self) -> Result<(), OpenError> {
        if self.damage == Damage::Replace { Ok(()) } else { Err(OpenError::Damaged) }
    }
}

impl OpenError {
    /// Returns whether the file has content that no program has written so.
    pub(crate) fn is_damage(&self) -> bool {
        let Self::Database(error) = self else { return false };
        error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
    }
}

/// What the database's error means, where nobody may put the file aside.
fn reason(error: rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Faulty(error.to_string()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked,
        _ => error.into(),
    }
}

/// Opens the file and begins an epoch, or goes on with one that is not 0.
fn connect(options: &Options, epoch: u32) -> Result<(Connection, u32), OpenError> {
    make_file(&options.path)?;
    // The path is no URI.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&options.path, flags)?;
    connection.busy_timeout(BUSY)?;
    let version = version(&connection)?;
    let epoch = begin(&mut connection, options.durability, version, epoch)?;
    Ok((connection, epoch))
}

/// The version of the tables in a chat's file, 0 of an empty one.
fn version(connection: &Connection) -> Result<u32, OpenError> {
    let number = |name| {
        let number = connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        number.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::Foreign,
            _ => OpenError::Database(error),
        })
    };
    let (application, pages) = (number("application_id")?, number("page_count")?);
    let version = u32::try_from(number("user_version")?).map_err(|_| OpenError::Foreign)?;
    match (application, version) {
        (APPLICATION, ..=VERSION) => Ok(version),
        (APPLICATION, newer) => Err(OpenError::Newer(newer)),
        (0, 0) if pages == 0 => Ok(0),
        _ => Err(OpenError::Foreign),
    }
}

/// Makes the tables from those of this version on.
fn make_tables(connection: &Connection, version: u32) -> rusqlite::Result<()> {
    STEPS[version as usize..].iter().try_for_each(|step| connection.execute_batch(step))
}

/// Makes the file, if there is none, for its owner alone. What `SQLite` puts beside it has the same mode.
fn make_file(path: &Path) -> io::Result<()> {
    private().open(path).map(drop)
}

/// Opens a file to write, and leaves its content. A new one is its owner's alone.
fn private() -> FileOptions {
    let mut file = File::options();
    file.write(true).create(true).truncate(false);
    #[cfg(unix)]
    file.mode(0o600);
    file
}

/// Makes the tables, if there are none, and begins the epoch.
fn begin(
    connection: &mut Connection,
    durability: Durability,
    version: u32,
    epoch: u32,
) -> rusqlite::Result<u32> {
    // Before the first table; without it, deleted lines would leave the file as large as it was.
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG, |_| Ok(()))?;
    let synchronous = match durability {
        Durability::Gather => "normal",
        Durability::Commit => "full",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version < VERSION {
        make_tables(&transaction, version)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    let last: u32 = transaction.query_row("select last from epoch", [], |row| row.get(0))?;
    // By the clock, so that a file that was deleted, or brought back from a backup, gives no position out again.
    let epoch = if epoch == 0 { (last + 1).max(seconds()) } else { epoch };
    transaction.execute("update epoch set last = ?", [epoch])?;
    transaction.commit()?;
    Ok(epoch)
}

/// Seconds since 1970.
fn seconds() -> u32 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(now.as_secs()).unwrap_or(u32::MAX)
}

/// Renames the file, and the log in front of it, to a name that no other has. Returns it.
fn put_aside(path: &Path) -> io::Result<PathBuf> {
    let stamp = seconds();
    let aside = (0..100)
        .map(|n| beside(path, &format!(".damaged-{stamp}-{n}")))
        .find(|aside| !aside.exists())
        .ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(path, &aside)?;
    for log in ["-wal", "-shm"] {
        match fs::rename(beside(path, log), beside(&aside, log)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(aside)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
