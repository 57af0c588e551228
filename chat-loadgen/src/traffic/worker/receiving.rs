//! One read of a client's socket, through its door.

use std::io::{self, ErrorKind, Read};

use crate::door::unwrapping::{Ended, unframe, unseal};
use crate::traffic::client::Client;
use crate::traffic::shared::Shared;

/// Maximum number of bytes of one read, beside the rest of the one before.
pub(super) const READ: usize = 64 * 1024;

/// Buffers of a thread that reads.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// What the dialect gets.
    pub(super) bytes: Vec<u8>,
    /// What has been read of an encrypted connection.
    sealed: Vec<u8>,
    /// Payloads of pings, with the end of each.
    pings: (Vec<u8>, Vec<usize>),
}

/// Result of a read.
#[derive(Debug)]
pub(super) struct Receipt {
    /// Time at which the socket was read, in nanoseconds of the run's clock.
    pub(super) at: u64,
    /// Number of bytes that the socket gave; 0 at its end.
    pub(super) read: usize,
    /// Number of bytes for the dialect.
    pub(super) length: usize,
    /// True if there may be more, however much the socket gave.
    pub(super) again: bool,
    /// The end, if the door tells it.
    pub(super) ended: Option<Ended>,
}

impl Buffers {
    /// Reads once from a client's socket. The bytes for the dialect are behind the first `kept` of
    /// the buffer.
    #[inline]
    pub(super) fn receive(
        &mut self,
        client: &mut Client,
        kept: usize,
        shared: &Shared,
    ) -> io::Result<Receipt> {
        if self.bytes.len() < kept + 1 + READ {
            self.bytes.resize(kept + 1 + READ, 0);
        }
        let Some(connection) = &client.connection else { return Err(ErrorKind::WouldBlock.into()) };
        let is_plain = client.reader.is_none() && !connection.wrapping.is_encrypted();
        if !is_plain {
            return self.receive_wrapped(client, kept, shared);
        }
        let read = (&connection.stream).read(&mut self.bytes[kept..kept + READ])?;
        let at = shared.clock.now();
        Ok(Receipt { at, read, length: read, again: false, ended: None })
    }

    /// The same through a door.
    fn receive_wrapped(
        &mut self,
        client: &mut Client,
        kept: usize,
        shared: &Shared,
    ) -> io::Result<Receipt> {
        // In front of a frame's payload, a byte is spare.
        let from = kept + usize::from(client.reader.is_some());
        let again = !client.early.is_empty();
        let (at, read, mut to, mut ended) = if again {
            let early = std::mem::take(&mut client.early);
            let to = from + early.len();
            self.bytes.resize(self.bytes.len().max(to), 0);
            self.bytes[from..to].copy_from_slice(&early);
            (shared.clock.now(), early.len(), to, None)
        } else {
            self.read_wrapped(client, from, shared)?
        };
        if let Some(reader) = &mut client.reader {
            let (payloads, ends) = &mut self.pings;
            let (length, end) = unframe(reader, &mut self.bytes[kept..to], |ping| {
                payloads.extend_from_slice(ping);
                ends.push(payloads.len());
            });
            (to, ended) = (kept + length, end.or(ended));
            self.answer_pings(client, shared);
        }
        Ok(Receipt { at, read, length: to - kept, again, ended })
    }

    /// Reads the socket, and decrypts what it gives. Gives the time, how much that was, the place
    /// behind it in the buffer, and the end of the connection.
    fn read_wrapped(
        &mut self,
        client: &Client,
        from: usize,
        shared: &Shared,
    ) -> io::Result<(u64, usize, usize, Option<Ended>)> {
        let Some(connection) = &client.connection else { return Err(ErrorKind::WouldBlock.into()) };
        let mut stream = &connection.stream;
        if !connection.wrapping.is_encrypted() {
            let read = stream.read(&mut self.bytes[from..from + READ])?;
            return Ok((shared.clock.now(), read, from + read, None));
        }
        self.sealed.resize(READ, 0);
        let read = stream.read(&mut self.sealed)?;
        let at = shared.clock.now();
        let Some(mut tls) = connection.wrapping.tls() else {
            return Err(ErrorKind::InvalidInput.into());
        };
        let (to, ended) = unseal(&mut tls, &self.sealed[..read], &mut self.bytes, from);
        let has_to_answer = tls.wants_write();
        drop(tls);
        if has_to_answer {
            client.send_half.flush(shared);
        }
        Ok((at, read, to, ended))
    }

    fn answer_pings(&mut self, client: &Client, shared: &Shared) {
        let (payloads, ends) = &mut self.pings;
        let mut start = 0;
        for end in ends.drain(..) {
            client.send_half.pong(&payloads[start..end], shared);
            start = end;
        }
        payloads.clear();
    }
}
