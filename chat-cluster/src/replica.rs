//! A node's copy of what the nodes have in common, as of a position of the log: the members, and the state.

use crate::clock::Clock;
use crate::entry::{Entry, Incarnation, Notice};
use crate::follow::Fenced;
use crate::log::Record;
use crate::members::{Members, Taken};
use crate::pass::{Pass, PassError};
use crate::state::{Place, RestoreError, State};
use crate::wire::{Reader, Write};

/// The version of a snapshot. A later one is not read.
const VERSION: u8 = 1;

/// The position and the members. They are the same on all nodes at the same position of the log, as is the [`State`] beside
/// them.
/// The default is the one before the first record: there are no nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Replica {
    position: u64,
    members: Members,
}

/// The consequences of a record for one node.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// The pass was taken.
    pub(crate) is_taken: bool,
    /// A newcomer asks for a snapshot as of here, in this attempt.
    pub(crate) hello: Option<u32>,
    /// The node is not part of the cluster any more.
    pub(crate) fenced: Option<Fenced>,
}

impl Replica {
    /// Of an empty chat, opened by this node in the record with this sequence number, which is its pass of this number.
    pub(crate) fn founded(clock: Clock, node: Incarnation, (position, last): (u64, u64)) -> Self {
        Self { position, members: Members::founded(clock, node, last) }
    }

    /// The sequence number of the last record.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The nodes.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// Applies the record with this sequence number and time. `None`: it could not be read, and all pass over it.
    pub(crate) fn apply(
        &mut self,
        me: Incarnation,
        (sequence, time): (u64, u64),
        pass: Option<Pass>,
        state: &mut impl State,
    ) -> Applied {
        let mut at = Place { sequence, entry: 0, time };
        self.position = sequence;
        self.members.clock.tick(time);
        state.tick(at);
        let mut applied = Applied::default();
        let Some(Pass { node, n, entries }) = pass else { return applied };
        let is_joining = entries.first().is_some_and(Entry::is_joining);
        let Taken::Yes { missed } = self.members.take(node, n, is_joining) else { return applied };
        applied.is_taken = true;
        if missed > 0 {
            state.miss(at, node, missed);
        }
        for entry in entries {
            match entry {
                Entry::Node(Notice::Hello { attempt }) => applied.hello = Some(attempt),
                Entry::Node(Notice::Found(_)) => {
                    if self.members.is_replaced_by(node) {
                        applied.fenced = Some(Fenced::Replaced);
                    }
                }
                Entry::Node(Notice::Alive) | Entry::Unknown { .. } => {
                    self.members.is_ready_now(node);
                }
                Entry::Node(Notice::Dead(other, last)) => {
                    if other != node && self.members.bury(other, last) {
                        state.bury(at, other);
                        if other == me {
                            // Nothing is delivered behind this, also of the same pass.
                            applied.fenced = Some(Fenced::Dead);
                            return applied;
                        }
                    }
                }
                Entry::Person(number, act) => state.apply(at, node.person(number), &act),
            }
            at.entry += 1;
        }
        applied
    }

    /// Applies a record for a node that is none of the nodes, whose chat has ended, or will have: what outlives it is in the
    /// state. A chat that was opened behind it takes its place.
    pub fn replay(&mut self, record: &Record, state: &mut impl State) -> Result<(), Fenced> {
        let pass = match Pass::decode(&record.message) {
            Ok(pass) => Some(pass),
            Err(PassError::Malformed) => None,
            Err(PassError::Version(version)) => return Err(Fenced::Version(version)),
        };
        let (sequence, time) = (record.sequence, record.time);
        if let Some(Pass { node, n, entries }) = &pass {
            let found = entries.iter().zip(0..).find_map(|(entry, number)| match entry {
                Entry::Node(Notice::Found(settings)) => Some((settings, number)),
                _ => None,
            });
            self.members.clock.tick(time);
            if let Some((settings, entry)) = found
                && self.members.is_replaced_by(*node)
            {
                state.found(Place { sequence, entry, time }, settings);
                *self = Self::founded(self.members.clock.clone(), *node, (sequence, *n));
                return Ok(());
            }
        }
        // It is declared dead by nobody.
        let nobody = Incarnation(0);
        self.apply(nobody, (sequence, time), pass, state);
        Ok(())
    }

    /// All of it as bytes, with the state.
    pub fn snapshot(&self, state: &impl State) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_u8(VERSION);
        out.put_u64(self.position);
        self.members.write(&mut out);
        state.write(&mut out);
        out
    }

    /// Reads a snapshot for this node, and the state in it. Never panics, and takes memory in proportion to it. On an error,
    /// also if the snapshot does not know the node, the state is as before. `None`: for one that is none of the nodes.
    pub fn restore(
        snapshot: &[u8],
        me: Option<Incarnation>,
        state: &mut impl State,
    ) -> Result<Self, RestoreError> {
        let mut input = Reader::new(snapshot);
        RestoreError::check_version(input.u8()?, VERSION)?;
        let position = input.u64()?;
        let members = Members::read(&mut input)?;
        if me.is_some_and(|me| members.last(me).is_none()) {
            return Err(RestoreError::Malformed);
        }
        state.restore(&mut input)?;
        Ok(Self { position, members })
    }
}

#[cfg(test)]
mod tests;
