//! The fate of the clients that stop reading: whether the server closed their connection, when, and
//! how far behind they were.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use super::Worker;
use crate::roles::Part;
use crate::traffic::client::{Client, Presence};

/// Maximum time for which slow readers read at the end, to find out whether their connections still
/// exist: the end of one stands behind all that the server had sent before.
const FIND_OUT: Duration = Duration::from_millis(200);

/// The fate of one slow reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Its index among all clients of the run.
    pub(crate) client: u32,
    /// True if the server ended its connection.
    pub(crate) cut_off: bool,
    /// Time at which the end was seen, in nanoseconds of the run's clock; nothing if it stood behind
    /// what the client had not read.
    pub(crate) at: Option<u64>,
    /// Number of messages that had been sent since it stopped reading.
    pub(crate) behind: u64,
}

impl Worker {
    /// Notes that the connection of a slow reader has ended.
    pub(super) fn note_fate(&mut self, at: usize) {
        let now = self.shared.clock.now();
        let Some(Some(client)) = self.clients.get_mut(at) else { return };
        client.presence = Presence::Lost;
        client.send_half.end();
        let behind = client.sent(&self.shared).iter().map(|&sent| u64::from(sent)).sum();
        self.fates.push(Fate { client: client.index, cut_off: true, at: Some(now), behind });
    }

    /// The fates of all slow readers, when the run is over.
    pub(super) fn fates_of(&mut self, clients: &[Client]) -> Vec<Fate> {
        let mut fates = std::mem::take(&mut self.fates);
        let until = Instant::now() + FIND_OUT;
        let slow =
            |client: &&Client| client.part == Part::Slow && client.presence == Presence::Away;
        for client in clients.iter().filter(slow) {
            let cut_off = self.has_ended(client, until);
            let behind = client.sent(&self.shared).iter().map(|&sent| u64::from(sent)).sum();
            fates.push(Fate { client: client.index, cut_off, at: None, behind });
        }
        fates
    }

    /// Reads what a client has not read. Returns whether the connection's end stands behind it.
    fn has_ended(&mut self, client: &Client, until: Instant) -> bool {
        let mut stream = client.send_half.stream();
        self.buffer.resize(64 * 1024, 0);
        while Instant::now() < until {
            match stream.read(&mut self.buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(_) => return true,
            }
        }
        false
    }
}
