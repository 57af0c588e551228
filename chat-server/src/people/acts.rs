//! The acts of clients, as entries of the log have them.
//!
//! Fields may be added behind the last one, which earlier versions pass over. A change of what an act does is a new kind.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chat_cluster::entry;
use chat_cluster::wire::{Malformed, Reader, Write};
use chat_store::line::{Numbered, Position};
use chat_store::session::Token;

use crate::net::wire::encoding::Encoding;
use crate::people::accounts::Proved;
use crate::people::directory::coming::Leaving;

/// An act of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// It asks for a name, and with it for a place in the first room.
    Enter(Enter),
    /// It has come to the room that it has been on the way to.
    Arrive(Coming),
    /// It leaves the chat.
    Leave(Leaving),
    /// It says something to its room.
    Say(Said),
    /// It commands something that others can see.
    Command(Commanded),
    /// It comes back to a session on a new connection.
    Resume(Resume),
    /// It makes the account of its name, whose word has this hash.
    Register(Box<str>),
    /// It gives its account another word, which has this hash.
    ChangeWord(Box<str>),
    /// The operator gives the account of this name a word, or removes it.
    SetAccount(Box<str>, Option<Box<str>>),
}

/// The way in which a client comes to its room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Coming {
    /// From the room of this name.
    From(Box<str>),
    /// It was absent, and no room has heard of it.
    Back,
    /// It had left.
    Again,
}

/// A client that asks for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Enter {
    pub(crate) name: Box<str>,
    pub(crate) encoding: Encoding,
    /// The account that it has proved to own.
    pub(crate) proved: Option<Proved>,
    pub(crate) ip: IpAddr,
}

/// A public message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The name of the room to which it was said.
    pub(crate) room: Box<str>,
    /// Its number among the lines of a session.
    pub(crate) numbered: Option<Numbered>,
    pub(crate) author: Author,
    pub(crate) text: Box<str>,
}

/// What stands before a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    Nobody,
    /// A name.
    Name(Box<str>),
    /// The label of a port.
    Port(Box<str>),
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commanded {
    pub(crate) number: Option<u64>,
    /// That of the session which it begins, if it does.
    pub(crate) token: Option<Token>,
    /// As it was typed.
    pub(crate) line: Box<str>,
}

/// A client that comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resume {
    pub(crate) token: Token,
    /// What was said behind this position has not been heard.
    pub(crate) behind: Position,
    pub(crate) ip: IpAddr,
}

impl Act {
    /// As an entry has it.
    pub(crate) fn encode(&self) -> entry::Act {
        let mut body = Vec::new();
        self.write(&mut body);
        entry::Act { kind: self.kind(), body: body.into() }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Enter(_) => 0,
            Self::Arrive(_) => 1,
            Self::Leave(_) => 2,
            Self::Say(_) => 3,
            Self::Command(_) => 4,
            Self::Resume(_) => 5,
            Self::Register(_) => 6,
            Self::ChangeWord(_) => 7,
            Self::SetAccount(..) => 8,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Enter(Enter { name, encoding, proved, ip }) => {
                out.put_text(name);
                out.put_u8((*encoding == Encoding::Json).into());
                out.put_optional(proved.as_ref(), |out, Proved { account, hash }| {
                    out.put_text(account);
                    out.put_text(hash);
                });
                put_ip(out, *ip);
            }
            Self::Arrive(Coming::From(room)) => {
                out.put_u8(0);
                out.put_text(room);
            }
            Self::Leave(Leaving::ForGood) => out.put_u8(0),
            Self::Arrive(Coming::Back) | Self::Leave(Leaving::Cut) => out.put_u8(1),
            Self::Arrive(Coming::Again) | Self::Leave(Leaving::Closing) => out.put_u8(2),
            Self::Say(Said { room, numbered, author, text }) => {
                out.put_text(room);
                out.put_optional(numbered.as_ref(), |out, Numbered { session, number }| {
                    put_position(out, *session);
                    out.put_u64(*number);
                });
                author.write(out);
                out.put_text(text);
            }
            Self::Command(Commanded { number, token, line }) => {
                out.put_option(*number);
                out.put_optional(token.as_ref(), |out, token| out.put(&token.0.to_le_bytes()));
                out.put_text(line);
            }
            Self::Resume(Resume { token, behind, ip }) => {
                out.put(&token.0.to_le_bytes());
                put_position(out, *behind);
                put_ip(out, *ip);
            }
            Self::Register(hash) | Self::ChangeWord(hash) => out.put_text(hash),
            Self::SetAccount(name, hash) => {
                out.put_text(name);
                out.put_optional(hash.as_deref(), Vec::put_text);
            }
        }
    }

    /// Reads an act. A kind that a later version has is no act.
    pub(crate) fn decode(act: &entry::Act) -> Result<Self, Malformed> {
        let body = &mut Reader::new(&act.body);
        Ok(match act.kind {
            0 => Self::Enter(Enter {
                name: body.text()?,
                encoding: if body.flag()? { Encoding::Json } else { Encoding::Text },
                proved: body.option(|body| {
                    Ok(Proved { account: body.text()?, hash: body.text()?.into() })
                })?,
                ip: ip(body)?,
            }),
            1 => Self::Arrive(match body.u8()? {
                0 => Coming::From(body.text()?),
                1 => Coming::Back,
                2 => Coming::Again,
                _ => return Err(Malformed),
            }),
            2 => Self::Leave(match body.u8()? {
                0 => Leaving::ForGood,
                1 => Leaving::Cut,
                2 => Leaving::Closing,
                _ => return Err(Malformed),
            }),
            3 => Self::Say(Said {
                room: body.text()?,
                numbered: body.option(|body| {
                    Ok(Numbered { session: position(body)?, number: body.u64()? })
                })?,
                author: match body.u8()? {
                    0 => Author::Nobody,
                    1 => Author::Name(body.text()?),
                    2 => Author::Port(body.text()?),
                    _ => return Err(Malformed),
                },
                text: body.text()?,
            }),
            4 => Self::Command(Commanded {
                number: body.option(Reader::u64)?,
                token: body.option(token)?,
                line: body.text()?,
            }),
            5 => {
                Self::Resume(Resume { token: token(body)?, behind: position(body)?, ip: ip(body)? })
            }
            6 => Self::Register(body.text()?),
            7 => Self::ChangeWord(body.text()?),
            8 => Self::SetAccount(body.text()?, body.option(Reader::text)?),
            _ => return Err(Malformed),
        })
    }
}

