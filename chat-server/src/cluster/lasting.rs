//! What outlives all servers: accounts, and bans and mutes that hold everywhere (requirement 14.16).
//!
//! The first of the servers keeps all that they have in common, beside the log, soon after such a thing has changed, and now
//! and then. A server that opens the chat anew reads that, applies what the log has behind it, and forgets people and rooms.

use std::error::Error;
use std::time::Duration;

use chat_cluster::nats::Archive;
use chat_cluster::node::Node;
use chat_cluster::replica::Replica;
use chat_cluster::wire::{Reader, Write};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use super::chat::Chat;
use crate::net::transport::Transport;

/// The time between two copies, at least.
const PAUSE: Duration = Duration::from_secs(1);

/// The time after which there is another one although nothing has changed, so that little of the log is to be read behind it.
const REFRESH: Duration = Duration::from_mins(1);

/// The time between two attempts to read one.
const AGAIN: Duration = Duration::from_secs(1);

/// A value that is another when something has changed.
type Mark = (u64, usize, u64);

/// Keeps copies, while this server is the first.
pub(super) struct Keeper {
    archive: Archive,
    /// The time at which the log was made.
    created: u64,
    kept: Option<Mark>,
    begun: Option<Instant>,
    keeping: Option<Keeping>,
}

/// A copy that is being written.
struct Keeping {
    mark: Mark,
    is_kept: oneshot::Receiver<bool>,
    _task: AbortOnDropHandle<()>,
}

impl Keeper {
    pub(super) fn new(archive: Archive, created: u64) -> Self {
        Self { archive, created, kept: None, begun: None, keeping: None }
    }

    /// Begins to write a copy, if one is due. To be called each second at least.
    pub(super) fn look<T: Transport>(&mut self, node: &Node, chat: &Chat<'_, T>) {
        let Some(replica) = node.replica().filter(|_| node.is_keeper()) else {
            (self.kept, self.begun) = (None, None);
            return;
        };
        if let Some(Keeping { mark, is_kept, .. }) = &mut self.keeping {
            match is_kept.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => return,
                done => self.kept = done.unwrap_or(false).then_some(*mark),
            }
            self.keeping = None;
        }
        let mark = chat.lasting();
        let passed = self.begun.map(|begun| begun.elapsed());
        let least = if self.kept == Some(mark) { REFRESH } else { PAUSE };
        if passed.is_some_and(|passed| passed < least) {
            return;
        }
        self.begun = Some(Instant::now());
        let mut copy = Vec::new();
        copy.put_u64(self.created);
        copy.put(&replica.snapshot(chat));
        let (archive, (done, is_kept)) = (self.archive.clone(), oneshot::channel());
        let task = tokio::spawn(async move {
            let kept = archive.keep_lasting(&copy).await;
            if let Err(error) = &kept {
                tracing::error!(%error, "accounts and bans are not kept beside the log");
            }
            // Nobody waits for it if the server is not part of the cluster any more.
            let _ = done.send(kept.is_ok());
        });
        self.keeping = Some(Keeping { mark, is_kept, _task: AbortOnDropHandle::new(task) });
    }
}

/// Reads what has outlived the last chat, as of this position of the log. It is in the state then, with people and rooms that
/// are gone. Tries again until it can be read: without it, each name would be free.
pub(super) async fn recalled<T: Transport>(
    (archive, created): (&Archive, u64),
    chat: &mut Chat<'_, T>,
    position: u64,
) -> Replica {
    loop {
        match recall((archive, created), chat, position).await {
            Ok(replica) => return replica,
            Err(error) => tracing::error!("accounts and bans cannot be read: {error}"),
        }
        sleep(AGAIN).await;
    }
}

async fn recall<T: Transport>(
    (archive, created): (&Archive, u64),
    chat: &mut Chat<'_, T>,
    position: u64,
) -> Result<Replica, Box<dyn Error + Send + Sync>> {
    let mut replica = Replica::default();
    match archive.lasting().await? {
        None => chat.forget_lasting(),
        Some(copy) => {
            let mut copy = Reader::new(&copy);
            let of = copy.u64()?;
            chat.is_recalling = true;
            let read = Replica::restore(copy.rest(), None, chat);
            chat.is_recalling = false;
            let read = read?;
            // Else it is of a log that is lost: all of this one is behind it.
            if of == created {
                replica = read;
            }
        }
    }
    let mut records = archive.records(replica.position(), position);
    while let Some(record) = records.next().await? {
        replica.replay(&record, chat)?;
    }
    Ok(replica)
}
