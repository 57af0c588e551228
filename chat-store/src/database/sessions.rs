//! The sessions of clients that may come back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};

use super::{Database, OpenError};
use crate::line::Line;
use crate::session::{Session, Token};

pub(super) const TABLE: &str = "
    alter table said add column numbered text;
    create table session(
        token text primary key, id text not null unique, name text not null, room text not null,
        joined text not null, accepted integer not null, until integer) strict;
";

/// What has become of sessions, the last of each. `None`: it has ended.
pub(crate) type Changes = HashMap<Token, Option<Session>>;

impl Database {
    /// The sessions that have not ended. Those whose client was there when the last server ended last for `resume` from
    /// now on.
    pub(crate) fn sessions(
        &mut self,
        resume: Duration,
    ) -> Result<Vec<(Token, Session)>, OpenError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let milliseconds = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let connection = self.connection()?;
        connection.execute(
            "update session set until = ? where until is null",
            [milliseconds(now + resume)],
        )?;
        connection.execute("delete from session where until < ?", [milliseconds(now)])?;
        let mut read = connection.prepare(
            "select token, id, name, room, joined, accepted, until, account from session",
        )?;
        let text = |row: &rusqlite::Row<'_>, index| row.get::<_, String>(index);
        let rows = read.query_map([], |row| {
            let accepted: i64 = row.get(5)?;
            let token = text(row, 0)?.parse::<Token>().ok();
            let (id, joined) = (text(row, 1)?.parse().ok(), text(row, 4)?.parse().ok());
            let (name, room) = (text(row, 2)?.into(), text(row, 3)?.into());
            let until = row.get(6)?;
            let account = row.get::<_, Option<String>>(7)?.map(Into::into);
            Ok(token.zip(id.zip(joined)).map(|(token, (id, joined))| {
                let accepted = accepted.cast_unsigned();
                (token, Session { id, name, account, room, joined, accepted, until })
            }))
        })?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }
}

/// Writes what has become of sessions. A line that was accepted stays so.
pub(super) fn write(connection: &Connection, changes: &Changes) -> rusqlite::Result<()> {
    for (token, session) in changes {
        let token = token.to_string();
        let Some(Session { id, name, account, room, joined, accepted, until }) = session else {
            connection.execute("delete from session where token = ?", [token])?;
            continue;
        };
        connection.execute(
            "insert into session values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             on conflict(token) do update set name = ?3, room = ?4, joined = ?5,
                 accepted = max(accepted, ?6), until = ?7, account = ?8",
            params![
                token,
                id.to_string(),
                &**name,
                &**room,
                joined.to_string(),
                accepted.cast_signed(),
                until,
                account.as_deref()
            ],
        )?;
    }
    Ok(())
}

/// Notes in their sessions that these lines were accepted.
pub(super) fn accept(connection: &Connection, lines: &[Arc<Line>]) -> rusqlite::Result<()> {
    let mut accepted = HashMap::new();
    for numbered in lines.iter().filter_map(|line| line.numbered) {
        let last = accepted.entry(numbered.session).or_insert(0);
        *last = numbered.number.max(*last);
    }
    for (session, number) in accepted {
        connection.execute(
            "update session set accepted = max(accepted, ?2) where id = ?1",
            params![session.to_string(), number.cast_signed()],
        )?;
    }
    Ok(())
}

/// Deletes the sessions of some people.
pub(super) fn forget(
    connection: &Connection,
    is_meant: &dyn Fn(&str) -> bool,
) -> rusqlite::Result<()> {
    let mut names = connection.prepare("select distinct name from session")?;
    let names =
        names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    for name in names.iter().filter(|name| is_meant(name)) {
        connection.execute("delete from session where name = ?", [name])?;
    }
    Ok(())
}
