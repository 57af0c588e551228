//! The log as the history of all rooms: what was said in them before this server knew of it.
//!
//! A server that becomes part of the cluster looks back over the log, once, and from then on follows it: so it knows where in
//! the log the last messages of each room are, and reads no more than these. A client that has missed more has it read to
//! it from its place in the log on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chat_cluster::entry::Incarnation;
use chat_cluster::log::Record;
use chat_cluster::members::scan::MARGIN;
use chat_cluster::nats::{Archive, JetStream, NatsError};
use chat_cluster::replica::Replica;
use chat_store::line::{Line, Position};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use crate::room::archive::{self, Answer, Reading, Stored};

mod finder;
mod index;

use finder::Finder;
pub(super) use finder::number;
use index::Index;

/// The most records that are looked back over, or read for a client at once.
const MOST: u64 = 50_000;

/// Records that are looked back over at once.
const BLOCK: u64 = 10_000;

/// The time within which they are to be read.
const LONGEST: Duration = Duration::from_secs(2);

/// Two messages with at most so many records between them are read at once.
const NEAR: u64 = 32;

/// Most messages that are read at once for a client that comes back.
const PORTION: usize = 500;

/// What was said before.
pub(crate) struct History {
    archive: Archive,
    known: Mutex<Known>,
    /// The server has looked back.
    ready: Notify,
}

#[derive(Default)]
struct Known {
    epoch: u32,
    index: Index,
    is_ready: bool,
    /// The nodes that are dead, and the numbers of their last passes.
    dead: Vec<(Incarnation, u64)>,
    _looking_back: Option<AbortOnDropHandle<()>>,
}

impl History {
    pub(crate) fn new(log: &JetStream) -> Arc<Self> {
        let archive = log.archive().clone();
        Arc::new(Self { archive, known: Mutex::default(), ready: Notify::new() })
    }

    /// The server is part of the cluster, and follows the log from here on.
    pub(super) fn begin(self: &Arc<Self>, epoch: u32, replica: &Replica) {
        let (history, last) = (Arc::clone(self), replica.position());
        let looking_back = tokio::spawn(async move { history.look_back(epoch, last).await });
        *self.lock() = Known {
            epoch,
            index: Index::behind(end_of(last)),
            is_ready: false,
            dead: replica.members().dead().collect(),
            _looking_back: Some(AbortOnDropHandle::new(looking_back)),
        };
    }

    /// A node is dead.
    pub(super) fn set_dead(&self, replica: &Replica) {
        self.lock().dead = replica.members().dead().collect();
    }

    /// Waits until the server has looked back. Cancel-safe.
    async fn ready(&self) {
        loop {
            let ready = self.ready.notified();
            if self.lock().is_ready {
                return;
            }
            ready.await;
        }
    }

    fn finder(&self, epoch: u32) -> Finder {
        Finder::new(epoch, self.lock().dead.iter().copied())
    }

    /// Finds out where the last messages of each room are, up to this record.
    async fn look_back(&self, epoch: u32, last: u64) {
        let until = Instant::now() + LONGEST;
        let mut up_to = last;
        while up_to > 0 && last - up_to < MOST {
            let behind = up_to.saturating_sub(BLOCK);
            match timeout_at(until, self.block(epoch, behind, up_to)).await {
                Ok(Ok(found)) => self.lock().index.add_before(&found, end_of(behind)),
                Ok(Err(error)) => {
                    tracing::error!("what was said before cannot be read: {error}");
                    break;
                }
                Err(_) => break,
            }
            up_to = behind;
        }
        self.lock().is_ready = true;
        self.ready.notify_waiters();
    }

    /// The places of all messages in these records.
    async fn block(
        &self,
        epoch: u32,
        behind: u64,
        up_to: u64,
    ) -> Result<Vec<(Arc<str>, u64)>, NatsError> {
        let mut finder = self.finder(epoch);
        let mut found = Vec::new();
        let mut records = self.archive.records(behind.saturating_sub(MARGIN), up_to);
        while let Some(record) = records.next().await? {
            for line in finder.find(&record) {
                if record.sequence > behind {
                    found.push((line.room, line.position.number));
                }
            }
        }
        Ok(found)
    }

