//! What is around the bytes of one connection to the relay: WebSocket frames, records of TLS, or both.

use std::io::{self, Read, Write};
use std::mem;

use chat_protocol::websocket::frame::{Opcode, control, put_header};
use chat_protocol::websocket::reader::Reader;
use mio::net::TcpStream;
use rustls::ServerConnection;

use crate::door::unwrapping::{Ended, unframe, unseal};
use crate::wire::dialects::Frames;

/// Maximum number of bytes of one read: so many can be taken apart in the loop's buffer.
const READ: usize = 32 << 10;
/// Most bytes in one record of TLS.
const RECORD: usize = 16 << 10;

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Layers {
    frames: Option<(Frames, Reader)>,
    tls: Option<ServerConnection>,
    /// Bytes that came behind the handshakes, without encryption.
    early: Vec<u8>,
    /// True if the last message that was sent is not whole: it did not end in a newline.
    inside: bool,
    /// True if the client has ended its side.
    ended: bool,
}

impl Layers {
    pub(super) fn new(
        frames: Option<Frames>,
        tls: Option<ServerConnection>,
        early: Vec<u8>,
    ) -> Self {
        let frames = frames.map(|frames| (frames, Reader::of_client(frames == Frames::Bytes)));
        Self { frames, tls, early, inside: false, ended: false }
    }

    /// Returns whether there is something to read, whatever the socket has.
    pub(super) fn has_more(&self) -> bool {
        !self.early.is_empty()
    }

    /// The bytes to be written for these.
    pub(super) fn wrap(&mut self, first: &[u8], second: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(first.len() + second.len() + 16);
        if let Some((frames, _)) = &self.frames {
            let ends_line = second.last().or(first.last()) == Some(&b'\n');
            let is_whole = *frames == Frames::Bytes || ends_line;
            let opcode = match frames {
                _ if mem::replace(&mut self.inside, !is_whole) => Opcode::Continuation,
                Frames::Lines => Opcode::Text,
                Frames::Bytes => Opcode::Binary,
            };
            put_header(&mut out, is_whole, opcode, first.len() + second.len(), None);
        }
        out.extend_from_slice(first);
        out.extend_from_slice(second);
        self.seal(&out)
    }

    /// Encrypts bytes, and adds what TLS itself has to say.
    fn seal(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let Some(tls) = &mut self.tls else { return Ok(bytes.to_vec()) };
        let mut sealed = Vec::with_capacity(bytes.len() + 64);
        for piece in bytes.chunks(RECORD) {
            tls.writer().write_all(piece)?;
            while tls.wants_write() {
                tls.write_tls(&mut sealed)?;
            }
        }
        while tls.wants_write() {
            tls.write_tls(&mut sealed)?;
        }
        Ok(sealed)
    }

    /// Reads until there is something to be passed on. Gives how much that is, at the beginning of the buffer, and
    /// what is to be written in answer.
    pub(super) fn read(
        &mut self,
        mut stream: &TcpStream,
        buffer: &mut Vec<u8>,
        answer: &mut Vec<u8>,
    ) -> io::Result<usize> {
        let mut sealed = vec![0; READ];
        let from = usize::from(self.frames.is_some());
        while !self.ended {
            let early = mem::take(&mut self.early);
            let to = if early.is_empty() {
                let read = stream.read(&mut sealed)?;
                self.ended = read == 0;
                match &mut self.tls {
                    Some(tls) => {
                        let (to, ended) = unseal(tls, &sealed[..read], buffer, from);
                        self.ended |= ended.is_some();
                        to
                    }
                    None => put(&sealed[..read], buffer, from),
                }
            } else {
                put(&early, buffer, from)
            };
            let length = self.unframe(buffer, to, answer)?;
            if length > 0 {
                return Ok(length);
            }
        }
        Ok(0)
    }

    fn unframe(&mut self, buffer: &mut [u8], to: usize, answer: &mut Vec<u8>) -> io::Result<usize> {
        let Some((_, reader)) = &mut self.frames else { return Ok(to) };
        let mut pongs = Vec::new();
        let (length, ended) = unframe(reader, &mut buffer[..to], |ping| {
            pongs.extend_from_slice(&control(Opcode::Pong, ping));
        });
        if let Some(ended) = ended {
            self.ended = true;
            if let Ended::Closed(code) = ended {
                let payload = code.map_or_else(Vec::new, |code| code.to_be_bytes().to_vec());
                pongs.extend_from_slice(&control(Opcode::Close, &payload));
            }
        }
        if !pongs.is_empty() {
            let sealed = self.seal(&pongs)?;
            answer.extend_from_slice(&sealed);
        }
        Ok(length)
    }
}

/// Puts bytes into the buffer from there on. Gives the place behind them.
fn put(bytes: &[u8], buffer: &mut Vec<u8>, from: usize) -> usize {
    let to = from + bytes.len();
    buffer.resize(buffer.len().max(to), 0);
    buffer[from..to].copy_from_slice(bytes);
    to
}
