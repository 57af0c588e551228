//! A small chat, as the state of the simulated nodes: people, their names, and rooms.
//!
//! What it decides (the owner of a name, the room of a person, whether one more room may be opened) comes out as [`Effect`]s,
//! at which the judge looks.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use crate::entry::{self, Incarnation, PersonId};
use crate::state::{Place, RestoreError, State};
use crate::wire::Reader;

mod acts;
mod effect;
mod rooms;
mod snapshot;

pub(crate) use acts::{Act, Name, Rules};
pub(crate) use effect::{Effect, MoveRefusal};

/// Identifies a room, in the order of their opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoomId(pub(crate) u64);

/// The room in which people begin. It stays.
pub(crate) const FIRST: RoomId = RoomId(0);

/// All people that have a name, and all rooms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Directory {
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
pub(crate) struct Person {
    /// Its name, which no other person has.
    pub(crate) name: Name,
    /// Its room, in which it is, or to which it is on the way.
    pub(crate) room: RoomId,
    /// It is in the room.
    pub(crate) is_there: bool,
    /// The name of the room that it comes from.
    from: Option<Box<str>>,
}

/// A room of the chat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Room {
    /// Its name, which no other room has.
    pub(crate) name: Name,
    /// The people in it, and on their way there.
    pub(crate) members: BTreeSet<PersonId>,
}

/// The state of a simulated node.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// `None` before there is a chat.
    pub(crate) directory: Option<Directory>,
    /// The effects that nobody has looked at, with the name that their person has then, and the sequence number of their record.
    pub(crate) told: Vec<(u64, Effect, Option<Name>)>,
}

impl Model {
    fn tell(&mut self, at: Place, effects: Vec<Effect>) {
        for effect in effects {
            let name = match &effect {
                Effect::Named { person } | Effect::Renamed { person, .. } => {
                    let person = self.directory.as_ref().and_then(|chat| chat.person(*person));
                    person.map(|person| person.name.clone())
                }
                _ => None,
            };
            self.told.push((at.sequence, effect, name));
        }
    }
}

impl State for Model {
    fn found(&mut self, _at: Place, settings: &[u8]) {
        let rules = Rules::read(&mut Reader::new(settings)).expect("the rules of the simulation");
        self.directory = Some(Directory::new(rules));
    }

    fn tick(&mut self, _at: Place) {}

    fn apply(&mut self, at: Place, person: PersonId, act: &entry::Act) {
        let (Ok(act), Some(directory)) = (Act::decode(act), &mut self.directory) else { return };
        let mut effects = Vec::new();
        directory.apply(person, act, &mut effects);
        self.tell(at, effects);
    }

    fn bury(&mut self, at: Place, node: Incarnation) {
        let mut effects = Vec::new();
        self.directory.iter_mut().for_each(|directory| directory.bury(node, &mut effects));
        effects.push(Effect::Died { node });
        self.tell(at, effects);
    }

    fn miss(&mut self, at: Place, node: Incarnation, passes: u64) {
        self.tell(at, vec![Effect::Missed { node, passes }]);
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.directory.iter().for_each(|directory| directory.write(out));
    }

    fn restore(&mut self, input: &mut Reader<'_>) -> Result<(), RestoreError> {
        self.directory = Some(Directory::read(input)?);
        Ok(())
    }
}

impl Directory {
    /// With the first room, empty.
    pub(crate) fn new(rules: Rules) -> Self {
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
    pub(crate) fn apply(&mut self, id: PersonId, act: Act, effects: &mut Vec<Effect>) {
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
    pub(crate) fn bury(&mut self, node: Incarnation, effects: &mut Vec<Effect>) {
        let of_node = PersonId { node, number: 0 }..=PersonId { node, number: u64::MAX };
        let people: Vec<_> = self.people.range(of_node).map(|(id, _)| *id).collect();
        for id in people {
            self.leave(id, effects);
        }
    }

    /// The person, if it has a name.
    pub(crate) fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.get(&id)
    }

    /// All people, in the order of their ids.
    pub(crate) fn people(&self) -> impl Iterator<Item = (PersonId, &Person)> {
        self.people.iter().map(|(id, person)| (*id, person))
    }

    /// All rooms, in the order of their opening.
    pub(crate) fn rooms(&self) -> impl ExactSizeIterator<Item = (RoomId, &Room)> {
        self.rooms.iter().map(|(id, room)| (*id, room))
    }

    /// The owner of a name that has this look. The name with this [key](Name::key) may be another one.
    pub(crate) fn owner(&self, look: u64) -> Option<PersonId> {
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
