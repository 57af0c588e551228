//! The thread that owns the database: lines that came together are one transaction.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};

use crate::database::retention::Retention;
use crate::database::sessions::Changes;
use crate::database::{Database, End, OpenError};
use crate::line::{Line, Position};
use crate::moderation::{Deed, Sanction};
use crate::options::{Damage, Durability, Event, Lost, Options};
use crate::session::{Session, Token};

/// The time for which a transaction waits for more lines.
const GATHER: Duration = Duration::from_millis(10);

/// The most that one transaction has, in lines.
const MOST: usize = 4096;

/// The permits that what has become of a session takes of the queue.
pub(crate) const SESSION: u32 = 256;

/// The time between two looks for lines that are too old, or too many.
const RETENTION: Duration = Duration::from_secs(10);

/// The lines that may wait to be written, in bytes.
pub(crate) const QUEUE: usize = 8 * 1024 * 1024;

/// The time between two deletions, as long as there is more to delete: others have their turns.
const BREATH: Duration = Duration::from_millis(20);

/// The time between two files that are put aside, and between two reports of lost lines.
const PAUSE: Duration = Duration::from_mins(1);

/// Returns whether a name is one of those that are meant.
pub(crate) type IsMeant = Box<dyn Fn(&str) -> bool + Send>;

