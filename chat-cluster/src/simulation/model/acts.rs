//! The acts of people in the model, and their form as bytes.

use crate::entry::{self, Incarnation, PersonId};
use crate::wire::{Malformed, Reader, Write};

/// The name of a person or a room, with the hashes by which it is compared.
///
/// The hashes are made once, by the node that proposes the name, with the key of the cluster. The others do not make
/// them anew: nodes with different tables of Unicode would decide differently, and never agree again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    /// As people write it, at most 64 KiB.
    pub(crate) text: Box<str>,
    /// The hash of the text without case, normal form and signs. Names with the same key are the same name.
    pub(crate) key: u64,
    /// The hashes of its looks, the key among them, at most 255. Two names with one in common can be confused.
    pub(crate) looks: Box<[u64]>,
}

/// An act of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
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

/// The settings of the whole chat, as its founder was started with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    /// The number of rooms that there may be.
    pub(crate) max_rooms: u32,
    /// The name of the room in which people begin.
    pub(crate) first_room: Name,
}

impl Act {
    /// As an entry of the log has it.
    pub(crate) fn encode(&self) -> entry::Act {
        let mut body = Vec::new();
        let kind = match self {
            Self::Claim(_) => 0,
            Self::Arrive => 1,
            Self::Leave => 2,
            Self::Move(_) => 3,
            Self::Rename(_) => 4,
            Self::Say(_) => 5,
            Self::Private(..) => 6,
        };
        match self {
            Self::Claim(name) | Self::Move(name) | Self::Rename(name) => name.write(&mut body),
            Self::Arrive | Self::Leave => {}
            Self::Say(text) => body.put(text),
            Self::Private(to, text) => {
                to.write(&mut body);
                body.put(text);
            }
        }
        entry::Act { kind, body: body.into() }
    }

    pub(crate) fn decode(act: &entry::Act) -> Result<Self, Malformed> {
        let body = &mut Reader::new(&act.body);
        Ok(match act.kind {
            0 => Self::Claim(Name::read(body)?),
            1 => Self::Arrive,
            2 => Self::Leave,
            3 => Self::Move(Name::read(body)?),
            4 => Self::Rename(Name::read(body)?),
            5 => Self::Say(body.rest().into()),
            6 => Self::Private(PersonId::read(body)?, body.rest().into()),
            _ => return Err(Malformed),
        })
    }
}

impl PersonId {
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.put_u64(self.node.0);
        out.put_u64(self.number);
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { node: Incarnation(input.u64()?), number: input.u64()? })
    }
}

impl Name {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.put_text(&self.text);
        out.put_u64(self.key);
        let looks = &self.looks[..self.looks.len().min(u8::MAX.into())];
        out.put_u8(u8::try_from(looks.len()).unwrap_or(u8::MAX));
        for look in looks {
            out.put_u64(*look);
        }
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
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

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { max_rooms: input.u32()?, first_room: Name::read(input)? })
    }
}
