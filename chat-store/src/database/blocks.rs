//! Lines in blocks: those of one room that are written in one transaction share a row.
//!
//! A row for each line would cost the database some 5 µs a line. In the row, a line of the chat is a line of text:
//! `NUMBER`, `AT`, `AUTHOR`, `NUMBERED` and `TEXT`, with tabs between them. No name has a tab, and no line of a chat has
//! an end of line in it.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Database, End, OpenError, reason};
use crate::line::{Line, Position};

/// The bytes of lines from which on a block is full.
const FULL: usize = 16 * 1024;

/// Blocks that are deleted in one transaction: some milliseconds, for which nothing else is written.
const AT_ONCE: i64 = 64;

/// The table, with the lines of earlier versions.
///
/// Each of these is a block of its own, as it was a row. A block is deleted by the time of its last line, and the lines of a
/// quiet room are days apart. Larger blocks would have to end where the clock jumped back, too.
pub(super) const TABLE: &str = "
    create table block(
        id integer primary key, room integer not null references room, epoch integer not null,
        last integer not null, at integer not null, lines text not null,
        unique(room, epoch, last)) strict;
    insert into block
        select null, room, epoch, number, at, number || char(9) || at || char(9) || author || char(9)
            || coalesce(numbered, '') || char(9) || text || char(10)
        from said order by id;
    drop table said;
";

/// Finds the old blocks, which are not always the first: the clock may have been ahead.
///
/// To look through the table would take 20 ms for 1 GB of full blocks, and ten times that for as many small ones as make
/// 300 MB. The index costs up to 1 µs for each block that is written.
pub(super) const INDEX: &str = "create index block_at on block(at)";

/// The lines of a room that make a row.
#[derive(Default)]
struct Block {
    last: u64,
    at: i64,
    lines: String,
}

impl Block {
    fn push(&mut self, line: &Line) {
        let Line { position: Position { number, .. }, at, author, text, numbered, .. } = line;
        (self.last, self.at) = (*number, *at);
        // Writing to a string does not fail.
        let _ = write!(self.lines, "{number}\t{at}\t{author}\t");
        if let Some(numbered) = numbered {
            let _ = write!(self.lines, "{numbered}");
        }
        let _ = writeln!(self.lines, "\t{text}");
    }
}

/// The lines of a row, in order.
fn lines<'a>(room: &'a Arc<str>, epoch: u32, text: &'a str) -> impl Iterator<Item = Line> + 'a {
    text.split_terminator('\n').filter_map(move |line| {
        let mut fields = line.splitn(5, '\t');
        let mut field = || fields.next();
        let (number, at) = (field()?.parse().ok()?, field()?.parse().ok()?);
        let (author, numbered) = (field()?.into(), field()?.parse().ok());
        let (room, position) = (Arc::clone(room), Position { epoch, number });
        Some(Line { room, position, at, author, text: field()?.into(), numbered })
    })
}

/// Writes lines. What is at their positions stays as it was.
pub(super) fn write(transaction: &Transaction<'_>, lines: &[Arc<Line>]) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(
        "insert or ignore into block select null, id, ?2, ?3, ?4, ?5 from room where name = ?1",
    )?;
    let mut insert = |(room, epoch): (&str, u32), Block { last, at, lines }: &Block| {
        let block = params![room, epoch, last.cast_signed(), at, lines];
        if insert.execute(block)? == 0 {
            // The room is new, or something is there.
            transaction.execute("insert or ignore into room(name) values(?)", [room])?;
            insert.execute(block)?;
        }
        Ok(())
    };
    let mut blocks = HashMap::<_, Block>::new();
    for of_place in lines.chunk_by(|one, other| place(one) == place(other)) {
        let place = place(&of_place[0]);
        let block = blocks.entry(place).or_default();
        for line in of_place {
            block.push(line);
            if block.lines.len() >= FULL {
                insert(place, block)?;
                block.lines.clear();
            }
        }
    }
    blocks.retain(|_, block| !block.lines.is_empty());
    blocks.iter().try_for_each(|(place, block)| insert(*place, block))
}

/// The room and the epoch of a line: those of all lines in its block.
fn place(line: &Line) -> (&str, u32) {
    (&line.room, line.position.epoch)
}

