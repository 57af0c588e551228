//! The people of one node: they claim names from a small pool, talk, move, rename themselves and leave, by chance.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::model::{Act, Directory, Effect, Model, Name, Rules};
use crate::entry::{Incarnation, PersonId, Subject};
use crate::node::Node;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Waits for a name or a room.
    Waiting,
    There,
    /// Wants another name, as the last one was refused.
    Nameless,
    Leaving,
}

struct Person {
    state: State,
    /// Lines and private messages that were proposed.
    lines: u64,
}

/// Bytes that may wait before speech is refused.
const LIMIT: usize = 64 * 1024;

pub(super) struct People {
    node: Incarnation,
    next: u64,
    by_number: BTreeMap<u64, Person>,
    /// The lines of all people, also of those that have left.
    pub(super) said: BTreeMap<PersonId, u64>,
}

/// A name of the pool. The variants of a name can be confused, and are different names.
pub(super) fn name(base: u64, variant: u64) -> Name {
    let key = base * 10 + variant;
    let looks = Box::from([key, base * 10 + 9]);
    Name { text: format!("name{base}-{variant}").into(), key, looks }
}

pub(super) fn rules() -> Box<[u8]> {
    let mut rules = Vec::new();
    Rules { max_rooms: 4, first_room: name(50, 0) }.write(&mut rules);
    rules.into()
}

/// The number of a line, as its text.
pub(super) fn line(number: u64) -> Box<[u8]> {
    number.to_string().into_bytes().into()
}

impl People {
    pub(super) fn new(node: Incarnation) -> Self {
        Self { node, next: 0, by_number: BTreeMap::new(), said: BTreeMap::new() }
    }

    /// One of them does something.
    pub(super) fn act(&mut self, node: &mut Node, model: &Model, random: &mut Pcg64Mcg) {
        if self.by_number.len() < 4 && random.random_ratio(1, 3) {
            self.by_number.insert(self.next, Person { state: State::Nameless, lines: 0 });
            self.next += 1;
        }
        let Some(nth) =
            self.by_number.len().checked_sub(1).map(|last| random.random_range(0..=last))
        else {
            return;
        };
        let (number, person) = self.by_number.iter_mut().nth(nth).expect("one of them");
        let (act, state) = match (person.state, random.random_range(0..20)) {
            (State::Waiting | State::Leaving, _) => return,
            (State::Nameless, _) => (Act::Claim(pooled(random)), State::Waiting),
            (State::There, 0..2) => (Act::Move(room(random)), State::Waiting),
            (State::There, 2) => (Act::Rename(pooled(random)), State::There),
            (State::There, 3) => (Act::Leave, State::Leaving),
            (State::There, 4..7) => {
                let directory = model.directory.as_ref();
                let people: Vec<_> =
                    directory.into_iter().flat_map(Directory::people).map(|(id, _)| id).collect();
                let Some(last) = people.len().checked_sub(1) else { return };
                let to = people[random.random_range(0..=last)];
                (Act::Private(to, line(person.lines)), State::There)
            }
            (State::There, _) => (Act::Say(line(person.lines)), State::There),
        };
        let is_line = matches!(act, Act::Say(_) | Act::Private(..));
        if propose(node, *number, &act) {
            person.state = state;
            person.lines += u64::from(is_line);
            self.said.insert(PersonId { node: self.node, number: *number }, person.lines);
        }
    }

    /// An effect is carried out for them.
    pub(super) fn hear(&mut self, effect: &Effect, node: &mut Node) {
        let (id, state) = match effect {
            Effect::Named { person } | Effect::Went { person, .. } => (person, State::Waiting),
            Effect::NameRefused { person, .. } => (person, State::Nameless),
            Effect::Joined { person, .. } | Effect::MoveRefused { person, .. } => {
                (person, State::There)
            }
            Effect::Left { person, .. } => {
                if person.node == self.node {
                    self.by_number.remove(&person.number);
                }
                return;
            }
            _ => return,
        };
        if id.node == self.node
            && let Some(person) = self.by_number.get_mut(&id.number)
        {
            person.state = state;
            if matches!(effect, Effect::Named { .. } | Effect::Went { .. }) {
                assert!(propose(node, id.number, &Act::Arrive), "a node that has the chat");
            }
        }
    }
}

/// Returns whether it was taken: the node has the chat, and not too much waits for the log.
fn propose(node: &mut Node, person: u64, act: &Act) -> bool {
    let subject = match act {
        Act::Private(..) => Subject::Private,
        _ => Subject::Public,
    };
    let is_speech = matches!(act, Act::Say(_) | Act::Private(..));
    (!is_speech || node.waiting() < LIMIT) && node.propose(person, act.encode(), subject).is_ok()
}

fn pooled(random: &mut Pcg64Mcg) -> Name {
    name(random.random_range(1..8), random.random_range(0..3))
}

fn room(random: &mut Pcg64Mcg) -> Name {
    name(random.random_range(50..55), random.random_range(0..2))
}
