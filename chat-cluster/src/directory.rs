//! The directory of people and rooms: a function of the log, so that it is the same on all nodes at the same position.
//!
//! It has no connections and no clock. What it decides (the owner of a name, the room of a person, whether one more room may
//! be opened) comes out as [`Effect`]s, which a server carries out for the people that it serves.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use crate::entry::{Act, Incarnation, Name, PersonId, Rules};

mod effect;
mod rooms;
mod snapshot;

pub use effect::{Effect, MoveRefusal};

/// Identifies a room, in the order of their opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u64);

/// The room in which people begin. It stays.
pub const FIRST: RoomId = RoomId(0);

/// All people that have a name, and all rooms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Directory {
    max_rooms: u32,
    people: BTreeMap<PersonId, Person>,
    /// The owner of each look of a name.
    names: BTreeMap<u64, PersonId>,
    rooms: BTreeMap<RoomId, Room>,
    room_names: BTreeMap<u64, RoomId>,
    next_room: u64,
}

/// A person of the chat. About 200 bytes on each node of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Person {
    /// Its name, which no other person has.
    pub name: Name,
    /// Its room, in which it is, or to which it is on the way.
    pub room: RoomId,
    /// It is in the room.
    pub is_there: bool,
    /// The name of the room that it comes from.
    from: Option<Box<str>>,
}

/// A room of the chat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Room {
    /// Its name, which no other room has.
    pub name: Name,
    /// The people in it, and on their way there.
    pub members: BTreeSet<PersonId>,
}

impl Directory {
    /// With the first room, empty.
    pub fn new(rules: Rules) -> Self {
        let Rules { max_rooms, first_room } = rules;
        let mut directory = Self {
            max_rooms,
            people: BTreeMap::new(),
            names: BTreeMap::new(),
            rooms: BTreeMap::new(),
            room_names: BTreeMap::new(),
            next_room: FIRST.0,
        };
        directory.open(first_room);
        directory
    }

    /// A person does this at this place of the log. Appends what becomes of it. What a person cannot do, because it has no
    /// name or is in no room, has no effect.
    pub fn apply(&mut self, id: PersonId, act: Act, effects: &mut Vec<Effect>) {
        match act {
            Act::Claim(name) => effects.extend(self.claim(id, name)),
            Act::Arrive => effects.extend(self.arrive(id)),
            Act::Leave => self.leave(id, effects),
            Act::Move(name) => self.go(id, name, effects),
            Act::Rename(name) => effects.extend(self.rename(id, name)),
            Act::Say(text) => effects.extend(self.say(id, text)),
            Act::Private(to, text) => effects.extend(self.tell(id, to, text)),
        }
    }

    /// A node is dead: all its people leave, each in the order of its room.
    pub fn bury(&mut self, node: Incarnation, effects: &mut Vec<Effect>) {
        let of_node = PersonId { node, number: 0 }..=PersonId { node, number: u64::MAX };
        let people: Vec<_> = self.people.range(of_node).map(|(id, _)| *id).collect();
        for id in people {
            self.leave(id, effects);
        }
    }

    /// The person, if it has a name.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.get(&id)
    }

    /// All people, in the order of their ids.
    pub fn people(&self) -> impl Iterator<Item = (PersonId, &Person)> {
        self.people.iter().map(|(id, person)| (*id, person))
    }

    /// The room, if it is open.
    pub fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.get(&id)
    }

    /// All rooms, in the order of their opening.
    pub fn rooms(&self) -> impl ExactSizeIterator<Item = (RoomId, &Room)> {
        self.rooms.iter().map(|(id, room)| (*id, room))
    }

    /// The owner of a name that has this look. The name with this [key](Name::key) may be another one.
    pub fn owner(&self, look: u64) -> Option<PersonId> {
        self.names.get(&look).copied()
    }

    /// The owner of a name that can be taken for this one, if there is another.
    fn in_the_way(&self, name: &Name, id: PersonId) -> Option<PersonId> {
        name.looks.iter().filter_map(|look| self.owner(*look)).find(|owner| *owner != id)
    }

    fn claim(&mut self, person: PersonId, name: Name) -> Option<Effect> {
        if self.people.contains_key(&person) {
            return None;
        }
        if let Some(owner) = self.in_the_way(&name, person) {
            return Some(Effect::NameRefused { person, owner });
        }
        self.names.extend(name.looks.iter().map(|look| (*look, person)));
        self.people.insert(person, Person { name, room: FIRST, is_there: false, from: None });
        self.rooms.entry(FIRST).and_modify(|room| _ = room.members.insert(person));
        Some(Effect::Named { person })
    }

    fn rename(&mut self, person: PersonId, name: Name) -> Option<Effect> {
        let in_the_way = self.in_the_way(&name, person);
        let renamed = self.people.get_mut(&person)?;
        if let Some(owner) = in_the_way {
            return Some(Effect::RenameRefused { person, owner });
        }
        let new = name.looks.clone();
        let old = mem::replace(&mut renamed.name, name);
        old.looks.iter().for_each(|look| _ = self.names.remove(look));
        self.names.extend(new.iter().map(|look| (*look, person)));
        Some(Effect::Renamed { person, old: old.text })
    }

    fn leave(&mut self, person: PersonId, effects: &mut Vec<Effect>) {
        let Some(left) = self.people.remove(&person) else { return };
        left.name.looks.iter().for_each(|look| _ = self.names.remove(look));
        let (room, was_there) = (left.room, left.is_there);
        effects.push(Effect::Left { person, name: left.name.text, room, was_there });
        self.quit(room, person, effects);
    }

    fn say(&mut self, person: PersonId, text: Box<[u8]>) -> Option<Effect> {
        let Person { room, is_there: true, .. } = *self.people.get(&person)? else { return None };
        Some(Effect::Said { person, room, text })
    }

    fn tell(&mut self, from: PersonId, to: PersonId, text: Box<[u8]>) -> Option<Effect> {
        self.people.get(&from)?;
        Some(if self.people.contains_key(&to) {
            Effect::Private { from, to, text }
        } else {
            Effect::PrivateRefused { from, to }
        })
    }
}

#[cfg(test)]
mod tests;
