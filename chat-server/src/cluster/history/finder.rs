//! Finding what was said in records of the log.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

use chat_cluster::entry::{Entry, Incarnation};
use chat_cluster::log::Record;
use chat_cluster::members::scan::Scan;
use chat_cluster::pass::Pass;
use chat_store::line::{Line, Position};

use crate::people::acts::{Act, Author, Said};

/// Of a position's number, those that tell what one record says apart.
pub(super) const BITS: u32 = 20;

/// An entry says a few things at most.
const OF_ENTRY: u32 = 4;

/// The number of the position before what is said in this entry of a record.
pub(in crate::cluster) fn number(sequence: u64, entry: u32) -> u64 {
    sequence << BITS | u64::from(entry) << OF_ENTRY
}

/// Finds the messages of a stretch of the log: those that were said on all servers, and no others.
pub(super) struct Finder {
    epoch: u32,
    scan: Scan,
    /// The numbers of the last lines of sessions, which are said once.
    sessions: HashMap<Position, u64>,
}

impl Finder {
    /// `dead`: the nodes that were dead some time behind the stretch.
    pub(super) fn new(epoch: u32, dead: impl IntoIterator<Item = (Incarnation, u64)>) -> Self {
        Self { epoch, scan: Scan::new(dead), sessions: HashMap::new() }
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The messages of the next record.
    pub(super) fn find(&mut self, record: &Record) -> impl Iterator<Item = Line> {
        let said = self.scan.take(record).map(|pass| said(pass, record, self.epoch));
        said.into_iter().flatten().filter(|line| {
            let Some(numbered) = line.numbered else { return true };
            match self.sessions.entry(numbered.session) {
                Place::Occupied(last) if numbered.number <= *last.get() => false,
                place => {
                    place.insert_entry(numbered.number);
                    true
                }
            }
        })
    }
}

/// All messages of a record, also of one that was not taken.
pub(super) fn all_said(record: &Record, epoch: u32) -> impl Iterator<Item = Line> {
    Pass::decode(&record.message).ok().into_iter().flat_map(move |pass| said(pass, record, epoch))
}

fn said(pass: Pass, record: &Record, epoch: u32) -> impl Iterator<Item = Line> {
    let at = i64::try_from(record.time).unwrap_or(i64::MAX);
    let sequence = record.sequence;
    (0..).zip(pass.entries).filter_map(move |(entry, what)| {
        let Entry::Person(_, act) = what else { return None };
        let Ok(Act::Say(Said { room, numbered, author, text })) = Act::decode(&act) else {
            return None;
        };
        let author = match author {
            Author::Nobody => Box::default(),
            Author::Name(author) | Author::Port(author) => author,
        };
        let position = Position { epoch, number: number(sequence, entry) + 1 };
        Some(Line { room: room.into(), position, at, author, text, numbered })
    })
}

#[cfg(test)]
mod tests;
