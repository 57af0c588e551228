//! Entries, of which the log consists.

use crate::wire::{Malformed, Reader, Write};

/// One run of one node: a number that no other run has, on any node. A node that starts again, or has been declared
/// dead, takes a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u64);

/// Identifies a person in the whole cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId {
    /// The node that the person is connected to.
    pub node: Incarnation,
    /// The number of the person on that node, used once.
    pub number: u64,
}

/// An act of a person. The cluster does not read it: the [state](crate::state::State) knows what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// What it is, below [`KINDS`].
    pub kind: u8,
    /// All of it.
    pub body: Box<[u8]>,
}

/// The number of kinds of acts that there can be.
pub const KINDS: u8 = u8::MAX - FIRST_ACT + 1;

/// The kind of the first entry that is an act. Before it are the notices of nodes.
const FIRST_ACT: u8 = 32;

/// A notice of a node about itself, or about one of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Asks for a snapshot. The attempts are counted, and each is answered by another node.
    Hello {
        /// From 0.
        attempt: u32,
    },
    /// Opens an empty chat, because no node has one, with these settings, which the state reads.
    Found(Box<[u8]>),
    /// Says that it is there.
    Alive,
    /// Another node has been silent. Holds only if this is still the number of its last pass.
    Dead(Incarnation, u64),
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Of a node.
    Node(Notice),
    /// Of the person with this number on the node that publishes it.
    Person(u64, Act),
    /// A notice of a kind that a later version has. It is kept, and passed over.
    Unknown {
        /// The number of the kind.
        kind: u8,
        /// All of it.
        body: Box<[u8]>,
    },
}

/// The stream's subject. They have one order, but are kept for different times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Kept as history.
    Public,
    /// Private messages, which history does not keep. They must outlast the longest outage.
    Private,
}

impl Entry {
    /// Returns whether only a newcomer publishes it.
    pub(crate) fn is_joining(&self) -> bool {
        matches!(self, Self::Node(Notice::Hello { .. } | Notice::Found(_)))
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Node(Notice::Hello { .. }) => 1,
            Self::Node(Notice::Found(_)) => 2,
            Self::Node(Notice::Alive) => 3,
            Self::Node(Notice::Dead(..)) => 4,
            Self::Person(_, act) => FIRST_ACT.saturating_add(act.kind),
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// Appends kind, length and body. `None`, and nothing is appended, when the body is too long for the length.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        out.put_u8(self.kind());
        out.put(&[0; 2]);
        let body = out.len();
        match self {
            Self::Node(Notice::Hello { attempt }) => out.put_u32(*attempt),
            Self::Node(Notice::Found(settings)) => out.put(settings),
            Self::Node(Notice::Alive) => {}
            Self::Node(Notice::Dead(node, last)) => {
                out.put_u64(node.0);
                out.put_u64(*last);
            }
            Self::Person(person, act) => {
                out.put_u64(*person);
                out.put(&act.body);
            }
            Self::Unknown { body, .. } => out.put(body),
        }
        let Ok(length) = u16::try_from(out.len() - body) else {
            out.truncate(start);
            return None;
        };
        out[start + 1..body].copy_from_slice(&length.to_le_bytes());
        Some(())
    }

    /// Reads kind, length and body. Bytes behind the fields that this version knows belong to a later one.
    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let kind = input.u8()?;
        let length = input.u16()?.into();
        let mut body = Reader::new(input.bytes(length)?);
        let body = &mut body;
        Ok(match kind {
            1 => Self::Node(Notice::Hello { attempt: body.u32()? }),
            2 => Self::Node(Notice::Found(body.rest().into())),
            3 => Self::Node(Notice::Alive),
            4 => Self::Node(Notice::Dead(Incarnation(body.u64()?), body.u64()?)),
            FIRST_ACT.. => {
                let person = body.u64()?;
                Self::Person(person, Act { kind: kind - FIRST_ACT, body: body.rest().into() })
            }
            _ => Self::Unknown { kind, body: body.rest().into() },
        })
    }
}

impl Incarnation {
    pub(crate) fn person(self, number: u64) -> PersonId {
        PersonId { node: self, number }
    }
}
