//! A TLS connection: records around the bytes, and the rest of a record that its socket took in part.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::{ServerConfig, ServerConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

/// What is put into records at a time, in bytes: at most as much as one record takes. So much is held, with its header
/// and its seal, of a record whose beginning was sent.
const MAX_RECORD: usize = 16 * 1024;

/// What all connections of a listener have in common.
#[derive(Clone)]
pub(crate) struct Config {
    server: Arc<ServerConfig>,
    turn: Arc<Semaphore>,
}

/// The state of one connection.
pub(crate) struct Tls(Mutex<State>);

struct State {
    connection: ServerConnection,
    /// There is something for the next read, whatever the socket has: text, the end, or a fault.
    pending: bool,
}

/// The halves of a socket as rustls wants them.
struct Incoming<F>(F);
struct Outgoing<F>(F);

impl Config {
    pub(crate) fn new(server: ServerConfig) -> Self {
        Self { server: server.into(), turn: Semaphore::new(1).into() }
    }

    /// Waits for a turn to compute a part of a handshake: signing takes up to some milliseconds. `None` never comes.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turn.acquire().await.ok()
    }
}

impl Tls {
    /// A connection whose client has sent nothing yet.
    pub(super) fn new(config: &Config) -> io::Result<Self> {
        let server = Arc::clone(&config.server);
        let mut connection = ServerConnection::new(server).map_err(io::Error::other)?;
        connection.set_buffer_limit(Some(MAX_RECORD));
        Ok(Self(State { connection, pending: false }.into()))
    }

    /// Returns whether the peers have not agreed on their keys yet.
    pub(super) fn is_handshaking(&self) -> bool {
        self.state().connection.is_handshaking()
    }

    /// Sends what is held, and then by `send`, which gets a function that puts bytes into records and sends these. For
    /// the contract, see [`Transport::offer`](crate::net::transport::Transport::offer).
    pub(super) fn offer<W, S>(&self, write: W, send: S) -> io::Result<usize>
    where
        W: Fn(&[u8]) -> io::Result<usize>,
        S: FnOnce(&dyn Fn(&[u8]) -> io::Result<usize>) -> io::Result<usize>,
    {
        let flushed = self.flush(&write)?;
        if self.holds() {
            return Ok(0);
        }
        match send(&|bytes| self.seal(bytes, &write)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && flushed > 0 => Ok(0),
            taken => taken,
        }
    }

    /// Puts as much of the bytes into records as is sent of these, and of the last one holds what is not. While
    /// something is held, it takes none: [`io::ErrorKind::WouldBlock`].
    pub(super) fn seal(
        &self,
        bytes: &[u8],
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut state = self.state();
        let mut taken = 0;
        while taken < bytes.len() && !state.connection.wants_write() {
            taken += state.connection.writer().write(&bytes[taken..])?;
            match state.flush(&write) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(taken)
    }

    /// Returns whether something waits to be sent.
    pub(super) fn holds(&self) -> bool {
        self.state().connection.wants_write()
    }

    /// Sends what is held. Returns how many bytes were sent; it is an error if that is nothing of something.
    pub(super) fn flush(&self, write: impl Fn(&[u8]) -> io::Result<usize>) -> io::Result<usize> {
        self.state().flush(write)
    }

    /// Announces the end of what is sent.
    pub(super) fn close(&self, write: impl Fn(&[u8]) -> io::Result<usize>) {
        let mut state = self.state();
        state.connection.send_close_notify();
        // A peer that does not take it is gone.
        let _ = state.flush(write);
    }

    /// Returns whether the next read finds something even if the socket has nothing.
    pub(super) fn has_pending(&self) -> bool {
        self.state().pending
    }

    /// Reads once, at most, by `read`. Returns how much of what the peer has said fills the buffer: less than a record,
    /// that is nothing yet. `None`: it says no more. What rustls answers is sent, or held.
    pub(super) fn receive(
        &self,
        buffer: &mut [u8],
        read: impl FnMut(&mut [u8]) -> io::Result<usize>,
        write: impl Fn(&[u8]) -> io::Result<usize>,
    ) -> io::Result<Option<usize>> {
        let mut state = self.state();
        if !state.pending && state.connection.read_tls(&mut Incoming(read))? == 0 {
            return Ok(None);
        }
        let processed = state.connection.process_new_packets();
        // There is none when this fails. What stands in front of a fault was said.
        let n = state.connection.reader().read(buffer).unwrap_or(0);
        let (fault, over) = match processed {
            Ok(now) => {
                state.pending = now.plaintext_bytes_to_read() > n || now.peer_has_closed();
                (None, now.peer_has_closed() && now.plaintext_bytes_to_read() == 0)
            }
            Err(error) => {
                state.pending = true;
                (Some(error), false)
            }
        };
        // A fault of the socket is met again by reading.
        let _ = state.flush(write);
        match fault {
            Some(error) if n == 0 => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            _ if over => Ok(None),
            _ => Ok(Some(n)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn flush(&mut self, write: impl Fn(&[u8]) -> io::Result<usize>) -> io::Result<usize> {
        let mut socket = Outgoing(write);
        let mut sent = 0;
        while self.connection.wants_write() {
            match self.connection.write_tls(&mut socket) {
                Ok(n) => sent += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && sent > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }
}

impl<F: FnMut(&mut [u8]) -> io::Result<usize>> Read for Incoming<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.0)(buffer)
    }
}

impl<F: Fn(&[u8]) -> io::Result<usize>> Write for Outgoing<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
