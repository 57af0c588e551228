//! The accounts.

use rusqlite::Connection;

use super::{Database, OpenError};
use crate::account::Account;

pub(super) const TABLE: &str = "
    create table account(name text primary key, hash text not null) strict;
    alter table session add column account text;
";

impl Database {
    /// All accounts, by their names.
    pub(crate) fn accounts(&mut self) -> Result<Vec<Account>, OpenError> {
        let mut read =
            self.connection()?.prepare("select name, hash from account order by name")?;
        let text = |row: &rusqlite::Row<'_>, index| row.get::<_, String>(index).map(Into::into);
        let rows =
            read.query_map([], |row| Ok(Account { name: text(row, 0)?, hash: text(row, 1)? }))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps an account with this hash, or removes it. The sessions of `ended` end.
    pub(crate) fn keep_account(
        &mut self,
        name: &str,
        hash: Option<&str>,
        ended: Option<&str>,
    ) -> Result<(), OpenError> {
        let connection = self.connection()?;
        if let Some(ended) = ended {
            connection.execute("delete from session where account = ?", [ended])?;
        }
        write(connection, name, hash)?;
        match hash {
            Some(hash) => _ = self.kept.accounts.insert(name.into(), hash.into()),
            None => _ = self.kept.accounts.remove(name),
        }
        Ok(())
    }
}

pub(super) fn write(
    connection: &Connection,
    name: &str,
    hash: Option<&str>,
) -> rusqlite::Result<()> {
    match hash {
        Some(hash) => connection.execute(
            "insert into account values(?1, ?2) on conflict do update set hash = ?2",
            [name, hash],
        ),
        None => connection.execute("delete from account where name = ?", [name]),
    }?;
    Ok(())
}
