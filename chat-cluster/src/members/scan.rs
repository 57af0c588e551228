//! Reading the log from its middle: which of its passes were taken.

use std::collections::HashMap;

use super::{Members, Taken};
use crate::entry::{Entry, Incarnation, Notice};
use crate::log::Record;
use crate::pass::Pass;

/// A stretch of the log is read from so many records before the first that counts: a pass that was sent again is told
/// from a new one by the passes before it.
pub const MARGIN: u64 = 2_000;

/// The passes that were taken, for one who reads a stretch of the log, in order, and does not know the members before it.
///
/// A node that is heard for the first time is held to be one of them, and its pass to be the next, unless it was dead by
/// then. From the [`MARGIN`] on, the verdicts are those of the nodes.
#[derive(Debug)]
pub struct Scan {
    members: Members,
    /// The nodes that are dead, and the numbers of their last passes.
    dead: HashMap<Incarnation, u64>,
    /// The chat was opened within the stretch: all nodes are known.
    is_whole: bool,
}

impl Scan {
    /// `dead`: the nodes that were [dead](Members::dead) some time later.
    pub fn new(dead: impl IntoIterator<Item = (Incarnation, u64)>) -> Self {
        let dead = dead.into_iter().collect();
        Self { members: Members::default(), dead, is_whole: false }
    }

    /// The pass in the next record. `None`: it was not taken, or is none.
    pub fn take(&mut self, record: &Record) -> Option<Pass> {
        self.members.clock.tick(record.time);
        let pass = Pass::decode(&record.message).ok()?;
        if !self.is_taken(&pass) {
            return None;
        }
        let node = pass.node;
        for entry in &pass.entries {
            match entry {
                Entry::Node(Notice::Found(_)) if self.members.is_replaced_by(node) => {
                    let clock = self.members.clock.clone();
                    self.members = Members::founded(clock, node, pass.n);
                    self.is_whole = true;
                }
                Entry::Node(Notice::Alive) | Entry::Unknown { .. } => {
                    self.members.is_ready_now(node);
                }
                Entry::Node(Notice::Dead(other, last)) if *other != node => {
                    if self.members.last(*other).is_none() {
                        self.dead.insert(*other, *last);
                    }
                    self.members.bury(*other, *last);
                }
                Entry::Node(_) | Entry::Person(..) => {}
            }
        }
        Some(pass)
    }

    fn is_taken(&mut self, Pass { node, n, entries }: &Pass) -> bool {
        let is_joining = entries.first().is_some_and(Entry::is_joining);
        if self.members.last(*node).is_some() || is_joining || self.is_whole {
            let is_late = self.dead.get(node).is_some_and(|last| n > last);
            return !is_late && self.members.take(*node, *n, is_joining) != Taken::No;
        }
        let is_dead = self.members.dead().any(|(dead, _)| dead == *node);
        if is_dead || self.dead.get(node).is_some_and(|last| n > last) {
            return false;
        }
        self.members.add(*node, *n);
        self.members.is_ready_now(*node);
        true
    }
}

#[cfg(test)]
mod tests;
