//! A connection's socket, with the bytes queued for it.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem;

use mio::net::TcpStream;

use super::layers::Layers;

/// Maximum number of bytes queued for a slow consumer before it is dropped: some seconds of the
/// heaviest traffic. Costs this much memory for each such client.
const MAX_OUTBOX: usize = 16 << 20;

/// A connection that is over.
#[derive(Debug)]
pub(crate) struct Gone;

/// Result of reading from one connection in a round.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// There is nothing more to read for now.
    Done,
    /// There may be more to read, without another event.
    More,
    /// The peer said goodbye, or the connection is over.
    Over,
}

/// A socket, and the bytes that it has not taken.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
    /// What is around its bytes.
    layers: Option<Box<Layers>>,
    outbox: Vec<u8>,
    sent: usize,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, layers: Option<Box<Layers>>) -> Self {
        Self { stream, layers, outbox: Vec::new(), sent: 0 }
    }

    /// Returns whether a read that does not fill the buffer may leave something in the socket.
    pub(crate) fn is_wrapped(&self) -> bool {
        self.layers.is_some()
    }

    /// Reads what the peer says, once.
    pub(crate) fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let Some(layers) = &mut self.layers else { return self.stream.read(buffer) };
        let mut answer = Vec::new();
        let read = layers.read(&self.stream, buffer, &mut answer);
        if !answer.is_empty() && self.send_raw(&[], &answer).is_err() {
            return Ok(0);
        }
        read
    }

    /// Returns whether bytes are queued.
    pub(crate) fn is_behind(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Sends two pieces with one write, as far as the socket takes them; the rest is queued in the
    /// outbox.
    #[inline]
    pub(crate) fn send(&mut self, first: &[u8], second: &[u8]) -> Result<(), Gone> {
        if first.len() + second.len() == 0 {
            return Ok(());
        }
        match &mut self.layers {
            None => self.send_raw(first, second),
            Some(layers) => {
                let wrapped = layers.wrap(first, second).map_err(|_| Gone)?;
                self.send_raw(&[], &wrapped)
            }
        }
    }

    #[inline]
    fn send_raw(&mut self, first: &[u8], second: &[u8]) -> Result<(), Gone> {
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
                Err(error) if is_full(&error) => return Ok(()),
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
            Err(error) if is_full(&error) => 0,
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
}

/// Returns whether a socket takes nothing for now: it is full, or not connected yet.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}
