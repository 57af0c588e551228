//! The nodes of the cluster, as the log tells of them: which passes are taken, which node is there, which is dead.
//!
//! All of it is a function of the log: at the same position it is the same on all nodes.

use std::collections::{BTreeMap, VecDeque};

use crate::clock::Clock;
use crate::entry::{Incarnation, Notice};
use crate::wire::{Malformed, Reader, Write};

pub mod scan;

/// A node is declared dead when it has been silent for longer than this, in milliseconds of the log's time without
/// pauses: five passes that it should have published.
const SILENCE: u64 = 5_000;

/// A chat is opened anew when no node that has one has spoken for longer than this, in milliseconds of the log's time:
/// longer than [`SILENCE`], so that a living node has been declared dead before, or speaks.
const NO_NODE: u64 = 6_000;

/// Missing passes are given up when a later one comes after more than this, in milliseconds of the log's time without pauses
/// behind the first later one: their node had four attempts by then.
const HOLE: u64 = 2_000;

/// Dead incarnations that are remembered, so that passes of them that arrive late are not taken. 16 bytes each.
const REMEMBERED: usize = 1024;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Member {
    /// The number of its last pass that was taken.
    last: u64,
    /// The log's time at that pass.
    heard: u64,
    /// It has the chat: it answers newcomers.
    is_ready: bool,
    /// The log's time at the first pass that was not the next.
    hole: Option<u64>,
}

/// The nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Members {
    pub(crate) clock: Clock,
    by_id: BTreeMap<Incarnation, Member>,
    /// With the numbers of their last passes.
    dead: VecDeque<(Incarnation, u64)>,
}

/// The verdict on a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is a duplicate, or a later one is missing before it, or its node is not known.
    No,
    /// Its entries hold. Before it, so many passes are missing for good.
    Yes { missed: u64 },
}

impl Members {
    /// With one node, which has just opened the chat in its pass of this number.
    pub(crate) fn founded(clock: Clock, node: Incarnation, last: u64) -> Self {
        let mut members = Self { clock, ..Self::default() };
        members.add(node, last);
        members.is_ready_now(node);
        members
    }

    fn add(&mut self, node: Incarnation, last: u64) {
        let heard = self.clock.now();
        self.by_id.insert(node, Member { last, heard, is_ready: false, hole: None });
    }

    /// A pass of this node and number has come; only a newcomer publishes it, or not. Rule 1: the next one is taken.
    ///
    /// Until a node has the chat, each higher number is taken: all before it were hellos, which do not matter, and of which
    /// a late duplicate may have been the first that was seen here.
    pub(crate) fn take(&mut self, node: Incarnation, n: u64, is_joining: bool) -> Taken {
        let now = self.clock.now();
        let Some(member) = self.by_id.get_mut(&node) else {
            if !is_joining || self.dead().any(|(dead, _)| dead == node) {
                return Taken::No;
            }
            self.add(node, n);
            return Taken::Yes { missed: 0 };
        };
        if n <= member.last {
            return Taken::No;
        }
        let missed = if member.is_ready { n - member.last - 1 } else { 0 };
        if missed > 0 && self.clock.running_since(*member.hole.get_or_insert(now)) <= HOLE {
            return Taken::No;
        }
        *member = Member { last: n, heard: now, is_ready: member.is_ready, hole: None };
        Taken::Yes { missed }
    }

    /// The node has the chat.
    pub(crate) fn is_ready_now(&mut self, node: Incarnation) {
        if let Some(member) = self.by_id.get_mut(&node) {
            member.is_ready = true;
        }
    }

    /// Rule 4: another node declares one dead. Returns whether it is: if it has published nothing since, by compare-and-set.
    pub(crate) fn bury(&mut self, node: Incarnation, last: u64) -> bool {
        if self.by_id.get(&node).is_none_or(|member| member.last != last) {
            return false;
        }
        self.by_id.remove(&node);
        self.dead.push_back((node, last));
        if self.dead.len() > REMEMBERED {
            self.dead.pop_front();
        }
        true
    }

