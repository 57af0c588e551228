//! The fate of the clients that stop reading: whether the server closed their connection, when, and
//! how far behind they were.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::Worker;
use super::reading::MAX_REST;
use super::receiving::{Buffers, Receipt};
use crate::roles::Part;
use crate::traffic::client::{Client, Presence};
use crate::traffic::shared::Shared;
use crate::wire::dialects::{Event, unescape};
use crate::wire::payload::{Found, Kind, Message};

/// Maximum time for which slow readers read at the end, to find out whether their connections still
/// exist: the end of one stands behind all that the server had sent before.
const FIND_OUT: Duration = Duration::from_millis(200);

/// Polling interval of that time.
const POLL: Duration = Duration::from_millis(5);

/// The fate of one slow reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Its index among all clients of the run.
    pub(crate) client: u32,
    /// True if the server ended its connection.
    pub(crate) cut_off: bool,
    /// Time at which the end was seen, in nanoseconds of the run's clock. If it stood behind what the
    /// client had not read: the time at which the last of that was sent, if it is known.
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

    /// The fates of all slow readers, when the run is over. They read on for a moment.
    pub(super) fn fates_of(&mut self, clients: &mut [Client]) -> Vec<Fate> {
        let mut fates = std::mem::take(&mut self.fates);
        let until = Instant::now() + FIND_OUT;
        let slow =
            |client: &&mut Client| client.part == Part::Slow && client.presence == Presence::Away;
        let mut unread: Vec<_> = clients.iter_mut().filter(slow).map(Unread::new).collect();
        while unread.iter().any(|unread| !unread.ended) && Instant::now() < until {
            for unread in unread.iter_mut().filter(|unread| !unread.ended) {
                unread.read(&self.shared, until);
            }
            std::thread::sleep(POLL);
        }
        fates.extend(unread.iter().map(|unread| unread.fate(&self.shared)));
        fates
    }
}

/// What a slow reader has not read while the run went on.
struct Unread<'a> {
    client: &'a mut Client,
    ended: bool,
    messages: u64,
    /// Time at which the last of the messages was sent.
    last: Option<u64>,
}

impl<'a> Unread<'a> {
    fn new(client: &'a mut Client) -> Self {
        Self { client, ended: false, messages: 0, last: None }
    }

    /// Reads what there is, at most until then.
    fn read(&mut self, shared: &Shared, until: Instant) {
        let mut buffers = Buffers::default();
        while Instant::now() < until && !self.ended {
            match buffers.receive(self.client, 0, shared) {
                Ok(Receipt { read: 0, .. }) => return self.ended = true,
                Ok(Receipt { length, ended, .. }) => {
                    self.client.rest.extend_from_slice(&buffers.bytes[..length]);
                    self.count(shared);
                    self.ended |= ended.is_some();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => return self.ended = true,
            }
        }
    }

    /// Counts the messages that have been read.
    fn count(&mut self, shared: &Shared) {
        let Client { rest, stage, send_half, .. } = &mut *self.client;
        let (mut used, mut plain) = (0, Vec::new());
        while let Some(frame) =
            shared.dialect.read(send_half.who(), stage, &rest[used..], &mut Vec::new())
        {
            used += frame.length;
            plain.clear();
            let line = match frame.event {
                Event::Said(line) | Event::Other(line) => line,
                Event::Escaped(line) => {
                    unescape(line, &mut plain);
                    &plain
                }
                _ => continue,
            };
            if let Found::Intact(Message { kind: Kind::Measured, sender, number }) =
                shared.mark.find(line)
            {
                self.messages += 1;
                let times = shared.in_flight.times(sender, number);
                self.last = self.last.max(times.map(|times| times.written));
            }
        }
        rest.drain(..used);
        if rest.len() > MAX_REST {
            self.ended = true;
        }
    }

    /// If the connection has ended, that was when the last message that came was sent, or a little
    /// later; and what came is what had not been read by then.
    fn fate(&self, shared: &Shared) -> Fate {
        let Self { ref client, ended: cut_off, messages, last } = *self;
        let sent = client.sent(shared).iter().map(|&sent| u64::from(sent)).sum();
        let behind = if cut_off && messages > 0 { messages } else { sent };
        Fate { client: client.index, cut_off, at: last.filter(|_| cut_off), behind }
    }
}
