//! What is done with a file beside its server: it is looked at, copied, and read out. Nothing in it is changed.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior,
};
use thiserror::Error;

use super::{BUSY, OpenError, VERSION, blocks, make_tables, private, reason, version};
use crate::line::Line;

/// What a whole file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The version of its tables.
    pub version: u32,
    /// What was said.
    pub messages: u64,
    /// The rooms in which that was.
    pub rooms: u32,
    /// All of them.
    pub accounts: u32,
    /// Those that may have ended among them.
    pub sessions: u32,
    /// Bans and mutes, also those that may have ended.
    pub sanctions: u32,
}

/// A copy could not be made.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The file cannot be used, or is not whole.
    #[error("{0}")]
    From(#[from] OpenError),
    /// The copy cannot be made.
    #[error("{0}")]
    To(#[from] io::Error),
}

impl Contents {
    /// Returns whether an earlier version wrote it. The next server brings it to its own.
    pub fn is_earlier(&self) -> bool {
        self.version < VERSION
    }
}

/// Looks whether the file is whole.
pub fn check(path: &Path) -> Result<Contents, OpenError> {
    let (mut connection, version) = open(path)?;
    find_fault(&connection)?;
    count(&as_of_today(&mut connection, version)?, version)
}

/// Makes a copy as of this moment for its owner alone, and looks at it. If it is not whole, there is none.
pub fn back_up(path: &Path, to: &Path) -> Result<Contents, CopyError> {
    let (connection, _) = open(path)?;
    private().create_new(true).open(to)?;
    // The whole path is no URI.
    let to = to.canonicalize()?;
    let name = ToSqlOutput::Borrowed(ValueRef::Text(to.as_os_str().as_encoded_bytes()));
    let copied = connection.execute("vacuum into ?", [name]).map_err(|error| {
        match error.sqlite_error_code() {
            // It is that of the copy.
            Some(ErrorCode::DiskFull) => io::Error::from(io::ErrorKind::StorageFull).into(),
            _ => CopyError::From(reason(error)),
        }
    });
    let copied = copied.and_then(|_| Ok(check(&to)?));
    if copied.is_err() {
        fs::remove_file(&to)?;
    }
    copied
}

/// Hands over what was said since a time, in milliseconds since 1970: in the room of this look, or in all, one after another.
pub fn export<E: From<OpenError>>(
    path: &Path,
    room: Option<&str>,
    since: i64,
    each: impl FnMut(Line) -> Result<(), E>,
) -> Result<(), E> {
    let (mut connection, version) = open(path)?;
    let transaction = as_of_today(&mut connection, version)?;
    blocks::each(&transaction, room, since, each)
}

/// Opens a file that is there, and returns the version of its tables.
fn open(path: &Path) -> Result<(Connection, u32), OpenError> {
    // The database's own error does not say why. The whole path is no URI.
    File::open(path)?;
    let path = path.canonicalize()?;
    // What it writes for itself beside the file is gone at the end. Without this flag, it would stay.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(reason)?;
    connection.busy_timeout(BUSY).map_err(reason)?;
    match version(&connection).map_err(|error| match error {
        OpenError::Database(error) => reason(error),
        other => other,
    })? {
        0 => Err(OpenError::Foreign),
        version => Ok((connection, version)),
    }
}

/// The file as it is at this moment, with the tables of this version: they are made for as long as the transaction lasts,
/// which is never committed.
fn as_of_today(connection: &mut Connection, version: u32) -> Result<Transaction<'_>, OpenError> {
    if version == VERSION {
        return connection.transaction().map_err(reason);
    }
    let alone = TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(alone).map_err(reason)?;
    make_tables(&transaction, version).map_err(reason)?;
    Ok(transaction)
}

/// Fails if there is a fault in the file.
fn find_fault(connection: &Connection) -> Result<(), OpenError> {
    let text = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let found = connection.query_row("pragma integrity_check(1)", [], text).map_err(reason)?;
    if found != "ok" {
        return Err(OpenError::Faulty(found.replace('\n', " ")));
    }
    let orphan = "select \"table\" from pragma_foreign_key_check limit 1";
    match connection.query_row(orphan, [], text).optional().map_err(reason)? {
        Some(table) => Err(OpenError::Faulty(format!("a row of {table} refers to none"))),
        None => Ok(()),
    }
}

fn count(transaction: &Transaction<'_>, version: u32) -> Result<Contents, OpenError> {
    let rows = |what| {
        let count = format!("select count(*) from {what}");
        transaction.query_row(&count, [], |row| row.get::<_, u32>(0)).map_err(reason)
    };
    let mut messages = 0;
    blocks::each(transaction, None, i64::MIN, |_| {
        messages += 1;
        Ok::<_, OpenError>(())
    })?;
    Ok(Contents {
        version,
        messages,
        rooms: rows("(select distinct room from block)")?,
        accounts: rows("account")?,
        sessions: rows("session")?,
        sanctions: rows("ban")?,
    })
}