    /// The declarations that a node is to publish: of others that have been silent.
    pub(crate) fn silent(&self, me: Incarnation) -> impl Iterator<Item = (Incarnation, u64)> {
        let others = self.by_id.iter().filter(move |(node, _)| **node != me);
        others
            .filter(|(_, member)| self.clock.running_since(member.heard) > SILENCE)
            .map(|(node, member)| (*node, member.last))
    }

    /// Rule 5: the node that answers this attempt of a newcomer. The smallest incarnation is first.
    pub(crate) fn answerer(&self, attempt: u32) -> Option<Incarnation> {
        let ready = || self.by_id.iter().filter(|(_, member)| member.is_ready);
        let turn = usize::try_from(attempt).unwrap_or(0).checked_rem(ready().count())?;
        ready().map(|(node, _)| *node).nth(turn)
    }

    /// Returns whether a chat that this node opens here takes the place of the one that there is: none of the others that
    /// have it has spoken for long.
    pub(crate) fn is_replaced_by(&self, founder: Incarnation) -> bool {
        let others =
            self.by_id.iter().filter(|(node, member)| **node != founder && member.is_ready);
        others_are_gone(&self.clock, others.map(|(_, member)| member.heard).max())
    }

    /// The nodes.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Incarnation> {
        self.by_id.keys().copied()
    }

    /// The number of nodes of which a pass is missing now, in front of a later one.
    pub fn holes(&self) -> usize {
        self.by_id.values().filter(|member| member.hole.is_some()).count()
    }

    /// The number of the last pass of a node that was taken. `None`: it is not one of them.
    pub fn last(&self, node: Incarnation) -> Option<u64> {
        self.by_id.get(&node).map(|member| member.last)
    }

    /// The nodes that are dead, and the numbers of their last passes: the last ones to die.
    pub fn dead(&self) -> impl Iterator<Item = (Incarnation, u64)> {
        self.dead.iter().copied()
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.clock.write(out);
        out.put_count(self.by_id.len());
        for (node, member) in &self.by_id {
            out.put_u64(node.0);
            out.put_u64(member.last);
            out.put_u64(member.heard);
            out.put_u8(member.is_ready.into());
            out.put_option(member.hole);
        }
        out.put_count(self.dead.len());
        for (node, last) in &self.dead {
            out.put_u64(node.0);
            out.put_u64(*last);
        }
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let clock = Clock::read(input)?;
        let by_id = input.list(|input| {
            let node = Incarnation(input.u64()?);
            let (last, heard, is_ready) = (input.u64()?, input.u64()?, input.flag()?);
            Ok((node, Member { last, heard, is_ready, hole: input.option(Reader::u64)? }))
        })?;
        let dead = input.list(|input| Ok((Incarnation(input.u64()?), input.u64()?)))?;
        Ok(Self { clock, by_id, dead })
    }
}

/// The log as a newcomer sees it, until it has the chat.
#[derive(Debug, Default)]
pub(crate) struct Newcomer {
    pub(crate) clock: Clock,
    /// The log's time at the last pass of another node that seems to have the chat.
    heard: Option<u64>,
    attempt: u32,
    /// It has published that it opens the chat, which has not come back.
    pub(crate) is_founding: bool,
}

impl Newcomer {
    /// There is a pass of another node with these notices: all but hellos come from a node that may have the chat.
    pub(crate) fn hear(&mut self, is_hello: bool) {
        if !is_hello {
            self.heard = Some(self.clock.now());
        }
    }

    /// Returns whether there is no chat: no node that has one has spoken for long.
    pub(crate) fn is_alone(&self) -> bool {
        others_are_gone(&self.clock, self.heard)
    }

    /// The notice for this second: asks again, or opens an empty chat.
    pub(crate) fn speak(&mut self, chat: &[u8]) -> Notice {
        if self.is_alone() {
            self.is_founding = true;
            return Notice::Found(chat.into());
        }
        self.ask()
    }

    /// The notice that asks again.
    pub(crate) fn ask(&mut self) -> Notice {
        let attempt = self.attempt;
        self.attempt = attempt.wrapping_add(1);
        Notice::Hello { attempt }
    }
}

fn others_are_gone(clock: &Clock, heard: Option<u64>) -> bool {
    clock.running_since(heard.unwrap_or(0)) > NO_NODE
}

#[cfg(test)]
mod tests;
