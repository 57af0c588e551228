//! One client of the relay: its socket, its unfinished line, and the bytes queued for the socket.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::memrchr;
use mio::net::TcpStream;

use crate::relay::log::Identity;

/// Longest line, in bytes: the longest text a generated client can say. A client with a longer one
/// is dropped. Costs this much for every client that is in the middle of one.
const MAX_LINE: usize = crate::wire::payload::LONGEST;
/// Maximum number of bytes queued for a slow consumer before it is dropped: some seconds of the
/// heaviest traffic. Costs this much memory for each such client.
const MAX_OUTBOX: usize = 16 << 20;
/// Maximum number of reads from a client in one round. Bounds the time that others wait for a
/// flooder.
const MAX_READS: usize = 4;
/// True if a read that does not fill the buffer has emptied the socket. The emulation of readiness
/// on Windows needs a read that fails.
const SHORT_READ_IS_LAST: bool = cfg!(unix);

const GOODBYE: &[u8] = b"salir";
static FIND_GOODBYE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(GOODBYE));

/// A connection that is over.
#[derive(Debug)]
pub(crate) struct Gone;

/// Result of reading from one client in a round.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// There is nothing more to read for now.
    Done,
    /// There may be more to read, without another event.
    More,
    /// It said goodbye, or the connection is over.
    Over,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) stream: TcpStream,
    pub(crate) slot: usize,
    pub(crate) identity: Identity,
    /// Byte range of the client's own lines in the current batch.
    pub(crate) own: Range<usize>,
    /// True if there may be something to read.
    pub(crate) ready: bool,
    /// True if the peer has announced the end of the stream: the last read is then the one that
    /// returns the end itself.
    pub(crate) closing: bool,
    /// True if the member is to be removed.
    pub(crate) ended: bool,
    begun: Vec<u8>,
    outbox: Vec<u8>,
    sent: usize,
}

impl Member {
    pub(crate) fn new(stream: TcpStream, address: SocketAddr, slot: usize, number: u64) -> Self {
        Self {
            stream,
            slot,
            identity: Identity { number, port: address.port() },
            own: 0..0,
            ready: false,
            closing: false,
            ended: false,
            begun: Vec::new(),
            outbox: Vec::new(),
            sent: 0,
        }
    }

    /// Reads, and appends the lines that are complete to the batch.
    pub(crate) fn read_lines(&mut self, scratch: &mut [u8], batch: &mut Vec<u8>) -> Turn {
        for _ in 0..MAX_READS {
            match self.stream.read(scratch) {
                Ok(0) => return Turn::Over,
                Ok(n) => {
                    if self.take(&scratch[..n], batch).is_err() {
                        return Turn::Over;
                    }
                    if SHORT_READ_IS_LAST && n < scratch.len() && !self.closing {
                        return Turn::Done;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Done,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Turn::Over,
            }
        }
        Turn::More
    }

    /// Sends two pieces with one write, as far as the socket takes them; the rest is queued in the
    /// outbox.
    #[inline]
    pub(crate) fn send(&mut self, first: &[u8], second: &[u8]) -> Result<(), Gone> {
        if first.len() + second.len() == 0 {
            return Ok(());
        }
        if !self.outbox.is_empty() {
            return self.keep(first, second, 0);
        }
        let written = if first.is_empty() {
            self.stream.write(second)
        } else {
            self.stream.write_vectored(&[IoSlice::new(first), IoSlice::new(second)])
        };
        match written {
            Ok(n) if n == first.len() + second.len() => Ok(()),
            written => self.keep_rest(first, second, written),
        }
    }

    /// Writes the outbox, until the socket is full.
    pub(crate) fn catch_up(&mut self) -> Result<(), Gone> {
        while self.sent < self.outbox.len() {
            match self.stream.write(&self.outbox[self.sent..]) {
                Ok(n) => self.sent += n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Gone),
            }
        }
        // Replaced, not only cleared: an empty outbox holds no memory.
        self.outbox = Vec::new();
        self.sent = 0;
        Ok(())
    }

    #[cold]
    fn keep_rest(
        &mut self,
        first: &[u8],
        second: &[u8],
        written: io::Result<usize>,
    ) -> Result<(), Gone> {
        let written = match written {
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) if error.kind() == ErrorKind::Interrupted => 0,
            Err(_) => return Err(Gone),
        };
        self.keep(first, second, written)?;
        // There is an event for a full socket only after a write that found it so.
        self.catch_up()
    }

    #[cold]
    fn keep(&mut self, first: &[u8], second: &[u8], written: usize) -> Result<(), Gone> {
        let waiting = self.outbox.len() - self.sent;
        if waiting + first.len() + second.len() - written > MAX_OUTBOX {
            return Err(Gone);
        }
        if self.sent > waiting {
            self.outbox.drain(..mem::take(&mut self.sent));
        }
        self.outbox.extend_from_slice(&first[written.min(first.len())..]);
        self.outbox.extend_from_slice(&second[written.saturating_sub(first.len())..]);
        Ok(())
    }

    fn take(&mut self, bytes: &[u8], batch: &mut Vec<u8>) -> Result<(), Gone> {
        let whole = memrchr(b'\n', bytes).map_or(0, |end| end + 1);
        if whole > 0 {
            let start = batch.len();
            batch.append(&mut mem::take(&mut self.begun));
            batch.extend_from_slice(&bytes[..whole]);
            if let Some(goodbye) = goodbye(&batch[start..]) {
                batch.truncate(start + goodbye);
                return Err(Gone);
            }
        }
        self.begun.extend_from_slice(&bytes[whole..]);
        if self.begun.len() > MAX_LINE { Err(Gone) } else { Ok(()) }
    }
}

/// Offset of the line that says goodbye, if there is one.
fn goodbye(lines: &[u8]) -> Option<usize> {
    FIND_GOODBYE.find_iter(lines).find(|&at| {
        let after = &lines[at + GOODBYE.len()..];
        (at == 0 || lines[at - 1] == b'\n')
            && (after.starts_with(b"\n") || after.starts_with(b"\r\n"))
    })
}

#[cfg(test)]
mod tests {
    use super::goodbye;

    #[test]
    fn goodbye_is_a_line_of_its_own() {
        for (lines, at) in [
            ("salir\n", Some(0)),
            ("a\nsalir\r\nb\n", Some(2)),
            ("salir!\nsalir\n", Some(7)),
            ("no salir\nsalir ya\n", None),
        ] {
            assert_eq!(goodbye(lines.as_bytes()), at, "{lines:?}");
        }
    }
}