/// Something to do, in the order of its coming.
pub(crate) enum Job {
    Write(Arc<Line>),
    /// Keeps a session as it is now, or not any more.
    Keep(Token, Option<Session>),
    /// Keeps an account with this hash, or removes it, and ends the sessions of an account.
    Account {
        name: Box<str>,
        hash: Option<Box<str>>,
        ended: Option<Box<str>>,
        answer: oneshot::Sender<Result<(), Lost>>,
    },
    /// Keeps what a moderator did: the sanction that it imposed, and those that it lifted.
    Moderate {
        deed: Deed,
        imposed: Option<Sanction>,
        lifted: Vec<u64>,
    },
    /// Tells when all before it is written, or lost.
    Tell(oneshot::Sender<()>),
    Read {
        room: Box<str>,
        behind: Position,
        limit: usize,
        end: End,
        answer: oneshot::Sender<Vec<Line>>,
    },
    /// The last position of a room's line that is stored, up to this one.
    LastUpTo {
        room: Box<str>,
        position: Position,
        answer: oneshot::Sender<Option<Position>>,
    },
    Forget {
        is_meant: IsMeant,
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
    /// The last lines could not be written, which was told.
    has_failed: bool,
    /// The lost lines that were told, and when.
    told: u64,
    told_at: Option<Instant>,
    put_aside_at: Option<Instant>,
    /// A damaged file is put aside.
    replaces: bool,
    /// Lines for the next transaction, and those who wait for it.
    gathered: Vec<Arc<Line>>,
    sessions: Changes,
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
            // With `Commit`, the lines that come during one transaction form the next.
            gather: if options.durability == Durability::Gather { GATHER } else { Duration::ZERO },
            retention: Retention { keep: options.keep, keep_size: options.keep_size },
            queue,
            lost,
            tell,
            has_failed: false,
            told: 0,
            told_at: None,
            put_aside_at: None,
            replaces: options.damage != Damage::Fail,
            gathered: Vec::new(),
            sessions: Changes::new(),
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
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if Instant::now() >= retention_due {
                let deleted = self.retention.delete(&mut self.database);
                let more = self.unless_damaged(deleted).unwrap_or_default();
                retention_due = Instant::now() + if more { BREATH } else { RETENTION };
            }
        }
    }

    /// Takes what has come in the time for gathering. It sleeps for that time, because waking a thread for each line
    /// would cost the speaker's thread a system call each.
    fn gather(&mut self, jobs: &Receiver<Job>) {
        if !self.gathered.is_empty() || !self.sessions.is_empty() {
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
            Job::Keep(token, session) => {
                self.size += SESSION as usize;
                self.sessions.insert(token, session);
            }
            Job::Account { name, hash, ended, answer } => {
                let kept = self.database.keep_account(&name, hash.as_deref(), ended.as_deref());
                let _ = answer.send(self.unless_damaged(kept).ok_or(Lost));
            }
            Job::Moderate { deed, imposed, lifted } => {
                let kept = self.database.moderate(&deed, imposed.as_ref(), &lifted);
                self.queue.add_permits(bytes(deed.size()) as usize);
                if let Err(error) = &kept {
                    self.failed(1, error);
                }
                self.unless_damaged(kept);
            }
            Job::Tell(done) => self.waiting.push(done),
            Job::Read { room, behind, limit, end, answer } => {
                // What was given before is read as well.
                self.write();
                let read = self.database.read(&room, behind, limit, end);
                // Its receiver may have gone.
                let _ = answer.send(self.unless_damaged(read).unwrap_or_default());
            }
            Job::LastUpTo { room, position, answer } => {
                let last = self.database.last_up_to(&room, position);
                let _ = answer.send(self.unless_damaged(last).flatten());
            }
            Job::Forget { is_meant, answer } => {
                self.write();
                let forgotten = self.database.forget(&*is_meant);
                let _ = answer.send(self.unless_damaged(forgotten).ok_or(Lost));
            }
        }
    }

    /// Writes what was gathered.
    fn write(&mut self) {
        if !self.gathered.is_empty() || !self.sessions.is_empty() {
            self.write_gathered();
        }
        for done in self.waiting.drain(..) {
            let _ = done.send(());
        }
    }

    fn write_gathered(&mut self) {
        let mut written = self.database.write(&self.gathered, &self.sessions);
        if written.as_ref().is_err_and(OpenError::is_damage) && self.put_aside() {
            written = self.database.write(&self.gathered, &self.sessions);
        }
        match written {
            Ok(()) => {
                self.sessions.clear();
                self.succeeded();
            }
            // What has become of sessions is written with the next lines.
            Err(error) => self.failed(self.gathered.len() as u64, &error),
        }
        self.gathered.clear();
        self.queue.add_permits(mem::take(&mut self.size));
    }

    /// Something could not be written. Tells if it could before.
    fn failed(&mut self, lost: u64, error: &OpenError) {
        self.lost.fetch_add(lost, Ordering::Relaxed);
        if !mem::replace(&mut self.has_failed, true) {
            (self.tell)(Event::Failed(error.to_string()));
        }
    }

    /// Lines could be written. Tells if they could not before, or if some did not fit the queue.
    fn succeeded(&mut self) {
        let lost = self.lost.load(Ordering::Relaxed);
        let is_new = lost > self.told && self.told_at.is_none_or(|at| at.elapsed() > PAUSE);
        if mem::take(&mut self.has_failed) || is_new {
            (self.tell)(Event::Recovered { lost: lost - self.told });
            (self.told, self.told_at) = (lost, Some(Instant::now()));
        }
    }

    /// The result, if there is one. A file that is found to be damaged is put aside. Other failures to read or to delete
    /// are those of the next writing as well, or do no harm.
    fn unless_damaged<T>(&mut self, result: Result<T, OpenError>) -> Option<T> {
        if result.as_ref().is_err_and(OpenError::is_damage) {
            self.put_aside();
        }
        result.ok()
    }

    /// Puts the file aside, if that is wanted, and tells. Not again and again: the disk may be broken. Returns whether it was.
    fn put_aside(&mut self) -> bool {
        if !self.replaces || self.put_aside_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return false;
        }
        let Ok(aside) = self.database.put_aside() else { return false };
        self.put_aside_at = Some(Instant::now());
        (self.tell)(Event::PutAside(aside));
        true
    }
}

/// The permits that a line takes of the queue.
pub(crate) fn permits(line: &Line) -> u32 {
    bytes(line.size())
}

/// The permits for so many bytes: at most the whole queue.
pub(crate) fn bytes(size: usize) -> u32 {
    u32::try_from(size.min(QUEUE)).unwrap_or(u32::MAX)
}
