//! One client of the proxy: its connection, and the connection to the server that was made for it.

use std::io::{ErrorKind, Read};
use std::net::Shutdown;

use crate::relay::faults::lines::sender;
use crate::relay::log::Identity;
use crate::relay::socket::{Socket, Turn};
use crate::wire::dialects::Stage;

use super::rooms::room_in;

/// Maximum number of reads from a connection in one round.
const MAX_READS: usize = 16;

/// The two connections of one client.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub(crate) struct Link {
    /// Token of the client's connection; the server's is one more.
    pub(super) token: usize,
    pub(super) client: Socket,
    pub(super) server: Socket,
    pub(super) identity: Identity,
    /// Stage of the client's handshake, as far as the server's words show it.
    pub(super) stage: Stage,
    /// Bytes of the server, of which the last frame is not complete.
    pub(super) rest: Vec<u8>,
    /// True if it has been sent a message: it takes part in its room.
    pub(super) hears: bool,
    /// The digits by which its texts name their sender, once it has said one.
    pub(super) speaks_as: Option<[u8; 3]>,
    /// True if the client has ended its side.
    client_over: bool,
    /// True if the server has ended its side: what is queued for the client is the last.
    pub(super) server_over: bool,
    /// True if the client takes nothing any more.
    pub(super) failed: bool,
}

impl Link {
    pub(super) fn new(token: usize, client: Socket, server: Socket, identity: Identity) -> Self {
        Self {
            token,
            client,
            server,
            identity,
            stage: Stage::default(),
            rest: Vec::new(),
            hears: false,
            speaks_as: None,
            client_over: false,
            server_over: false,
            failed: false,
        }
    }

    /// Passes on what the client says, and ends the server's side when the client has ended its own.
    pub(super) fn pass_on(&mut self, scratch: &mut Vec<u8>) -> Turn {
        for _ in 0..MAX_READS {
            match self.client.read(scratch) {
                Ok(0) => {
                    self.client_over = true;
                    return self.end_if_told();
                }
                Ok(n) => {
                    self.learn(&scratch[..n]);
                    if self.server.send(&[], &scratch[..n]).is_err() {
                        return Turn::Over;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Done,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Turn::Over,
            }
        }
        Turn::More
    }

    /// Reads what the server says.
    pub(super) fn read_server(&mut self, scratch: &mut [u8]) -> Turn {
        for _ in 0..MAX_READS {
            match self.server.stream.read(scratch) {
                Ok(0) => return Turn::Over,
                Ok(n) => self.rest.extend_from_slice(&scratch[..n]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Done,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Turn::Over,
            }
        }
        Turn::More
    }

    /// Writes what is queued for both.
    pub(super) fn catch_up(&mut self) -> Turn {
        self.failed |= self.client.catch_up().is_err();
        if self.server_over && !self.waits() || self.server.catch_up().is_err() {
            return Turn::Over;
        }
        self.end_if_told()
    }

    /// Returns whether bytes wait for the client.
    pub(super) fn waits(&self) -> bool {
        self.client.is_behind() && !self.failed
    }

    /// Returns whether what is sent to the client arrives, as far as can be told.
    pub(super) fn takes_part(&self) -> bool {
        self.hears && !self.client_over && !self.server_over && !self.failed
    }

    fn end_if_told(&mut self) -> Turn {
        if self.client_over && !self.server.is_behind() {
            // A connection that has ended needs no end.
            let _ = self.server.stream.shutdown(Shutdown::Write);
        }
        Turn::Done
    }

    /// Finds out the client's room and number as a sender.
    fn learn(&mut self, said: &[u8]) {
        if self.identity.room.is_none() {
            self.identity.room = room_in(said);
        }
        if self.speaks_as.is_none() {
            self.speaks_as = sender(said);
        }
    }
}
