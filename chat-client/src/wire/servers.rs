//! The servers of one chat, in the order in which they are tried (requirements 4.10 and 11.17).

use std::rc::Rc;
use std::time::Duration;

use chat_protocol::options::server_address::ServerAddress;

use super::error::ConnectError;
use super::{Destination, Wire};

/// The servers of one chat: one at least.
pub(crate) struct Servers {
    all: Vec<Rc<Destination>>,
    /// The index of the one that the client talks with, or tries next.
    current: usize,
}

impl Servers {
    pub(crate) fn new(all: impl IntoIterator<Item = Destination>) -> Self {
        Self { all: all.into_iter().map(Rc::new).collect(), current: 0 }
    }

    /// The server that the client talks with, or tries next.
    pub(crate) fn current(&self) -> Rc<Destination> {
        Rc::clone(&self.all[self.current])
    }

    /// The next one is tried next; behind the last one, the first.
    pub(crate) fn turn(&mut self) {
        self.current = (self.current + 1) % self.all.len();
    }

    /// Connects to the first that can be connected to. Returns the round-trip time as well, or why there is none.
    /// Cancel-safe.
    pub(crate) async fn open(
        &mut self,
    ) -> Result<(Wire, Duration), Vec<(ServerAddress, ConnectError)>> {
        let mut reasons = Vec::new();
        for _ in 0..self.all.len() {
            let server = self.current();
            match Wire::open(&server, true).await {
                Ok(opened) => return Ok(opened),
                Err(reason) => reasons.push((server.address.clone(), reason)),
            }
            self.turn();
        }
        Err(reasons)
    }
}
