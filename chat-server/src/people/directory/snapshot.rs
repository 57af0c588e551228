//! The directory as bytes: what is the same on all nodes of a chat. Connections are not, nor is what waits for them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use chat_cluster::wire::{Malformed, Reader, Write};
use chat_protocol::name::Name;
use chat_store::session::Token;

use super::sessions::Sessions;
use super::{FIRST, Location, OpenRoom, People, Person, PersonId, RoomId};
use crate::net::transport::Transport;
use crate::net::wire::encoding::Encoding;
use crate::people::accounts::Accounts;
use crate::people::house::sanctions::Sanctions;
use crate::people::house::settings::Settings;
use crate::people::names::UniqueNames;
use crate::room::letter::Mailbox;

/// The form of the bytes. Another one is not read.
const VERSION: u8 = 1;

/// The places of people, as numbers.
const ON_ITS_WAY: u8 = 0;
const THERE: u8 = 1;
const ABSENT: u8 = 2;

impl From<PersonId> for u64 {
    fn from(id: PersonId) -> Self {
        id.0
    }
}

impl From<u64> for PersonId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

/// What is read, before it is known to be whole.
struct Parts<T> {
    next_person: u64,
    next_room: u64,
    rooms: BTreeMap<RoomId, (Name, Settings<PersonId>)>,
    people: HashMap<PersonId, Person<T>>,
    addresses: Vec<(PersonId, IpAddr)>,
    sessions: Sessions,
    sanctions: Sanctions,
    farewells: HashMap<PersonId, String>,
}

impl<T: Transport> People<T> {
    /// Writes what is the same on all nodes. A person at a node's console is not.
    pub(in crate::people) fn write(&self, out: &mut Vec<u8>) {
        out.put_u8(VERSION);
        out.put_u64(self.next_person);
        out.put_u64(self.next_room);
        out.put_count(self.rooms.len());
        for (id, open) in &self.rooms {
            out.put_u64(id.0);
            out.put_text(open.name.as_str());
            open.settings.write(out);
        }
        let is_at_console = |person: &Person<T>| matches!(person.location, Location::Console(_));
        let mut people: Vec<_> =
            self.by_id.iter().filter(|(_, person)| !is_at_console(person)).collect();
        people.sort_unstable_by_key(|(id, _)| **id);
        out.put_count(people.len());
        for (id, person) in people {
            out.put_u64(id.0);
            person.write(out);
            out.put_optional(self.address(*id), write_address);
        }
        self.sessions.write(out);
        self.house.sanctions.write(out);
        let mut farewells: Vec<_> = self.house.farewells.iter().collect();
        farewells.sort_unstable();
        out.put_count(farewells.len());
        for (id, farewell) in farewells {
            out.put_u64(id.0);
            out.put_text(farewell);
        }
        if let Some(accounts) = &self.accounts {
            accounts.write(out);
        }
    }

    /// Takes over what another node has written, before anybody is here. All people that are present are elsewhere. Nothing is
    /// changed by malformed bytes.
    pub(in crate::people) fn read(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut input = versioned(bytes)?;
        let Parts {
            next_person,
            next_room,
            rooms,
            people,
            addresses,
            sessions,
            sanctions,
            farewells,
        } = Parts::read(&self.sessions, &mut input)?;
        let has_accounts = self.accounts.is_some();
        let replace = has_accounts.then(|| Accounts::read(&mut input)).transpose()?;
        if !input.is_empty() {
            return Err(Malformed);
        }
        let room_names = unique(rooms.iter().map(|(id, (name, _))| (*id, name)))?;
        let names = unique(people.iter().map(|(id, person)| (*id, &person.name)))?;
        if rooms.get(&FIRST).is_none_or(|(name, _)| *name != self.rooms[&FIRST].name) {
            return Err(Malformed);
        }
        self.has_nodes();
        let first = Arc::clone(&self.rooms[&FIRST].room);
        let open = |(id, (name, settings))| {
            let room = if id == FIRST { Arc::clone(&first) } else { self.deliveries.open(&name) };
            (id, OpenRoom { settings, ..OpenRoom::new(name, room, self.rules) })
        };
        let mut rooms: BTreeMap<_, _> = rooms.into_iter().map(open).collect();
        for (id, person) in &people {
            let is_coming = matches!(person.location, Location::Elsewhere { is_there: false });
            rooms.entry(person.room).and_modify(|open| open.admit(*id, is_coming));
        }
        (self.by_id, self.names) = (people, names);
        (self.rooms, self.room_names) = (rooms, room_names);
        (self.next_person, self.next_room, self.sessions) = (next_person, next_room, sessions);
        (self.house.sanctions, self.house.farewells) = (sanctions, farewells);
        if let (Some(accounts), Some(replace)) = (&self.accounts, replace) {
            replace(accounts);
        }
        for (id, address) in addresses {
            self.set_address(id, Some(address));
        }
        Ok(())
    }
}

