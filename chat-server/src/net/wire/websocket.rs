//! A WebSocket connection: frames around the lines, and the rest of a frame that its socket took in part.

use std::io;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chat_protocol::websocket::frame::{self, Code, MAX_PAYLOAD, Opcode};
use chat_protocol::websocket::reader::{End, Reader};
use tokio::time::Instant;

use crate::net::wire::encoding::{Encoding, Object};
use crate::net::wire::text::Text;

/// The most that a connection holds, in bytes: the rest of a text frame, and some control frames.
const HELD: usize = MAX_PAYLOAD + 512;

/// The part of it that is for a Close frame alone, which must not be forgotten.
const SPARE: usize = 128;

/// The state of one connection. What only a connection in trouble needs takes no memory before.
pub(crate) struct WebSocket {
    encoding: Encoding,
    is_https: bool,
    incoming: Mutex<Incoming>,
    held: Mutex<Held>,
    /// The reason for which it is to be closed, as soon as there is one.
    close: OnceLock<Box<(Code, String)>>,
}

/// The half of the task that reads.
struct Incoming {
    reader: Reader,
    /// Bytes have come since the last ping.
    heard: bool,
    heartbeat: Option<Heartbeat>,
}

/// Pings, and the time that each answer may take.
#[derive(Clone, Copy)]
struct Heartbeat {
    interval: Duration,
    due: Instant,
    /// At that time a byte must have come.
    waiting: bool,
}

/// Bytes that were taken and not sent: the rest of a frame, and control frames behind it.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    /// The last text frame ended within a line, which was too long for one.
    is_within_line: bool,
}

impl WebSocket {
    /// `ping` is the time between two pings, if there are any.
    pub(crate) fn new(encoding: Encoding, ping: Option<Duration>, now: Instant) -> Self {
        let heartbeat =
            ping.map(|interval| Heartbeat { interval, due: now + interval, waiting: false });
        Self {
            encoding,
            is_https: false,
            incoming: Mutex::new(Incoming { reader: Reader::default(), heard: false, heartbeat }),
            held: Mutex::default(),
            close: OnceLock::new(),
        }
    }

    /// The same of a request that was encrypted on its way to a proxy, if it was.
    pub(crate) fn over_https(self, is_https: bool) -> Self {
        Self { is_https, ..self }
    }

