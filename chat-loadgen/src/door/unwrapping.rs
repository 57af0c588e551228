//! The reading direction: what a read of the socket has brought, without encryption and frames.

use std::fmt;
use std::io::{ErrorKind, Read};

use chat_protocol::websocket::frame::Code;
use chat_protocol::websocket::reader::{End, Reader};
use rustls::{ConnectionCommon, SideData};

use crate::wire::dialects::Frames;

/// Space in a buffer for what is decrypted next: the longest record.
const RECORD: usize = 16 << 10;

/// The end of a connection, as its door tells it.
#[derive(Debug, PartialEq)]
pub(crate) enum Ended {
    /// The server has said that it sends nothing more, with this code if any.
    Closed(Option<u16>),
    /// The server has broken the rules of the door.
    Broken(Broken),
}

/// A rule that a server has broken.
#[derive(Debug, PartialEq)]
pub(crate) enum Broken {
    /// A record is wrong.
    Tls(rustls::Error),
    /// A frame is wrong.
    Frame(Code),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(error) => write!(f, "(broken TLS: {error})"),
            Self::Frame(Code::NotText) => f.write_str("(broken WebSocket: a text is not UTF-8)"),
            Self::Frame(Code::TooLong) => f.write_str("(broken WebSocket: a frame is too long)"),
            Self::Frame(_) => f.write_str(
                "(broken WebSocket: a frame is masked, has reserved bits, or is out of place)",
            ),
        }
    }
}

/// A reader of the frames of a server's WebSocket messages.
pub(crate) fn reader(frames: Frames) -> Reader {
    Reader::of_server(frames == Frames::Bytes)
}

/// Decrypts all records in `sealed`. Puts what is in them into the buffer from `from` on. Gives the place behind it,
/// and the end of the connection if that is among them.
pub(crate) fn unseal<Side: SideData>(
    tls: &mut ConnectionCommon<Side>,
    mut sealed: &[u8],
    buffer: &mut Vec<u8>,
    from: usize,
) -> (usize, Option<Ended>) {
    let (mut to, mut ended) = (from, None);
    loop {
        // Each time all: a state that is full reads no record more.
        loop {
            if buffer.len() < to + RECORD {
                buffer.resize(to + RECORD, 0);
            }
            match tls.reader().read(&mut buffer[to..]) {
                Ok(read) if read > 0 => to += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(_) | Err(_) => return (to, ended.or(Some(Ended::Closed(None)))),
            }
        }
        if sealed.is_empty() || ended.is_some() || tls.read_tls(&mut sealed).is_err() {
            return (to, ended);
        }
        if let Err(error) = tls.process_new_packets() {
            ended = Some(Ended::Broken(Broken::Tls(error)));
        }
    }
}

/// Takes frames apart. The buffer's first byte is spare; the payload is put at its beginning. Gives its length, and
/// the end of the connection if that is in it. `ping` gets the payload of each ping.
pub(crate) fn unframe(
    reader: &mut Reader,
    buffer: &mut [u8],
    ping: impl FnMut(&[u8]),
) -> (usize, Option<Ended>) {
    let length = reader.read(buffer, ping);
    let ended = reader.end().map(|end| match end {
        End::Closed(code) => Ended::Closed(code),
        End::Failed(code) => Ended::Broken(Broken::Frame(code)),
    });
    (length, ended)
}
