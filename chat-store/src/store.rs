//! The handle of a store.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};

use crate::account::Account;
use crate::database::{Database, End, OpenError};
use crate::line::{Line, Position};
use crate::moderation::{Deed, Sanction};
use crate::options::{Event, Lost, Options};
use crate::session::{Session, Token};
use crate::thread::{Job, QUEUE, SESSION, Worker, bytes, permits};

/// The time that the thread has to write what waits, when the store is dropped. A disk may stand still for ever.
const ENDING: Duration = Duration::from_secs(2);

/// A store that is open. Dropping it writes what waits, which takes two seconds at most.
pub struct Store {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// A permit for each byte that may wait.
    queue: Arc<Semaphore>,
    lost: Arc<AtomicU64>,
    epoch: u32,
    put_aside: Option<PathBuf>,
    sessions: Vec<(Token, Session)>,
    accounts: Vec<Account>,
    sanctions: Vec<Sanction>,
}

impl Store {
    /// Opens the file, begins an epoch, and starts the thread. `tell` is called from there.
    ///
    /// A damaged file is [put aside](Self::put_aside), if that is wanted. Fails if the file is another's, locked, or of a
    /// later version; it is not touched then.
    pub fn open(
        options: &Options,
        tell: impl FnMut(Event) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let (mut database, mut put_aside) = Database::open(options)?;
        let mut kept = || {
            Ok((database.sessions(options.resume)?, database.accounts()?, database.sanctions()?))
        };
        let (sessions, accounts, sanctions) = match kept() {
            Err(error) if OpenError::is_damage(&error) => {
                options.may_replace()?;
                put_aside = Some(database.put_aside()?);
                Default::default()
            }
            kept => kept?,
        };
        database.begin_with(&accounts, &sanctions);
        let (jobs, receiver) = mpsc::channel();
        let queue = Arc::new(Semaphore::new(QUEUE));
        let lost = Arc::new(AtomicU64::new(0));
        let epoch = database.epoch();
        let worker =
            Worker::new(database, options, Arc::clone(&queue), Arc::clone(&lost), Box::new(tell));
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.run(&receiver))
            .map_err(OpenError::Thread)?;
        let jobs = Some(jobs);
        let thread = Some(thread);
        Ok(Self { jobs, thread, queue, lost, epoch, put_aside, sessions, accounts, sanctions })
    }

    /// The epoch that began when it was opened.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The name under which a damaged file was put aside as it was opened.
    pub fn put_aside(&self) -> Option<&Path> {
        self.put_aside.as_deref()
    }

    /// The lines that were lost since it was opened.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Bytes that wait to be written.
    pub fn waiting(&self) -> u64 {
        QUEUE.saturating_sub(self.queue.available_permits()) as u64
    }

    /// Gives a line to be written, and waits for nothing. It is lost, and counted, if too much waits already.
    pub fn give(&self, line: Arc<Line>) {
        match self.queue.try_acquire_many(permits(&line)) {
            Ok(permit) => {
                permit.forget();
                self.send(Job::Write(line));
            }
            Err(_) => self.lose(),
        }
    }

    /// Takes the sessions that there were when it was opened, and had not ended.
    pub fn take_sessions(&mut self) -> Vec<(Token, Session)> {
        mem::take(&mut self.sessions)
    }

    /// Keeps a session as it is now, or not any more, and waits for nothing.
    /// If too much waits already, it stays as it was.
    pub fn keep(&self, token: Token, session: Option<Session>) {
        if let Ok(permit) = self.queue.try_acquire_many(SESSION) {
            permit.forget();
            self.send(Job::Keep(token, session));
        }
    }

    /// Takes the accounts that there were when it was opened.
    pub fn take_accounts(&mut self) -> Vec<Account> {
        mem::take(&mut self.accounts)
    }

    /// Keeps an account with this hash, or removes it, and ends the sessions of the account `ended`, a [`Session::account`],
    /// of which none may be in use. It begins at once, and goes on if the future is dropped, which
    /// completes when the file has it.
    pub fn keep_account(
        &self,
        name: &str,
        hash: Option<Box<str>>,
        ended: Option<Box<str>>,
    ) -> impl Future<Output = Result<(), Lost>> + Send + use<> {
        let (answer, kept) = oneshot::channel();
        self.send(Job::Account { name: name.into(), hash, ended, answer });
        async { kept.await.unwrap_or(Err(Lost)) }
    }

    /// Takes the bans and mutes that had not ended when it was opened.
    pub fn take_sanctions(&mut self) -> Vec<Sanction> {
        mem::take(&mut self.sanctions)
    }

    /// Keeps what a moderator did, the sanction that it imposed, and not any more those that it lifted. Waits for nothing;
    /// it is lost, and counted, if too much waits already.
    pub fn moderate(&self, deed: Deed, imposed: Option<Sanction>, lifted: Vec<u64>) {
        match self.queue.try_acquire_many(bytes(deed.size())) {
            Ok(permit) => {
                permit.forget();
                self.send(Job::Moderate { deed, imposed, lifted });
            }
            Err(_) => self.lose(),
        }
    }

    /// The last position of a room's line that is stored, up to this one. Cancel-safe.
    pub async fn last_up_to(&self, room: &str, position: Position) -> Option<Position> {
        let (answer, last) = oneshot::channel();
        self.send(Job::LastUpTo { room: room.into(), position, answer });
        last.await.ok().flatten()
    }

    /// Waits until what was given before is written, or lost. Cancel-safe.
    pub async fn written(&self) {
        let (done, written) = oneshot::channel();
        self.send(Job::Tell(done));
        // If the thread has ended, it is lost.
        let _ = written.await;
    }

    /// The lines of a room behind a position, in order: `limit` of them at most, the last ones. Those that were given
    /// before are among them. Empty if the database cannot be read. Cancel-safe.
    pub async fn read(&self, room: &str, behind: Position, limit: usize) -> Vec<Line> {
        self.read_from(End::Last, room, behind, limit).await
    }

    /// The same, but the first ones.
    pub async fn read_on(&self, room: &str, behind: Position, limit: usize) -> Vec<Line> {
        self.read_from(End::First, room, behind, limit).await
    }

    async fn read_from(&self, end: End, room: &str, behind: Position, limit: usize) -> Vec<Line> {
        let (answer, lines) = oneshot::channel();
        self.send(Job::Read { room: room.into(), behind, limit, end, answer });
        lines.await.unwrap_or_default()
    }

    /// Deletes all lines of the authors that are meant, and makes the file anew. Returns how many lines there were.
    /// Cancel-safe, but it goes on.
    pub async fn forget(
        &self,
        is_meant: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<usize, Lost> {
        let (answer, forgotten) = oneshot::channel();
        self.send(Job::Forget { is_meant: Box::new(is_meant), answer });
        forgotten.await.unwrap_or(Err(Lost))
    }

    fn send(&self, job: Job) {
        // The thread ends after this.
        if let Some(jobs) = &self.jobs
            && let Err(mpsc::SendError(Job::Write(_))) = jobs.send(job)
        {
            self.lose();
        }
    }

    fn lose(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.jobs.take());
        let until = Instant::now() + ENDING;
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
            && Instant::now() < until
        {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests;
