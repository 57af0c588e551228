//! The directory as bytes, for a newcomer.

use std::collections::{BTreeMap, BTreeSet};

use super::acts::Name;
use super::{Directory, Person, Room, RoomId};
use crate::entry::PersonId;
use crate::wire::{Malformed, Reader, Write};

impl Directory {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_u32(self.max_rooms);
        out.put_u64(self.next_room);
        out.put_count(self.rooms.len());
        for (id, room) in &self.rooms {
            out.put_u64(id.0);
            room.name.write(out);
        }
        out.put_count(self.people.len());
        for (id, person) in &self.people {
            id.write(out);
            person.name.write(out);
            out.put_u64(person.room.0);
            out.put_u8(person.is_there.into());
            out.put_u8(person.from.is_some().into());
            person.from.iter().for_each(|from| out.put_text(from));
        }
    }

    /// Owners of looks and members of rooms are not written: they follow from the rest.
    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (max_rooms, next_room) = (input.u32()?, input.u64()?);
        let mut rooms: BTreeMap<_, _> = input.list(|input| {
            let id = RoomId(input.u64()?);
            Ok((id, Room { name: Name::read(input)?, members: BTreeSet::new() }))
        })?;
        let people: BTreeMap<_, _> = input.list(|input| {
            let (id, name, room) = (PersonId::read(input)?, Name::read(input)?, input.u64()?);
            let (room, is_there) = (RoomId(room), input.flag()?);
            let from = input.option(Reader::text)?;
            Ok((id, Person { name, room, is_there, from }))
        })?;
        for (id, person) in &people {
            rooms.get_mut(&person.room).ok_or(Malformed)?.members.insert(*id);
        }
        let names = owners(people.iter().map(|(id, person)| (*id, &person.name)));
        let room_names = owners(rooms.iter().map(|(id, room)| (*id, &room.name)));
        Ok(Self { max_rooms, people, names, rooms, room_names, next_room })
    }
}

fn owners<'a, T: Copy>(names: impl Iterator<Item = (T, &'a Name)>) -> BTreeMap<u64, T> {
    names.flat_map(|(id, name)| name.looks.iter().map(move |look| (*look, id))).collect()
}
