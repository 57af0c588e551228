//! Dialects: the protocols of the servers that can be put under load, as a client speaks them.
//!
//! A dialect has no socket and no clock, and keeps nothing between calls but a client's [`Stage`].

use std::fmt;
use std::io::Write;

use clap::ValueEnum;
use memchr::memchr;

mod basico;
mod file;
mod grupal;
mod guess;
mod irc;
mod login;
mod mqtt;
mod nats;
mod redis;
mod sala;
pub(crate) mod sessions;
#[cfg(test)]
mod tests;

pub(crate) use basico::Basico;
pub(crate) use file::{FileDialect, FileError, unescape};
pub(crate) use grupal::Grupal;
pub(crate) use guess::LastWords;
pub(crate) use irc::Irc;
pub(crate) use login::{Login, LoginError};
pub(crate) use mqtt::Mqtt;
pub(crate) use nats::Nats;
pub(crate) use redis::Redis;
pub(crate) use sala::Sala;
pub(crate) use sessions::Sessions;

/// A simulated client's identity: its name and its room.
#[derive(Debug, Clone)]
pub struct Who {
    /// Its name, where the dialect has names: unique in the run.
    pub name: String,
    /// The room it takes part in, counted from 0; none for a client that is only connected.
    pub room: Option<u32>,
}

/// Stage of a client's handshake with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// It has said its hello.
    #[default]
    Greeted,
    /// It has answered the server's `n`th question, or waits for the answer to its own.
    Answered(u8),
    /// Nothing more is asked of it: whether it takes part is shown by what it hears.
    Ready,
}

/// Meaning of one frame from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A chat message, with the framing that the server puts around it.
    Said(&'a [u8]),
    /// Another line: a notice, or a message of a client that is not ours. Judged only if it carries
    /// one of our texts.
    Other(&'a [u8]),
    /// A line of JSON with escapes in its strings. Without them, it may carry a message.
    Escaped(&'a [u8]),
    /// A refusal of this client, or an error, with the server's words.
    Refused(&'a [u8]),
    /// Bytes that the server should never have sent.
    Garbage(&'a [u8]),
    /// A part of the protocol's own conversation: the answer to a command, a ping.
    Routine,
    /// News of the client's session.
    Session(Seam<'a>),
}

/// News of a session, by which a client comes back when it was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seam<'a> {
    /// It has begun.
    Begun {
        /// The word by which the client comes back.
        token: &'a [u8],
        /// The position of the room's last message.
        position: &'a [u8],
    },
    /// The client is back; the server has acted on its lines up to this number.
    Resumed(u64),
    /// The server has acted on the line of this number.
    Accepted(u64),
}

/// One frame at the beginning of what has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Length in bytes of the frame in the input.
    pub length: usize,
    /// Meaning of the frame.
    pub event: Event<'a>,
}

/// Use of WebSocket messages by a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// Each line is a text message without its end.
    Lines,
    /// The bytes are cut anywhere, into binary messages.
    Bytes,
}

/// Travel of a dialect through a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Web<'a> {
    /// What the messages are.
    pub frames: Frames,
    /// The subprotocol that a client offers, if any.
    pub subprotocol: Option<&'a str>,
}

impl Web<'_> {
    /// Lines as this project's servers take them.
    const CHAT: Web<'static> = Web {
        frames: Frames::Lines,
        subprotocol: Some(chat_protocol::websocket::handshake::SUBPROTOCOL),
    };
}

/// Protocol of a broadcast server, as a client speaks it.
pub trait Dialect: Send + Sync + std::fmt::Debug {
    /// Returns whether the server echoes a message to its sender.
    fn echoes(&self) -> bool {
        false
    }

    /// Returns whether there can be more than one room.
    fn has_rooms(&self) -> bool {
        false
    }

    /// Returns whether a client can be connected for long without taking part.
    fn has_idlers(&self) -> bool {
        false
    }

