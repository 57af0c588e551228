//! The wire of a connection: what is between its lines and its socket. TLS records, WebSocket frames, both, or nothing.

pub(crate) mod encoding;
pub(crate) mod stream;
pub(crate) mod text;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
pub(crate) mod tls;
pub(crate) mod websocket;

use std::io;
use std::ops::Range;

use chat_protocol::options::server_address::Door;
use chat_protocol::websocket::frame::Code;
use encoding::Encoding;
use text::Text;
use tls::Tls;
use tokio::time::Instant;
use websocket::WebSocket;

/// The form in which lines travel. A plain connection has an empty pointer; all else is boxed.
#[derive(Default)]
pub(crate) struct Wire(Option<Box<Layers>>);

/// What a wire is made of, from the socket on.
struct Layers {
    tls: Option<Box<Tls>>,
    frames: Option<WebSocket>,
}

/// The result of one read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arrived {
    /// The place of lines in the buffer: nowhere, if less than a record or only control frames have come.
    pub(super) lines: Range<usize>,
    /// False if only control frames have come, which are no activity.
    pub(super) is_activity: bool,
}

/// `write` and `read` are those of the socket.
impl Wire {
    pub(crate) fn new(tls: Option<Box<Tls>>, frames: Option<WebSocket>) -> Self {
        let is_plain = tls.is_none() && frames.is_none();
        Self((!is_plain).then(|| Box::new(Layers { tls, frames })))
    }

    /// The encoding of what is sent.
    pub(crate) fn encoding(&self) -> Encoding {
        self.frames().map_or(Encoding::Text, WebSocket::encoding)
    }

    /// The way by which its client has come. Encryption may end at a proxy.
    pub(super) fn door(&self) -> Door {
        match (self.is_encrypted(), self.has_frames()) {
            (false, false) => Door::Plain,
            (true, false) => Door::Tls,
            (false, true) => Door::WebSocket,
            (true, true) => Door::SecureWebSocket,
        }
    }

    /// Returns whether lines are all that its socket sees.
    pub(super) fn is_plain(&self) -> bool {
        self.0.is_none()
    }

    /// Returns whether it is encrypted, here or on the way to a proxy.
    pub(super) fn is_encrypted(&self) -> bool {
        self.tls().is_some() || self.frames().is_some_and(WebSocket::is_https)
    }

    pub(super) fn has_frames(&self) -> bool {
        self.frames().is_some()
    }

    fn tls(&self) -> Option<&Tls> {
        self.0.as_ref()?.tls.as_deref()
    }

    fn frames(&self) -> Option<&WebSocket> {
        self.0.as_ref()?.frames.as_ref()
    }

    /// For the contract, see [`Transport::offer`](crate::net::transport::Transport::offer).
    pub(super) fn offer(
        &self,
        text: Text<'_>,
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        match (self.tls(), self.frames()) {
            (None, None) => write(text.bytes),
            (None, Some(frames)) => frames.offer(text, write),
            (Some(tls), None) => tls.offer(write, |seal| seal(text.bytes)),
            (Some(tls), Some(frames)) => tls.offer(write, |seal| frames.offer(text, seal)),
        }
    }

    /// Returns whether a frame or a record was sent in part.
    pub(super) fn holds(&self) -> bool {
        self.frames().is_some_and(WebSocket::holds) || self.tls().is_some_and(Tls::holds)
    }

    /// Fills the buffer, but for its first byte, by one read at most. `None`: the peer says no more.
    pub(super) fn receive(
        &self,
        buffer: &mut [u8],
        mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> io::Result<Option<Arrived>> {
        let n = match self.tls() {
            None => match read(&mut buffer[1..])? {
                0 => None,
                n => Some(n),
            },
            Some(tls) => tls.receive(&mut buffer[1..], read, &write)?,
        };
        let Some(n) = n else { return Ok(None) };
        let lines = match self.frames() {
            None => 1..n + 1,
            Some(frames) => 0..frames.receive(&mut buffer[..=n], |bytes| self.write(bytes, &write)),
        };
        // If there is nothing inside of the record yet, it may become anything.
        let is_activity = n == 0 || !lines.is_empty();
        Ok(Some(Arrived { lines, is_activity }))
    }

    /// Returns whether the next read finds something even if the socket has nothing.
    pub(super) fn has_pending(&self) -> bool {
        self.has_ended() || self.tls().is_some_and(Tls::has_pending)
    }

    /// Returns whether the peer has said, by a frame, that it sends nothing more.
    pub(super) fn has_ended(&self) -> bool {
        self.frames().is_some_and(WebSocket::has_ended)
    }

    /// Sends a Close frame, where there are frames, and waits for nothing.
    pub(super) fn close_frames(&self, write: impl Fn(&[u8]) -> io::Result<usize>) {
        if let Some(frames) = self.frames() {
            frames.close(|bytes| self.write(bytes, &write));
        }
    }

    /// Announces the end of what is sent, behind everything else, where TLS does that; and waits for nothing.
    pub(super) fn close_records(&self, write: impl Fn(&[u8]) -> io::Result<usize>) {
        if let Some(tls) = self.tls() {
            tls.close(write);
        }
    }

    /// Sets the reason for which the connection is to be closed, for frames that can tell it by a code.
    pub(super) fn close_with(&self, code: Code, reason: &str) {
        if let Some(frames) = self.frames() {
            frames.close_with(code, reason);
        }
    }

    /// The time of the next [beat](Self::beat), if there is a heartbeat.
    pub(super) fn beat_due(&self) -> Option<Instant> {
        self.frames()?.beat_due()
    }

    /// Sends a ping when it is due. Returns `false` if the last one was not answered in time.
    pub(super) fn beat(
        &self,
        heard: bool,
        now: Instant,
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> bool {
        let Some(frames) = self.frames() else { return true };
        frames.beat(heard, now, |bytes| self.write(bytes, &write))
    }

    fn write(&self, bytes: &[u8], write: impl Fn(&[u8]) -> io::Result<usize>) -> io::Result<usize> {
        match self.tls() {
            None => write(bytes),
            Some(tls) => tls.seal(bytes, write),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one pointer more, an idle client would cost 128 bytes more: the allocator would find no gap for it.
    #[test]
    fn r1_4_a_plain_wire_takes_one_pointer() {
        assert_eq!(size_of::<Wire>(), size_of::<usize>());
        assert!(Wire::new(None, None).is_plain());
    }
}