    /// Returns whether the request was encrypted on its way to a proxy.
    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    /// The encoding of what is sent.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Sends as much of the text as `write` takes, in frames. For the contract, see
    /// [`Transport::offer`](crate::net::transport::Transport::offer).
    pub(crate) fn offer(
        &self,
        text: Text<'_>,
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut held = self.held();
        let flushed = held.flush(&write)?;
        let mut taken = 0;
        while taken < text.bytes.len() && held.bytes.is_empty() {
            let rest = text.behind(taken);
            let cut = frame::cut(rest);
            let sent = match text.frame {
                Some(frame) => held.send(frame, &write),
                None => held.send(&framed(&rest[..cut]), &write),
            };
            match sent {
                Ok(()) => {
                    taken += cut;
                    held.is_within_line = rest[cut - 1] != b'\n';
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && taken + flushed > 0 => {
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    pub(crate) fn holds(&self) -> bool {
        !self.held().bytes.is_empty()
    }

    /// Makes lines of what has been read: all but the first byte of the buffer. Returns their length, from the
    /// beginning of the buffer. Answers pings.
    pub(crate) fn receive(
        &self,
        buffer: &mut [u8],
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> usize {
        let mut incoming = self.incoming();
        incoming.heard = true;
        // In one write: pings can be as short as six bytes.
        let mut pongs = Vec::new();
        let length = incoming.reader.read(buffer, |ping| {
            pongs.extend(frame::control(Opcode::Pong, ping));
        });
        if !pongs.is_empty() {
            self.send_control(&pongs, HELD - SPARE, write);
        }
        length
    }

    /// Returns whether the peer sends nothing more: it has sent a Close frame, or broken the rules.
    pub(crate) fn has_ended(&self) -> bool {
        self.incoming().reader.end().is_some()
    }

    /// Sets the reason for which it is to be closed. The first one counts.
    pub(crate) fn close_with(&self, code: Code, reason: &str) {
        self.close.get_or_init(|| Box::new((code, reason.to_owned())));
    }

    /// Sends a Close frame, behind what is held.
    pub(crate) fn close(&self, write: impl Fn(&[u8]) -> io::Result<usize>) {
        let close = match (self.close.get().map(|close| &**close), self.incoming().reader.end()) {
            (Some((code, reason)), _) => frame::close(Some(*code as u16), reason),
            (None, Some(End::Closed(code))) => frame::close(code, ""),
            (None, Some(End::Failed(code))) => frame::close(Some(code as u16), ""),
            (None, None) => frame::close(Some(Code::Normal as u16), ""),
        };
        self.send_control(&close, HELD, write);
    }

    /// The time of the next ping, or of the end if none is answered.
    pub(crate) fn beat_due(&self) -> Option<Instant> {
        self.incoming().heartbeat.map(|heartbeat| heartbeat.due)
    }

    /// Sends a ping when it is due, and an object that says so where objects are sent: the script of a page sees no
    /// pings. Returns whether the peer is still there: `heard` if something of it waits to be heard, or if a byte has
    /// come since the last ping.
    pub(crate) fn beat(
        &self,
        heard: bool,
        now: Instant,
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> bool {
        let mut incoming = self.incoming();
        let heard = heard || incoming.heard;
        let Some(heartbeat) = &mut incoming.heartbeat else { return true };
        if heartbeat.due > now {
            return true;
        }
        let answer = heartbeat.interval * 2 / 5;
        if heartbeat.waiting {
            heartbeat.waiting = false;
            heartbeat.due = now + heartbeat.interval * 3 / 5;
            return heard;
        }
        // One that goes nowhere now asks for nothing: what the peer has yet to take has a deadline of its own.
        let mut beat = frame::control(Opcode::Ping, &[]);
        if self.encoding == Encoding::Json && !self.held().is_within_line {
            beat.extend(framed(alive(heartbeat.interval).as_bytes()));
        }
        let is_sent = self.send_control(&beat, 0, write);
        heartbeat.waiting = is_sent;
        heartbeat.due = now + if is_sent { answer } else { heartbeat.interval };
        incoming.heard = false;
        true
    }

    /// Sends control frames, and what may be forgotten like them, now, or holds them, unless more than `most` bytes would
    /// be held: then they are forgotten. Returns whether they were sent.
    fn send_control(
        &self,
        frames: &[u8],
        most: usize,
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> bool {
        let mut held = self.held();
        // A fault is met again by reading.
        let is_clear = held.flush(&write).is_ok() && held.bytes.is_empty();
        if is_clear && held.send(frames, &write).is_ok() {
            return held.bytes.is_empty();
        }
        if held.bytes.len() + frames.len() <= most {
            held.bytes.extend_from_slice(frames);
        }
        false
    }

    fn incoming(&self) -> MutexGuard<'_, Incoming> {
        self.incoming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Sends what is held. Returns how much was sent; it is an error if that is nothing of something.
    fn flush(&mut self, write: impl Fn(&[u8]) -> io::Result<usize>) -> io::Result<usize> {
        if self.bytes.is_empty() {
            return Ok(0);
        }
        let sent = write(&self.bytes)?;
        self.bytes.drain(..sent);
        if self.bytes.is_empty() {
            self.bytes = Vec::new();
        }
        Ok(sent)
    }

    /// Sends a frame, when nothing is held, and holds what is not taken of it, unless nothing is.
    fn send(&mut self, frame: &[u8], write: impl Fn(&[u8]) -> io::Result<usize>) -> io::Result<()> {
        let sent = write(frame)?;
        self.bytes.extend_from_slice(&frame[sent..]);
        Ok(())
    }
}

/// The object that goes with each ping, of which the next one follows after this time.
fn alive(every: Duration) -> String {
    Object::new("alive").value("every", every.as_millis()).end() + "\n"
}

fn framed(text: &[u8]) -> Vec<u8> {
    let (header, start) = frame::text_header(text.len());
    [&header[start..], text].concat()
}

#[cfg(test)]
mod tests;
