//! Sessions as bytes. The shares of addresses are not among them.

use std::sync::Arc;
use std::time::Duration;

use chat_cluster::wire::{Malformed, Reader, Write};
use chat_store::line::Position;
use chat_store::session::{Session, Token};

use super::{Entry, Sessions};
use crate::people::directory::PersonId;

impl Sessions {
    pub(in crate::people::directory) fn write(&self, out: &mut Vec<u8>) {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_unstable_by_key(|(token, _)| **token);
        out.put_count(all.len());
        for (token, Entry { session, person, turn, due, .. }) in all {
            out.put_u128(token.0);
            write(session, out);
            out.put_option(person.map(Into::into));
            out.put_u32(*turn);
            let due = due.map(|due| due.as_nanos().try_into().unwrap_or(u64::MAX));
            out.put_option(due);
        }
    }

    /// The same with those that are read.
    pub(in crate::people::directory) fn read(
        &self,
        input: &mut Reader<'_>,
    ) -> Result<Self, Malformed> {
        let mut read = Self::new(self.resume, self.absence);
        read.earlier = Arc::clone(&self.earlier);
        let entries: Vec<_> =
            input.list(|input| Ok((Token(input.u128()?), Entry::read(input)?)))?;
        for (token, entry) in entries {
            read.dues.extend(entry.due.map(|due| (due, token)));
            if read.all.insert(token, entry).is_some() {
                return Err(Malformed);
            }
        }
        read.earlier.notify_one();
        Ok(read)
    }

    /// The sessions of people that have not left.
    pub(in crate::people::directory) fn of_people(
        &self,
    ) -> impl Iterator<Item = (PersonId, Token)> {
        self.all.iter().filter_map(|(token, entry)| Some((entry.person?, *token)))
    }
}

impl Entry {
    fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            session: read(input)?,
            person: input.option(Reader::u64)?.map(Into::into),
            turn: input.u32()?,
            due: input.option(Reader::u64)?.map(Duration::from_nanos),
            share: None,
        })
    }
}

fn write(session: &Session, out: &mut Vec<u8>) {
    let Session { id, name, account, room, joined, accepted, until } = session;
    write_position(*id, out);
    out.put_text(name);
    out.put_optional(account.as_deref(), Vec::put_text);
    out.put_text(room);
    write_position(*joined, out);
    out.put_u64(*accepted);
    out.put_option(until.map(i64::cast_unsigned));
}

fn read(input: &mut Reader<'_>) -> Result<Session, Malformed> {
    Ok(Session {
        id: read_position(input)?,
        name: input.text()?,
        account: input.option(Reader::text)?,
        room: input.text()?,
        joined: read_position(input)?,
        accepted: input.u64()?,
        until: input.option(Reader::u64)?.map(u64::cast_signed),
    })
}

fn write_position(position: Position, out: &mut Vec<u8>) {
    out.put_u32(position.epoch);
    out.put_u64(position.number);
}

fn read_position(input: &mut Reader<'_>) -> Result<Position, Malformed> {
    Ok(Position { epoch: input.u32()?, number: input.u64()? })
}
