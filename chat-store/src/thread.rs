//! The thread that owns the database: lines that came together are one transaction.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};

use crate::database::retention::Retention;
use crate::database::{Database, is_damage};
use crate::line::{Line, Position};
use crate::options::{Durability, Event, Lost, Options};

/// The time for which a transaction waits for more lines. A commit costs as much as some twenty lines.
const GATHER: Duration = Duration::from_millis(10);

/// The most that one transaction has, in lines.
const MOST: usize = 4096;

/// The time between two looks for lines that are too old, or too many.
const RETENTION: Duration = Duration::from_secs(10);

/// The lines that may wait to be written, in bytes. A disk that stands still for a second in a busy chat fills it
/// to a tenth.
pub(crate) const QUEUE: usize = 8 * 1024 * 1024;

/// Something to do, in the order of its coming.
pub(crate) enum Job {
    Write(Arc<Line>),
    /// Tells when all before it is written, or lost.
    Tell(oneshot::Sender<()>),
    Read {
        room: Box<str>,
        behind: Position,
        limit: usize,
        answer: oneshot::Sender<Vec<Line>>,
    },
    Forget {
        author: Box<str>,
        answer: oneshot::Sender<Result<usize, Lost>>,
    },
}

/// The thread's state.
pub(crate) struct Worker {
    database: Database,
    gather: Duration,
    retention: Retention,
    queue: Arc<Semaphore>,
    lost: Arc<AtomicU64>,
    tell: Box<dyn FnMut(Event) + Send>,
    /// The lines that were lost when it failed first, while it fails.
    failed_at: Option<u64>,
    /// Lines for the next transaction, and those who wait for it.
    gathered: Vec<Arc<Line>>,
    size: usize,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Worker {
    pub(crate) fn new(
        database: Database,
        options: &Options,
        queue: Arc<Semaphore>,
        lost: Arc<AtomicU64>,
        tell: Box<dyn FnMut(Event) + Send>,
    ) -> Self {
        Self {
            database,
            // Who waits for a commit has others behind it, which form the next transaction.
            gather: if options.durability == Durability::Gather { GATHER } else { Duration::ZERO },
            retention: Retention { keep: options.keep, keep_size: options.keep_size },
            queue,
            lost,
            tell,
            failed_at: None,
            gathered: Vec::new(),
            size: 0,
            waiting: Vec::new(),
        }
    }

    /// Works until the store is dropped and everything that was given is written.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        let mut retention_due = Instant::now();
        loop {
            match jobs.recv_timeout(retention_due.saturating_duration_since(Instant::now())) {
                Ok(job) => {
                    self.take(job);
                    self.gather(jobs);
                    self.write();
                }
                Err(RecvTimeoutError::Timeout) => {
                    let deleted = self.retention.delete(&mut self.database);
                    // As long as there is more, only between others.
                    let more = self.checked(deleted).unwrap_or_default();
                    retention_due = Instant::now() + if more { Duration::ZERO } else { RETENTION };
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Takes what has come in the time for gathering. It sleeps for that time: to be woken for each line would cost
    /// those who speak more than the line itself.
    fn gather(&mut self, jobs: &Receiver<Job>) {
        if !self.gathered.is_empty() {
            thread::sleep(self.gather);
        }
        while self.gathered.len() < MOST
            && let Ok(job) = jobs.try_recv()
        {
            self.take(job);
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Write(line) => {
                self.size += permits(&line) as usize;
                self.gathered.push(line);
            }
            Job::Tell(done) => self.waiting.push(done),
            Job::Read { room, behind, limit, answer } => {
                // What was given before is read as well.
                self.write();
                let read = self.database.read(&room, behind, limit);
                // The one who asked may have gone.
                let _ = answer.send(self.checked(read).unwrap_or_default());
            }
            Job::Forget { author, answer } => {
                self.write();
                let forgotten = self.database.forget(&author);
                let _ = answer.send(self.checked(forgotten).ok_or(Lost));
            }
        }
    }

    /// Writes what was gathered.
    fn write(&mut self) {
        if !self.gathered.is_empty() {
            self.write_gathered();
        }
        for done in self.waiting.drain(..) {
            let _ = done.send(());
        }
    }

    fn write_gathered(&mut self) {
        let mut written = self.database.write(&self.gathered);
        if written.as_ref().is_err_and(is_damage)
            && let Ok(aside) = self.database.begin_anew()
        {
            (self.tell)(Event::PutAside(aside));
            written = self.database.write(&self.gathered);
        }
        if self.checked(written).is_some() {
            self.recovered();
        } else {
            self.lost.fetch_add(self.gathered.len() as u64, Ordering::Relaxed);
        }
        self.gathered.clear();
        self.queue.add_permits(mem::take(&mut self.size));
    }

    /// Tells of the first failure.
    fn checked<T>(&mut self, result: rusqlite::Result<T>) -> Option<T> {
        result
            .inspect_err(|error| {
                if self.failed_at.is_none() {
                    self.failed_at = Some(self.lost.load(Ordering::Relaxed));
                    (self.tell)(Event::Failed(error.to_string()));
                }
            })
            .ok()
    }

    /// Something could be written: the failure is over.
    fn recovered(&mut self) {
        if let Some(before) = self.failed_at.take() {
            let lost = self.lost.load(Ordering::Relaxed) - before;
            (self.tell)(Event::Recovered { lost });
        }
    }
}

/// The permits that a line takes of the queue: its size, at most the whole queue.
pub(crate) fn permits(line: &Line) -> u32 {
    u32::try_from(line.size().min(QUEUE)).unwrap_or(u32::MAX)
}