impl Database {
    /// Lines of a room behind a position, in order: so many of them at most, from this end.
    pub(crate) fn read(
        &mut self,
        room: &str,
        behind: Position,
        limit: usize,
        end: End,
    ) -> Result<Vec<Line>, OpenError> {
        let direction = if end == End::First { "asc" } else { "desc" };
        let mut read = self.connection()?.prepare(&format!(
            "select epoch, lines from block
             where room = (select id from room where name = ?1) and (epoch, last) > (?2, ?3)
             order by epoch {direction}, last {direction}",
        ))?;
        let mut rows = read.query(params![room, behind.epoch, behind.number.cast_signed()])?;
        let room = room.into();
        let mut read = Vec::new();
        while read.len() < limit
            && let Some(row) = rows.next()?
        {
            let behind = |line: &Line| line.position > behind;
            let text: String = row.get(1)?;
            let lines = lines(&room, row.get(0)?, &text).filter(behind);
            if end == End::First {
                read.extend(lines);
            } else {
                let begin = read.len();
                read.extend(lines);
                read[begin..].reverse();
            }
        }
        read.truncate(limit);
        if end == End::Last {
            read.reverse();
        }
        Ok(read)
    }

    /// The last position of a room's line that is stored, up to this one. `None` if there is none.
    pub(crate) fn last_up_to(
        &mut self,
        room: &str,
        position: Position,
    ) -> Result<Option<Position>, OpenError> {
        // The block of the position, if it is stored, and the one before it.
        let mut read = self.connection()?.prepare(
            "with here(id) as (select id from room where name = ?1), near(epoch, last, lines) as (
                 select * from (select epoch, last, lines from block, here
                     where room = here.id and (epoch, last) >= (?2, ?3)
                     order by epoch, last limit 1)
                 union all
                 select * from (select epoch, last, lines from block, here
                     where room = here.id and (epoch, last) < (?2, ?3)
                     order by epoch desc, last desc limit 1))
             select epoch, lines from near",
        )?;
        let mut rows = read.query(params![room, position.epoch, position.number.cast_signed()])?;
        let (room, mut found) = (room.into(), None);
        while let Some(row) = rows.next()? {
            let text: String = row.get(1)?;
            let positions = lines(&room, row.get(0)?, &text).map(|line| line.position);
            found = found.max(positions.filter(|of_line| *of_line <= position).max());
        }
        Ok(found)
    }
}

/// Hands over the lines from this time on, of one room or of all, one room after another.
pub(super) fn each<E: From<OpenError>>(
    connection: &Connection,
    room: Option<&str>,
    since: i64,
    mut take: impl FnMut(Line) -> Result<(), E>,
) -> Result<(), E> {
    let mut read = connection
        .prepare(
            "select name, epoch, lines from room join block on room = room.id
             where ?1 is null or name = ?1 order by room, epoch, last",
        )
        .map_err(reason)?;
    let mut rows = read.query([room]).map_err(reason)?;
    while let Some(row) = rows.next().map_err(reason)? {
        let block = || Ok((row.get::<_, Arc<str>>(0)?, row.get(1)?, row.get::<_, String>(2)?));
        let (room, epoch, text) = block().map_err(reason)?;
        lines(&room, epoch, &text).filter(|line| line.at >= since).try_for_each(&mut take)?;
    }
    Ok(())
}

/// Deletes the lines of the authors that are meant. Returns how many there were.
pub(super) fn forget(
    transaction: &Transaction<'_>,
    is_meant: &dyn Fn(&str) -> bool,
) -> rusqlite::Result<usize> {
    let mut deleted = 0;
    let mut next =
        transaction.prepare("select id, lines from block where id > ? order by id limit 1")?;
    let mut after = 0_i64;
    loop {
        let row = next.query_row([after], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
        let Some((id, lines)) = row.optional()? else { break };
        after = id;
        let is_kept = |line: &&str| !line.split('\t').nth(2).is_some_and(is_meant);
        let kept: String = lines.split_inclusive('\n').filter(is_kept).collect();
        if kept.is_empty() {
            transaction.execute("delete from block where id = ?", [id])?;
        } else if kept.len() < lines.len() {
            transaction.execute("update block set lines = ?2 where id = ?1", params![id, kept])?;
        }
        deleted += lines.matches('\n').count() - kept.matches('\n').count();
    }
    Ok(deleted)
}

/// Deletes some of the blocks that were said before this time. Returns whether there were any.
pub(super) fn delete_old(connection: &Connection, before: i64) -> rusqlite::Result<bool> {
    let old = "select id from block where at < ?1 order by at limit ?2";
    let delete = format!("delete from block where id in ({old})");
    Ok(connection.execute(&delete, [before, AT_ONCE])? > 0)
}

/// Deletes some of the blocks that were written first. Returns whether there were any.
pub(super) fn delete_first(connection: &Connection) -> rusqlite::Result<bool> {
    let first = "select id from block order by id limit ?";
    let delete = format!("delete from block where id in ({first})");
    Ok(connection.execute(&delete, [AT_ONCE])? > 0)
}
