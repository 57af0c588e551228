//! The rooms: opened by the first person that goes there, gone with the last.

use std::collections::BTreeSet;

use super::acts::Name;
use super::effect::{Effect, MoveRefusal};
use super::{Directory, FIRST, Person, Room, RoomId};
use crate::entry::PersonId;

impl Directory {
    pub(super) fn arrive(&mut self, person: PersonId) -> Option<Effect> {
        let arriving = self.people.get_mut(&person)?;
        if arriving.is_there {
            return None;
        }
        arriving.is_there = true;
        Some(Effect::Joined { person, room: arriving.room, from: arriving.from.take() })
    }

    /// A person leaves its room for another.
    pub(super) fn go(&mut self, person: PersonId, name: Name, effects: &mut Vec<Effect>) {
        let Some(Person { room: from, is_there: true, .. }) = self.people.get(&person) else {
            return;
        };
        let from = *from;
        match self.room_called(name, from, effects) {
            Ok(to) => self.cross(person, from, to, effects),
            Err(refusal) => effects.push(Effect::MoveRefused { person, refusal }),
        }
    }

    fn cross(&mut self, person: PersonId, from: RoomId, to: RoomId, effects: &mut Vec<Effect>) {
        let left = self.rooms.get(&from).map(|room| room.name.text.clone());
        if let Some(moving) = self.people.get_mut(&person) {
            moving.room = to;
            moving.is_there = false;
            moving.from = left;
        }
        self.rooms.entry(to).and_modify(|room| _ = room.members.insert(person));
        effects.push(Effect::Went { person, from, to });
        self.quit(from, person, effects);
    }

    /// The room of this name for a person from another; a new one if there is none.
    fn room_called(
        &mut self,
        name: Name,
        from: RoomId,
        effects: &mut Vec<Effect>,
    ) -> Result<RoomId, MoveRefusal> {
        if let Some(owner) = name.looks.iter().find_map(|look| self.room_names.get(look)) {
            let is_meant = self.rooms.get(owner).is_some_and(|room| room.name.key == name.key);
            return match is_meant {
                true if *owner == from => Err(MoveRefusal::SameRoom),
                true => Ok(*owner),
                false => Err(MoveRefusal::NameTaken),
            };
        }
        let closes = from != FIRST && self.rooms.get(&from).is_some_and(|r| r.members.len() == 1);
        if self.rooms.len() - usize::from(closes) >= self.max_rooms as usize {
            return Err(MoveRefusal::TooManyRooms(self.max_rooms));
        }
        let room = self.open(name);
        effects.push(Effect::Opened { room });
        Ok(room)
    }

    pub(super) fn open(&mut self, name: Name) -> RoomId {
        let id = RoomId(self.next_room);
        self.next_room += 1;
        self.room_names.extend(name.looks.iter().map(|look| (*look, id)));
        self.rooms.insert(id, Room { name, members: BTreeSet::new() });
        id
    }

    /// Removes a person from a room, which is gone with its last member.
    pub(super) fn quit(&mut self, id: RoomId, person: PersonId, effects: &mut Vec<Effect>) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        room.members.remove(&person);
        if id != FIRST && room.members.is_empty() {
            room.name.looks.iter().for_each(|look| _ = self.room_names.remove(look));
            self.rooms.remove(&id);
            effects.push(Effect::Closed { room: id });
        }
    }
}