    /// The messages at these places, in order.
    async fn lines(&self, epoch: u32, numbers: &[u64]) -> Result<Vec<Line>, NatsError> {
        let mut lines = Vec::new();
        let near = |before: &u64, next: &u64| sequence(*next) - sequence(*before) <= NEAR;
        for stretch in numbers.chunk_by(near) {
            let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { continue };
            let mut records = self.archive.records(sequence(*first) - 1, sequence(*last));
            while let Some(record) = records.next().await? {
                let said = finder::all_said(&record, epoch);
                lines.extend(said.filter(|line| stretch.contains(&line.position.number)));
            }
        }
        Ok(lines)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl archive::History for History {
    fn note(&self, room: &Arc<str>, at: Position) {
        self.lock().index.note(room, at.number);
    }

    fn last<'a>(&'a self, room: &'a Arc<str>) -> Answer<'a, Option<Stored>> {
        Box::pin(async move {
            self.ready().await;
            let (epoch, (numbers, from)) = {
                let known = self.lock();
                (known.epoch, known.index.of(room))
            };
            match self.lines(epoch, &numbers).await {
                Ok(lines) => {
                    Some(Stored { lines, complete_from: Position { epoch, number: from } })
                }
                Err(error) => {
                    tracing::error!("what was said in a room cannot be read: {error}");
                    None
                }
            }
        })
    }

    fn past(self: Arc<Self>, room: Arc<str>, behind: Position) -> Box<dyn Reading> {
        Box::new(Past {
            read: sequence(behind.number).saturating_sub(MARGIN + 1),
            finder: self.finder(behind.epoch),
            history: self,
            room,
            ahead: VecDeque::new(),
        })
    }
}

/// What was said in a room behind a position.
struct Past {
    history: Arc<History>,
    finder: Finder,
    room: Arc<str>,
    /// The last record that was read.
    read: u64,
    /// Messages that were read.
    ahead: VecDeque<Line>,
}

impl Reading for Past {
    fn next(&mut self, behind: Position, now: Position) -> Answer<'_, (&[Line], Position)> {
        Box::pin(async move {
            while self.ahead.pop_front_if(|line| line.position <= behind).is_some() {}
            if self.ahead.is_empty() && self.finder.epoch() == now.epoch {
                self.read_on(behind, sequence(now.number)).await;
            }
            let up_to = Position { epoch: self.finder.epoch(), number: end_of(self.read) };
            (&*self.ahead.make_contiguous(), up_to)
        })
    }
}

impl Past {
    /// Reads some more records.
    async fn read_on(&mut self, behind: Position, up_to: u64) {
        let until = Instant::now() + LONGEST;
        let mut records = self.history.archive.records(self.read, up_to);
        let mut count = 0;
        while count < MOST && self.ahead.len() < PORTION {
            let Record { sequence, .. } = match timeout_at(until, records.next()).await {
                Ok(Ok(Some(record))) => {
                    let said = self.finder.find(&record);
                    let said = said.filter(|line| line.room == self.room && line.position > behind);
                    self.ahead.extend(said);
                    record
                }
                Ok(Ok(None)) => {
                    self.read = self.read.max(up_to);
                    return;
                }
                Ok(Err(error)) => {
                    tracing::error!("what a client has missed cannot be read: {error}");
                    return;
                }
                Err(_) => return,
            };
            self.read = sequence;
            count += 1;
        }
    }
}

/// The record of a position's number.
fn sequence(number: u64) -> u64 {
    number >> finder::BITS
}

/// The number of a position behind all of this record.
fn end_of(sequence: u64) -> u64 {
    sequence << finder::BITS | ((1 << finder::BITS) - 1)
}
