//! All that the nodes have in common: members and directory, as of a position of the log.

use crate::clock::Clock;
use crate::directory::{Directory, Effect};
use crate::entry::{Entry, Incarnation, Notice, Rules};
use crate::follow::Fenced;
use crate::members::{Members, Taken};
use crate::pass::Pass;
use crate::wire::{Malformed, Reader, Write};

/// The version of a snapshot. Another one is not read.
const VERSION: u8 = 1;

/// The state that is the same on all nodes at the same position of the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replica {
    position: u64,
    members: Members,
    directory: Directory,
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
    /// An empty chat, opened by this node in the record with this sequence number, which is its pass of this number.
    pub(crate) fn founded(
        clock: Clock,
        node: Incarnation,
        (position, last): (u64, u64),
        rules: Rules,
    ) -> Self {
        let members = Members::founded(clock, node, last);
        Self { position, members, directory: Directory::new(rules) }
    }

    /// The sequence number of the last record.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The nodes.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// People and rooms.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Applies the record with this sequence number and time. `None`: it could not be read, and all pass over it.
    pub(crate) fn apply(
        &mut self,
        me: Incarnation,
        (sequence, time): (u64, u64),
        pass: Option<Pass>,
        tell: &mut impl FnMut(&Directory, Effect),
    ) -> Applied {
        self.position = sequence;
        self.members.clock.tick(time);
        let mut applied = Applied::default();
        let Some(Pass { node, n, entries }) = pass else { return applied };
        let is_joining = entries.first().is_some_and(Entry::is_joining);
        let Taken::Yes { missed } = self.members.take(node, n, is_joining) else { return applied };
        applied.is_taken = true;
        if missed > 0 {
            tell(&self.directory, Effect::Missed { node, passes: missed });
        }
        let mut effects = Vec::new();
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
                        self.directory.bury(other, &mut effects);
                        effects.push(Effect::Died { node: other });
                        applied.fenced = applied.fenced.or((other == me).then_some(Fenced::Dead));
                    }
                }
                Entry::Person(number, act) => {
                    self.directory.apply(node.person(number), act, &mut effects);
                }
            }
            effects.drain(..).for_each(|effect| tell(&self.directory, effect));
        }
        applied
    }

    /// All of it as bytes: about 150 for each person and room.
    pub(crate) fn snapshot(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_u8(VERSION);
        out.put_u64(self.position);
        self.members.write(&mut out);
        self.directory.write(&mut out);
        out
    }

    /// Reads a snapshot. Never panics, and takes memory in proportion to it.
    pub fn restore(snapshot: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(snapshot);
        if input.u8()? != VERSION {
            return Err(Malformed);
        }
        let position = input.u64()?;
        let (members, directory) = (Members::read(&mut input)?, Directory::read(&mut input)?);
        Ok(Self { position, members, directory })
    }
}

#[cfg(test)]
mod tests;