impl Author {
    fn write(&self, out: &mut Vec<u8>) {
        let (kind, text) = match self {
            Self::Nobody => return out.put_u8(0),
            Self::Name(name) => (1, name),
            Self::Port(label) => (2, label),
        };
        out.put_u8(kind);
        out.put_text(text);
    }
}

fn put_position(out: &mut Vec<u8>, position: Position) {
    out.put_u32(position.epoch);
    out.put_u64(position.number);
}

fn position(body: &mut Reader<'_>) -> Result<Position, Malformed> {
    Ok(Position { epoch: body.u32()?, number: body.u64()? })
}

/// An IPv4 address is written as the IPv6 address that stands for it.
fn put_ip(out: &mut Vec<u8>, ip: IpAddr) {
    let ip = match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    out.put(&ip.octets());
}

fn ip(body: &mut Reader<'_>) -> Result<IpAddr, Malformed> {
    let octets: [u8; 16] = body.bytes(16)?.try_into().map_err(|_| Malformed)?;
    let ip = Ipv6Addr::from(octets);
    Ok(ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), |ip: Ipv4Addr| IpAddr::V4(ip)))
}

fn token(body: &mut Reader<'_>) -> Result<Token, Malformed> {
    let bytes = body.bytes(16)?.try_into().map_err(|_| Malformed)?;
    Ok(Token(u128::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_act() -> impl Strategy<Value = Act> {
        let text = || "\\PC{0,20}".prop_map(Box::<str>::from);
        let ip = || any::<IpAddr>().prop_map(|ip| ip.to_canonical());
        let encoding = prop_oneof![Just(Encoding::Text), Just(Encoding::Json)];
        let leaving =
            prop_oneof![Just(Leaving::ForGood), Just(Leaving::Cut), Just(Leaving::Closing)];
        let author = prop_oneof![
            Just(Author::Nobody),
            text().prop_map(Author::Name),
            text().prop_map(Author::Port)
        ];
        prop_oneof![
            (text(), encoding, proptest::option::of((text(), text())), ip()).prop_map(
                |(name, encoding, proved, ip)| {
                    let proved =
                        proved.map(|(account, hash)| Proved { account, hash: hash.into() });
                    Act::Enter(Enter { name, encoding, proved, ip })
                }
            ),
            text().prop_map(|room| Act::Arrive(Coming::From(room))),
            Just(Act::Arrive(Coming::Back)),
            Just(Act::Arrive(Coming::Again)),
            leaving.prop_map(Act::Leave),
            (text(), any::<Option<(u32, u64, u64)>>(), author, text()).prop_map(
                |(room, numbered, author, text)| {
                    let numbered = numbered.map(|(epoch, place, number)| Numbered {
                        session: Position { epoch, number: place },
                        number,
                    });
                    Act::Say(Said { room, numbered, author, text })
                }
            ),
            (any::<Option<u64>>(), any::<Option<u128>>(), text()).prop_map(
                |(number, token, line)| {
                    Act::Command(Commanded { number, token: token.map(Token), line })
                }
            ),
            (any::<u128>(), any::<(u32, u64)>(), ip()).prop_map(|(token, (epoch, number), ip)| {
                let behind = Position { epoch, number };
                Act::Resume(Resume { token: Token(token), behind, ip })
            }),
            text().prop_map(Act::Register),
            text().prop_map(Act::ChangeWord),
            (text(), proptest::option::of(text()))
                .prop_map(|(name, hash)| Act::SetAccount(name, hash)),
        ]
    }

    /// An act of each kind, as version 0.1.0 writes it. They are not changed any more.
    fn of_0_1_0() -> Vec<(&'static [u8], Act)> {
        let session = Position { epoch: 2, number: 3 };
        let ip = [192, 0, 2, 1].into();
        let (name, text) = (|| "Ana".into(), || "hola".into());
        let proved = Some(Proved { account: "ana".into(), hash: "h".into() });
        let enter = Enter { name: name(), encoding: Encoding::Json, proved, ip };
        let numbered = Some(Numbered { session, number: 4 });
        let said = Said { room: "r".into(), numbered, author: Author::Name(name()), text: text() };
        let port = Author::Port("u".into());
        let unnumbered = Said { room: "r".into(), numbered: None, author: port, text: text() };
        let token = Token(0xaa);
        let command = Commanded { number: Some(5), token: Some(token), line: text() };
        vec![
            (
                b"\0\x03\0Ana\x01\x01\x03\0ana\x01\0h\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01",
                Act::Enter(enter),
            ),
            (b"\x01\0\x01\0r", Act::Arrive(Coming::From("r".into()))),
            (b"\x01\x01", Act::Arrive(Coming::Back)),
            (b"\x01\x02", Act::Arrive(Coming::Again)),
            (b"\x02\0", Act::Leave(Leaving::ForGood)),
            (b"\x02\x01", Act::Leave(Leaving::Cut)),
            (b"\x02\x02", Act::Leave(Leaving::Closing)),
            (
                b"\x03\x01\0r\x01\x02\0\0\0\x03\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x01\x03\0Ana\x04\0hola",
                Act::Say(said),
            ),
            (b"\x03\x01\0r\0\x02\x01\0u\x04\0hola", Act::Say(unnumbered)),
            (
                b"\x04\x01\x05\0\0\0\0\0\0\0\x01\xaa\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0hola",
                Act::Command(command),
            ),
            (
                b"\x05\xaa\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01",
                Act::Resume(Resume { token, behind: session, ip }),
            ),
            (b"\x06\x01\0h", Act::Register("h".into())),
            (b"\x07\x01\0h", Act::ChangeWord("h".into())),
            (b"\x08\x03\0Ana\x01\x01\0h", Act::SetAccount(name(), Some("h".into()))),
            (b"\x08\x03\0Ana\0", Act::SetAccount(name(), None)),
        ]
    }

    #[test]
    fn r14_18_an_act_of_an_earlier_version_is_read_and_the_earlier_one_reads_those_of_today() {
        for (bytes, act) in of_0_1_0() {
            let encoded = entry::Act { kind: bytes[0], body: bytes[1..].into() };
            assert_eq!(Act::decode(&encoded), Ok(act.clone()));
            assert_eq!(act.encode(), encoded);
        }
    }

    proptest! {
        #[test]
        fn an_act_is_read_as_it_was_written(act in any_act(), more: u8) {
            let mut encoded = act.encode();
            prop_assert_eq!(Act::decode(&encoded), Ok(act.clone()));
            // A field of a later version.
            encoded.body = [&encoded.body[..], &[more]].concat().into();
            prop_assert_eq!(Act::decode(&encoded), Ok(act));
        }

        #[test]
        fn any_bytes_are_an_act_or_an_error(kind: u8, body: Vec<u8>) {
            let act = entry::Act { kind, body: body.into() };
            if let Ok(read) = Act::decode(&act) {
                prop_assert_eq!(Act::decode(&read.encode()), Ok(read));
            }
        }
    }
}