impl<T> Parts<T> {
    fn read(sessions: &Sessions, input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (next_person, next_room) = (input.u64()?, input.u64()?);
        let rooms: Vec<_> = input.list(|input| {
            Ok((RoomId(input.u64()?), (read_name(input)?, Settings::read(input)?)))
        })?;
        let people: Vec<_> = input.list(|input| {
            let (id, person) = (PersonId(input.u64()?), Person::read(input)?);
            Ok((id, person, input.option(read_address)?))
        })?;
        let addresses = people.iter().filter_map(|(id, _, address)| Some((*id, (*address)?)));
        let addresses = addresses.collect();
        let sessions = sessions.read(input)?;
        let sanctions = Sanctions::everywhere(Vec::new()).read(input)?;
        let farewells: Vec<_> =
            input.list(|input| Ok((PersonId(input.u64()?), input.text()?.into_string())))?;
        let numbers = [rooms.len(), people.len(), farewells.len()];
        let parts = Self {
            next_person,
            next_room,
            rooms: rooms.into_iter().collect(),
            people: people.into_iter().map(|(id, person, _)| (id, person)).collect(),
            addresses,
            sessions,
            sanctions,
            farewells: farewells.into_iter().collect(),
        };
        let is_twice = numbers != [parts.rooms.len(), parts.people.len(), parts.farewells.len()];
        if is_twice || !parts.belong_together() {
            return Err(Malformed);
        }
        Ok(parts)
    }

    /// Returns whether each part that is named by another is there.
    fn belong_together(&self) -> bool {
        let Self { next_person, next_room, rooms, people, sessions, farewells, .. } = self;
        let of_people: HashMap<_, _> = sessions.of_people().collect();
        let occupied: BTreeSet<_> =
            people.values().map(|person| person.room).chain([FIRST]).collect();
        people.iter().all(|(id, person)| {
            let token = person.session.as_deref();
            id.0 < *next_person
                && of_people.get(id) == token
                && (token.is_some() || !matches!(person.location, Location::Absent))
        }) && of_people.len() == sessions.of_people().count()
            && of_people.keys().chain(farewells.keys()).all(|id| people.contains_key(id))
            && rooms.keys().all(|id| id.0 < *next_room)
            && rooms.keys().eq(&occupied)
    }
}

impl<T> Person<T> {
    fn write(&self, out: &mut Vec<u8>) {
        out.put_text(self.name.as_str());
        out.put_optional(self.account.as_deref(), Vec::put_text);
        out.put_optional(self.correspondent.as_deref(), |out, (id, name)| {
            out.put_u64(id.0);
            out.put_text(name.as_str());
        });
        out.put_optional(self.session.as_deref(), |out, token| out.put_u128(token.0));
        out.put_flag(self.encoding == Encoding::Json);
        out.put_u64(self.room.0);
        out.put_u8(match self.location {
            Location::Moving(_) | Location::Elsewhere { is_there: false } => ON_ITS_WAY,
            Location::Absent => ABSENT,
            Location::InRoom(..) | Location::Console(_) | Location::Elsewhere { .. } => THERE,
        });
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            name: read_name(input)?,
            account: input.option(Reader::text)?,
            connection: None,
            correspondent: input
                .option(|input| Ok(Box::new((PersonId(input.u64()?), read_name(input)?))))?,
            mailbox: Mailbox::default(),
            session: input.option(Reader::u128)?.map(|token| Box::new(Token(token))),
            encoding: if input.flag()? { Encoding::Json } else { Encoding::Text },
            room: RoomId(input.u64()?),
            location: match input.u8()? {
                ON_ITS_WAY => Location::Elsewhere { is_there: false },
                THERE => Location::Elsewhere { is_there: true },
                ABSENT => Location::Absent,
                _ => return Err(Malformed),
            },
        })
    }
}

/// Reads behind the version.
fn versioned(bytes: &[u8]) -> Result<Reader<'_>, Malformed> {
    let mut input = Reader::new(bytes);
    if input.u8()? == VERSION { Ok(input) } else { Err(Malformed) }
}

/// The owners of names, none of which can be taken for another.
fn unique<'a, I: Copy + Eq>(
    names: impl Iterator<Item = (I, &'a Name)>,
) -> Result<UniqueNames<I>, Malformed> {
    let mut unique = UniqueNames::default();
    for (id, name) in names {
        unique.claim(name, id).map_err(|_| Malformed)?;
    }
    Ok(unique)
}

fn read_name(input: &mut Reader<'_>) -> Result<Name, Malformed> {
    input.text()?.parse().map_err(|_| Malformed)
}

fn write_address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            out.put_flag(false);
            out.put(&address.octets());
        }
        IpAddr::V6(address) => {
            out.put_flag(true);
            out.put_u128(address.into());
        }
    }
}

fn read_address(input: &mut Reader<'_>) -> Result<IpAddr, Malformed> {
    if input.flag()? {
        input.u128().map(|bits| IpAddr::V6(bits.into()))
    } else {
        let octets = input.bytes(4)?.try_into().map_err(|_| Malformed)?;
        Ok(IpAddr::V4(<[u8; 4]>::into(octets)))
    }
}

#[cfg(test)]
mod lockstep;
#[cfg(test)]
mod tests;
