//! The judge: the same log must have the same effects on all nodes, and these must keep the promises of a chat.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use super::model::{Directory, Effect, Name};
use crate::entry::{Incarnation, PersonId};
use crate::replica::Replica;

/// An effect, and the name that its person has then.
type Told = (Effect, Option<Name>);

/// The effects of the whole log.
#[derive(Default)]
pub(super) struct Oracle {
    /// By sequence number, as the first node told them that came there.
    effects: BTreeMap<u64, Vec<Told>>,
    /// The hash of all that the nodes have in common.
    states: BTreeMap<u64, u64>,
    /// The sequence numbers at which a chat was opened.
    pub(super) founded: Vec<u64>,
    /// The time at which the first node saw the end of each node that was declared dead.
    pub(super) died: BTreeMap<Incarnation, u64>,
}

/// The effects that one node tells.
#[derive(Default)]
pub(super) struct Diary {
    effects: BTreeMap<u64, Vec<Told>>,
    /// All up to here was compared.
    compared: Option<u64>,
    is_fenced: bool,
}

impl Diary {
    /// The node has the chat, as of this position.
    pub(super) fn begin(&mut self, position: u64) {
        assert!(self.compared.is_none() && !self.is_fenced, "a node begins once");
        self.compared = Some(position);
    }

    pub(super) fn hear(&mut self, (sequence, effect, name): (u64, Effect, Option<Name>)) {
        assert!(!self.is_fenced, "a fenced node delivers {effect:?}");
        assert!(Some(sequence) > self.compared, "{effect:?} of {sequence} is delivered late");
        self.effects.entry(sequence).or_default().push((effect, name));
    }

    pub(super) fn fence(&mut self) {
        self.is_fenced = true;
        self.effects.clear();
    }
}

impl Oracle {
    /// A node has come to its position: compares what it told on the way.
    pub(super) fn compare(
        &mut self,
        diary: &mut Diary,
        state: (&Replica, Option<&Directory>),
        now: u64,
    ) {
        let (replica, _) = state;
        let from = diary.compared.expect("a node that has begun");
        for sequence in from + 1..=replica.position() {
            let told = diary.effects.remove(&sequence).unwrap_or_default();
            for (effect, _) in &told {
                if let Effect::Died { node } = effect {
                    self.died.entry(*node).or_insert(now);
                }
            }
            let first = self.effects.entry(sequence).or_insert_with(|| told.clone());
            assert_eq!(*first, told, "two nodes tell different things of record {sequence}");
        }
        if diary.compared.replace(replica.position()) == Some(replica.position()) {
            return;
        }
        let mut hasher = Mixer::default();
        state.hash(&mut hasher);
        let state = *self.states.entry(replica.position()).or_insert(hasher.finish());
        assert_eq!(state, hasher.finish(), "different states at {}", replica.position());
    }

    /// The records that declared a node dead.
    pub(super) fn deaths(&self) -> impl Iterator<Item = (u64, Incarnation)> {
        let effects = self.effects.iter();
        effects.flat_map(|(sequence, effects)| {
            effects.iter().filter_map(|(effect, _)| match effect {
                Effect::Died { node } => Some((*sequence, *node)),
                _ => None,
            })
        })
    }

    /// Looks at all of the log's effects. `said`: the lines of people whose node was there to the end. `may_miss`: nodes that
    /// may have given passes up.
    pub(super) fn judge(&self, said: &BTreeMap<PersonId, u64>, may_miss: &[Incarnation]) {
        let mut chat = Chat::default();
        for (sequence, effects) in &self.effects {
            if self.founded.contains(&(sequence - 1)) {
                chat = Chat { lines: chat.lines, ..Chat::default() };
            }
            for (effect, name) in effects {
                chat.hear(effect, name.as_ref(), may_miss);
            }
        }
        for (person, lines) in said {
            assert_eq!(chat.lines.get(person).unwrap_or(&0), lines, "lines of {person:?}");
        }
    }
}

/// A hash that is a few times as fast as the one of the standard library, which would be most of a run.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(8) {
            let mut number = [0; 8];
            number[..piece.len()].copy_from_slice(piece);
            self.write_u64(u64::from_le_bytes(number));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

/// A model of the chat, which is made in another way than the directory.
#[derive(Default)]
struct Chat {
    /// The names, and whether their owners are in their rooms.
    people: BTreeMap<PersonId, (Name, bool)>,
    /// The number of the next line of each person.
    lines: BTreeMap<PersonId, u64>,
    missed: BTreeMap<Incarnation, u64>,
    dead: BTreeSet<Incarnation>,
}

impl Chat {
    fn hear(&mut self, effect: &Effect, name: Option<&Name>, may_miss: &[Incarnation]) {
        match effect {
            Effect::Named { person } | Effect::Renamed { person, .. } => {
                let name = name.expect("the name").clone();
                for (other, (owned, _)) in &self.people {
                    let shared = owned.looks.iter().any(|look| name.looks.contains(look));
                    assert!(other == person || !shared, "{name:?} has two owners");
                }
                let is_there = self.people.get(person).is_some_and(|(_, is_there)| *is_there);
                self.people.insert(*person, (name, is_there));
            }
            Effect::Joined { person, .. } => self.set_there(*person, true),
            Effect::Went { person, .. } => self.set_there(*person, false),
            Effect::Left { person, was_there, .. } => {
                let (_, is_there) = self.people.remove(person).expect("presence once");
                assert_eq!(is_there, *was_there);
            }
            Effect::Said { person, text, .. } => {
                assert!(self.people[person].1, "{person:?} speaks, and is not there");
                self.count(*person, Some(text));
            }
            Effect::Private { from, to, text } => {
                assert!(self.people.contains_key(to), "{to:?} is not there");
                self.count(*from, Some(text));
            }
            Effect::PrivateRefused { from, to } => {
                assert!(!self.people.contains_key(to));
                self.count(*from, None);
            }
            Effect::Missed { node, passes } => {
                assert!(may_miss.contains(node), "{passes} passes of {node:?} are missing");
                *self.missed.entry(*node).or_default() += passes;
            }
            Effect::Died { node } => {
                assert!(self.dead.insert(*node), "{node:?} dies twice");
                assert!(self.people.keys().all(|person| person.node != *node), "left behind");
            }
            Effect::NameRefused { .. }
            | Effect::RenameRefused { .. }
            | Effect::MoveRefused { .. }
            | Effect::Opened { .. }
            | Effect::Closed { .. } => {}
        }
    }

    fn set_there(&mut self, person: PersonId, is_there: bool) {
        let (_, was_there) = self.people.get_mut(&person).expect("a person that has a name");
        assert_ne!(*was_there, is_there, "presence once");
        *was_there = is_there;
    }

    /// Exactly once, and in order.
    fn count(&mut self, person: PersonId, text: Option<&[u8]>) {
        let next = self.lines.entry(person).or_default();
        *next += self.missed.remove(&person.node).unwrap_or(0);
        if let Some(text) = text {
            assert_eq!(str::from_utf8(text), Ok(&*next.to_string()), "line of {person:?}");
        }
        *next += 1;
    }
}
