//! Queue of the messages to be sent, and the end of each on the wire (`--send-framing`).

use std::time::Duration;

use bytes::{Buf, BytesMut};
use chat_protocol::limits::CHUNK_PAUSE;
use clap::ValueEnum;
use tokio::time::Instant;

/// Pause between two messages that nothing separates but time. It is twice the pause that ends a
/// message for the server of this project.
const PAUSE: Duration = CHUNK_PAUSE.saturating_mul(2);

/// The end of each message on the wire (requirement 4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SendFraming {
    /// LF behind each message
    Line,
    /// CR and LF behind each message
    Crlf,
    /// Nothing behind it: each message is one write, followed by a pause
    Bare,
}

/// The messages to be sent.
pub(super) struct Outgoing {
    /// The messages, each with a newline behind it.
    bytes: BytesMut,
    framing: SendFraming,
    /// The end of the pause behind a bare message.
    rests_until: Option<Instant>,
}

impl Outgoing {
    pub(super) fn new(framing: SendFraming) -> Self {
        Self { bytes: BytesMut::new(), framing, rests_until: None }
    }

    /// Adds a message, which contains no newline.
    pub(super) fn push(&mut self, message: &str) {
        self.bytes.extend_from_slice(message.as_bytes());
        self.bytes.extend_from_slice(match self.framing {
            SendFraming::Line | SendFraming::Bare => b"\n",
            SendFraming::Crlf => b"\r\n",
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Number of bytes that wait.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of the next write: all messages, or the rest of a bare one.
    pub(super) fn next_write(&self) -> &[u8] {
        let newline = self.bytes.iter().position(|byte| *byte == b'\n');
        match (self.framing, newline) {
            (SendFraming::Bare, Some(end)) => &self.bytes[..end],
            _ => &self.bytes,
        }
    }

    /// Removes this many bytes, which were sent at this time.
    pub(super) fn sent(&mut self, bytes: usize, now: Instant) {
        self.bytes.advance(bytes);
        if self.framing == SendFraming::Bare && self.bytes.starts_with(b"\n") {
            self.bytes.advance(1);
            self.rests_until = Some(now + PAUSE);
        }
    }

    /// The time before which nothing may be sent, if there is one.
    pub(super) fn rests_until(&self) -> Option<Instant> {
        self.rests_until
    }

    /// Reports that this time has come.
    pub(super) fn rested(&mut self) {
        self.rests_until = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(framing: SendFraming) -> Outgoing {
        let mut outgoing = Outgoing::new(framing);
        outgoing.push("uno");
        outgoing.push("dos");
        outgoing
    }

    #[test]
    fn r4_8_a_message_ends_as_the_server_wants_it() {
        assert_eq!(of(SendFraming::Line).next_write(), b"uno\ndos\n");
        assert_eq!(of(SendFraming::Crlf).next_write(), b"uno\r\ndos\r\n");
    }

    #[test]
    fn r4_8_bare_messages_are_written_one_by_one_with_a_pause_between_them() {
        let (mut outgoing, now) = (of(SendFraming::Bare), Instant::now());
        assert_eq!(outgoing.next_write(), b"uno");
        outgoing.sent(1, now);
        assert_eq!((outgoing.next_write(), outgoing.rests_until()), (&b"no"[..], None));
        outgoing.sent(2, now);
        assert_eq!(outgoing.rests_until(), Some(now + PAUSE));
        outgoing.rested();
        assert_eq!(outgoing.next_write(), b"dos");
        outgoing.sent(3, now);
        assert!(outgoing.is_empty());
    }
}
