//! One client of the bare relay: its socket and its unfinished line.

use std::io::ErrorKind;
use std::mem;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::LazyLock;

use crate::relay::log::Identity;
use crate::relay::socket::{Gone, Socket, Turn};
use memchr::memmem::Finder;
use memchr::memrchr;

/// Longest line, in bytes: the longest text a generated client can say. A client with a longer one
/// is dropped. Costs this much for every client that is in the middle of one.
const MAX_LINE: usize = crate::wire::payload::LONGEST;
/// Maximum number of reads from a client in one round. Bounds the time that others wait for a
/// flooder.
const MAX_READS: usize = 4;
/// True if a read that does not fill the buffer has emptied the socket. The emulation of readiness
/// on Windows needs a read that fails.
const SHORT_READ_IS_LAST: bool = cfg!(unix);

const GOODBYE: &[u8] = b"salir";
static FIND_GOODBYE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(GOODBYE));

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) socket: Socket,
    pub(crate) slot: usize,
    pub(crate) identity: Identity,
    /// Byte range of the client's own lines in the current batch.
    pub(crate) own: Range<usize>,
    /// True if there may be something to read.
    pub(crate) ready: bool,
    /// True if the peer has announced the end of the stream: the last read is then the one that
    /// returns the end itself.
    pub(crate) closing: bool,
    begun: Vec<u8>,
}

impl Member {
    pub(crate) fn new(socket: Socket, address: SocketAddr, slot: usize, number: u64) -> Self {
        Self {
            socket,
            slot,
            identity: Identity { number, port: address.port(), room: None },
            own: 0..0,
            ready: false,
            closing: false,
            begun: Vec::new(),
        }
    }

    /// Reads, and appends the lines that are complete to the batch.
    pub(crate) fn read_lines(&mut self, scratch: &mut Vec<u8>, batch: &mut Vec<u8>) -> Turn {
        for _ in 0..MAX_READS {
            match self.socket.read(scratch) {
                Ok(0) => return Turn::Over,
                Ok(n) => {
                    if self.take(&scratch[..n], batch).is_err() {
                        return Turn::Over;
                    }
                    let is_last = SHORT_READ_IS_LAST && !self.socket.is_wrapped();
                    if is_last && n < scratch.len() && !self.closing {
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