    /// Its travel through a WebSocket, if there is a way.
    fn web(&self) -> Option<Web<'_>> {
        None
    }

    /// Returns whether a server that speaks TLS says its first line before, in the clear.
    fn greets_before_tls(&self) -> bool {
        false
    }

    /// The longest text that fits into a message, in bytes.
    fn longest(&self) -> usize;

    /// The longest name that a client can have, in characters.
    fn longest_name(&self) -> usize {
        chat_protocol::limits::MAX_NAME
    }

    /// The password that clients give the server, which is not shown when the server repeats it.
    fn secret(&self) -> Option<&str> {
        None
    }

    /// Appends the client's first words after connecting, and gives its stage then.
    fn hello(&self, who: &Who, out: &mut Vec<u8>) -> Stage;

    /// The first frame of `input`, or nothing if it is not complete yet.
    ///
    /// What the client has to answer (a name, a pong) is appended to `answer`; the stage changes
    /// accordingly.
    fn read<'a>(
        &self,
        who: &Who,
        stage: &mut Stage,
        input: &'a [u8],
        answer: &mut Vec<u8>,
    ) -> Option<Frame<'a>>;

    /// Appends a text as a message to the client's room. The text is printable ASCII without
    /// blanks.
    fn say(&self, who: &Who, text: &[u8], out: &mut Vec<u8>);

    /// Appends what a client says before it leaves.
    fn bye(&self, out: &mut Vec<u8>);
}

/// The name of a dialect, as `--dialect` and the record have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[expect(missing_docs, reason = "each has a type of its own; and --help would list these")]
pub enum DialectName {
    #[default]
    Basico,
    Sala,
    Grupal,
    Irc,
    Nats,
    Redis,
    Mqtt,
}

impl DialectName {
    /// The dialect of this name, without a login.
    pub fn dialect(self) -> Box<dyn Dialect> {
        self.with_login(None)
    }

    /// The dialect of this name. A login is of use only if it [`takes_login`](Self::takes_login).
    fn with_login(self, login: Option<Login>) -> Box<dyn Dialect> {
        match self {
            Self::Basico => Box::new(Basico),
            Self::Sala => Box::new(Sala),
            Self::Grupal => Box::new(Grupal),
            Self::Irc => Box::new(Irc::new(login)),
            Self::Nats => Box::new(Nats::new(login)),
            Self::Redis => Box::new(Redis::new(login)),
            Self::Mqtt => Box::new(Mqtt::new(login)),
        }
    }

    /// Returns whether clients can give the server a password.
    pub(crate) fn takes_login(self) -> bool {
        matches!(self, Self::Irc | Self::Nats | Self::Redis | Self::Mqtt)
    }
}

impl fmt::Display for DialectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// The protocol of a run: a built-in dialect with the clients' login, or one from a file.
#[derive(Debug, Clone)]
pub(crate) enum Protocol {
    BuiltIn(DialectName, Option<Login>),
    /// `grupal` with sessions.
    Sessions,
    File(Box<FileDialect>),
}

impl Protocol {
    /// The dialect, for one run.
    pub(crate) fn dialect(&self) -> Box<dyn Dialect> {
        match self {
            Self::BuiltIn(name, login) => name.with_login(login.clone()),
            Self::Sessions => Box::new(Sessions),
            Self::File(dialect) => dialect.clone(),
        }
    }

    /// Returns whether it is this built-in dialect.
    pub(crate) fn is(&self, name: DialectName) -> bool {
        matches!(self, Self::BuiltIn(own, _) if *own == name)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(name, _) => name.fmt(f),
            Self::Sessions => DialectName::Grupal.fmt(f),
            Self::File(dialect) => f.write_str(dialect.name()),
        }
    }
}

/// The longest payload that a length in front of one may announce, in bytes: four times the longest
/// text. Without a limit, a server gone mad could have its client wait for gigabytes.
const MAX_PAYLOAD: usize = 4 * crate::wire::payload::LONGEST;

/// The first line of `input` without its LF or CRLF, and the bytes it takes with them.
#[inline]
fn line(input: &[u8]) -> Option<(&[u8], usize)> {
    let end = memchr(b'\n', input)?;
    let line = &input[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1))
}

/// A number of decimal digits and nothing else, of at most [`MAX_PAYLOAD`].
#[inline]
fn number(digits: &[u8]) -> Option<usize> {
    let mut number = 0;
    for digit in digits {
        let worth = digit.wrapping_sub(b'0');
        number = number * 10 + usize::from(worth);
        if worth > 9 || number > MAX_PAYLOAD {
            return None;
        }
    }
    (!digits.is_empty()).then_some(number)
}

/// Malformed input: takes all of it, and gives its beginning.
#[cold]
fn garbage(input: &[u8]) -> Frame<'_> {
    Frame { length: input.len(), event: Event::Garbage(&input[..input.len().min(100)]) }
}

/// Appends formatted text, without a string in between.
fn put(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    // A vector takes everything.
    let _ = out.write_fmt(text);
}
