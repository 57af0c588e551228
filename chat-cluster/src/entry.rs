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

/// The name of a person or a room, with the hashes by which it is compared.
///
/// The hashes are made once, by the node that proposes the name, with the key of the cluster. The others do not make
/// them anew: nodes with different tables of Unicode would decide differently, and never agree again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// As people write it, at most 64 KiB.
    pub text: Box<str>,
    /// The hash of the text without case, normal form and signs. Names with the same key are the same name.
    pub key: u64,
    /// The hashes of its looks, the key among them, at most 255. Two names with one in common can be confused.
    pub looks: Box<[u64]>,
}

/// An act of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Asks for a name, and with it for a place in the first room. [`Arrive`](Self::Arrive) follows.
    Claim(Name),
    /// Joins the room that it has been on the way to.
    Arrive,
    /// Leaves the chat.
    Leave,
    /// Leaves its room for another, which is opened if there is none. [`Arrive`](Self::Arrive) follows.
    Move(Name),
    /// Asks for another name.
    Rename(Name),
    /// Says this to its room. The cluster does not read it.
    Say(Box<[u8]>),
    /// Says this to one person. The cluster does not read it.
    Private(PersonId, Box<[u8]>),
}

/// A notice of a node about itself, or about one of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Asks for a snapshot. The attempts are counted, and each is answered by another node.
    Hello {
        /// From 0.
        attempt: u32,
    },
    /// Opens an empty chat, because no node has one.
    Found(Rules),
    /// Says that it is there.
    Alive,
    /// Another node has been silent. Holds only if this is still the number of its last pass.
    Dead(Incarnation, u64),
}

/// The settings of the whole chat, as its founder was started with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    /// The number of rooms that there may be.
    pub max_rooms: u32,
    /// The name of the room in which people begin.
    pub first_room: Name,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Of a node.
    Node(Notice),
    /// Of the person with this number on the node that publishes it.
    Person(u64, Act),
    /// Of a kind that a later version has. It is kept, and passed over.
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
    /// The subject under which it is published.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Person(_, Act::Private(..)) => Subject::Private,
            _ => Subject::Public,
        }
    }

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
            Self::Person(_, Act::Claim(_)) => 5,
            Self::Person(_, Act::Arrive) => 6,
            Self::Person(_, Act::Leave) => 7,
            Self::Person(_, Act::Move(_)) => 8,
            Self::Person(_, Act::Rename(_)) => 9,
            Self::Person(_, Act::Say(_)) => 10,
            Self::Person(_, Act::Private(..)) => 11,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// Appends kind, length and body. `None`, and nothing is appended, when the body is too long for the length.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        out.put_u8(self.kind());
        out.put(&[0; 2]);
        let body = out.len();
        self.write_body(out);
        let Ok(length) = u16::try_from(out.len() - body) else {
            out.truncate(start);
            return None;
        };
        out[start + 1..body].copy_from_slice(&length.to_le_bytes());
        Some(())
    }

    fn write_body(&self, out: &mut Vec<u8>) {
        match self {
            Self::Node(Notice::Hello { attempt }) => out.put_u32(*attempt),
            Self::Node(Notice::Found(rules)) => rules.write(out),
            Self::Node(Notice::Alive) => {}
            Self::Node(Notice::Dead(node, last)) => {
                out.put_u64(node.0);
                out.put_u64(*last);
            }
            Self::Person(person, act) => {
                out.put_u64(*person);
                match act {
                    Act::Claim(name) | Act::Move(name) | Act::Rename(name) => name.write(out),
                    Act::Arrive | Act::Leave => {}
                    Act::Say(text) => out.put(text),
                    Act::Private(to, text) => {
                        to.write(out);
                        out.put(text);
                    }
                }
            }
            Self::Unknown { body, .. } => out.put(body),
        }
    }

    /// Reads kind, length and body. Bytes behind the fields that this version knows belong to a later one.
    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let kind = input.u8()?;
        let length = input.u16()?.into();
        let mut body = Reader::new(input.bytes(length)?);
        let body = &mut body;
        Ok(match kind {
            1 => Self::Node(Notice::Hello { attempt: body.u32()? }),
            2 => Self::Node(Notice::Found(Rules::read(body)?)),
            3 => Self::Node(Notice::Alive),
            4 => Self::Node(Notice::Dead(Incarnation(body.u64()?), body.u64()?)),
            5..=11 => Self::Person(body.u64()?, Act::read(kind, body)?),
            _ => Self::Unknown { kind, body: body.rest().into() },
        })
    }
}

impl Act {
    fn read(kind: u8, body: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(match kind {
            5 => Self::Claim(Name::read(body)?),
            6 => Self::Arrive,
            7 => Self::Leave,
            8 => Self::Move(Name::read(body)?),
            9 => Self::Rename(Name::read(body)?),
            10 => Self::Say(body.rest().into()),
            _ => Self::Private(PersonId::read(body)?, body.rest().into()),
        })
    }
}

impl Incarnation {
    pub(crate) fn person(self, number: u64) -> PersonId {
        PersonId { node: self, number }
    }
}

impl PersonId {
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.put_u64(self.node.0);
        out.put_u64(self.number);
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { node: Incarnation(input.u64()?), number: input.u64()? })
    }
}

impl Name {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_text(&self.text);
        out.put_u64(self.key);
        let looks = &self.looks[..self.looks.len().min(u8::MAX.into())];
        out.put_u8(u8::try_from(looks.len()).unwrap_or(u8::MAX));
        for look in looks {
            out.put_u64(*look);
        }
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (text, key) = (input.text()?, input.u64()?);
        let looks = (0..input.u8()?).map(|_| input.u64()).collect::<Result<_, _>>()?;
        Ok(Self { text, key, looks })
    }
}

impl Rules {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_u32(self.max_rooms);
        self.first_room.write(out);
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { max_rooms: input.u32()?, first_room: Name::read(input)? })
    }
}
