//! Bans, mutes, and the record of what moderators did.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Row, params};

use super::{Database, OpenError};
use crate::moderation::{Deed, Sanction};

pub(super) const TABLES: &str = "
    create table ban(
        id integer primary key, kind text not null, room text, name text, account text, network text,
        until integer, by text not null, reason text not null) strict;
    create table deed(
        id integer primary key, at integer not null, by text not null, deed text not null,
        room text not null, whom text not null, why text not null) strict;
";

/// Those of a room end with it, and are not kept any more.
pub(super) const EVERYWHERE: &str = "
    delete from ban where room is not null;
    alter table ban drop column room;
";

/// The last deeds that are kept, however young they are: some ten megabytes.
const DEEDS: i64 = 100_000;

impl Database {
    /// The bans and mutes everywhere that have not ended.
    pub(crate) fn sanctions(&mut self) -> Result<Vec<Sanction>, OpenError> {
        let connection = self.connection()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        connection.execute("delete from ban where until <= ?", [now])?;
        let mut read = connection.prepare(
            "select id, kind, name, account, network, until, by, reason from ban order by id",
        )?;
        let rows = read.query_map([], |row| {
            Ok(Sanction {
                id: row.get::<_, i64>(0)?.cast_unsigned(),
                is_ban: row.get::<_, String>(1)? == "ban",
                name: optional(row, 2)?,
                account: optional(row, 3)?,
                network: optional(row, 4)?,
                until: row.get(5)?,
                by: row.get::<_, String>(6)?.into(),
                reason: row.get::<_, String>(7)?.into(),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes what a moderator did: the deed, the sanction that it imposed, and those that it lifted. All or nothing.
    pub(crate) fn moderate(
        &mut self,
        deed: &Deed,
        imposed: Option<&Sanction>,
        lifted: &[u64],
    ) -> Result<(), OpenError> {
        // The server holds to it, whether it can be written or not.
        self.kept.sanctions.retain(|id, _| !lifted.contains(id));
        self.kept.sanctions.extend(imposed.map(|sanction| (sanction.id, sanction.clone())));
        let transaction = self.connection()?.transaction()?;
        for id in lifted {
            transaction.execute("delete from ban where id = ?", [id.cast_signed()])?;
        }
        if let Some(sanction) = imposed {
            write(&transaction, sanction)?;
        }
        let Deed { at, by, deed, room, whom, why } = deed;
        transaction.execute(
            "insert into deed values(null, ?, ?, ?, ?, ?, ?)",
            params![at, &**by, deed, &**room, &**whom, &**why],
        )?;
        Ok(transaction.commit()?)
    }
}

pub(super) fn write(connection: &Connection, sanction: &Sanction) -> rusqlite::Result<()> {
    let Sanction { id, is_ban, name, account, network, until, by, reason } = sanction;
    let kind = if *is_ban { "ban" } else { "mute" };
    connection.execute(
        "insert or replace into ban values(?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            id.cast_signed(),
            kind,
            name.as_deref(),
            account.as_deref(),
            network.as_deref(),
            until,
            &**by,
            &**reason
        ],
    )?;
    Ok(())
}

/// Deletes what moderators did before this time, and what is too much of it.
pub(super) fn delete_deeds(connection: &Connection, before: i64) -> rusqlite::Result<()> {
    let last = "select max(id) from deed";
    connection.execute(
        &format!("delete from deed where at < ?1 or id <= ({last}) - ?2"),
        [before, DEEDS],
    )?;
    Ok(())
}

fn optional(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Box<str>>> {
    Ok(row.get::<_, Option<String>>(index)?.map(Into::into))
}
