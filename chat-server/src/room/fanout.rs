//! The fan-outs: who makes the passes over the members of each room, and when.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use chat_protocol::language::Language;
use chat_protocol::name::Name;
use tokio::runtime::Handle;
use tokio::sync::{MutexGuard, mpsc, oneshot};
use tokio::task::{JoinError, consume_budget, yield_now};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::counts::Counts;
use crate::net::transport::Transport;
use crate::net::wire::text::Text;
use crate::room::members::{Members, Pass};
use crate::room::memory::{Memories, Memory};
use crate::room::order::Room;
use crate::room::outbox::{Lagging, OutboxLimits};
use crate::room::seat::Seat;

/// The time for which those who open a room wait for what was said in it: a disk may stand still.
const PATIENCE: Duration = Duration::from_secs(1);

/// In a room of so many members, a client that speaks delivers by itself. With three, it would cost more than it saves
/// when several speak at once: their lines share a write to each member if the room's task delivers them.
const ALONE: usize = 2;

/// The fan-outs of all rooms.
#[derive(Clone)]
pub(crate) struct Deliveries {
    /// The rooms that are open.
    running: TaskTracker,
    /// The members that are being let go.
    partings: TaskTracker,
    /// The limits for slow consumers.
    limits: OutboxLimits,
    /// The time for which a pass waits for more to deliver at once.
    coalesce: Option<Duration>,
    /// The threads that may share a pass.
    threads: NonZeroUsize,
    /// Lagging clients that are in no room yet.
    lagging: Arc<Lagging>,
    /// Rooms remember what is said in them.
    memories: Option<Arc<Memories>>,
    failed: mpsc::Sender<JoinError>,
}

impl Deliveries {
    /// The receiver gets the end of a fan-out that has panicked. Needs a runtime. A large pass is shared by as many threads
    /// as the runtime has, or as there are processors.
    pub(crate) fn new(
        limits: OutboxLimits,
        coalesce: Option<Duration>,
        memories: Option<Memories>,
    ) -> (Self, mpsc::Receiver<JoinError>) {
        let (failed, failure) = mpsc::channel(1);
        let [running, partings] = std::array::from_fn(|_| TaskTracker::new());
        let (lagging, memories) = (Arc::new(Lagging::new()), memories.map(Arc::new));
        let threads = Handle::current().metrics().num_workers();
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = NonZeroUsize::new(threads.min(processors)).unwrap_or(NonZeroUsize::MIN);
        let new = Self { running, partings, limits, coalesce, threads, lagging, memories, failed };
        (new, failure)
    }

    /// An empty room of this name, whose members get what is said in it until it is closed.
    pub(crate) fn open<T: Transport>(&self, name: &Name) -> Arc<Room<T>> {
        let memory = self.memories.clone().map(|memories| Memory::new(memories, name));
        let room = Arc::new(Room::new(memory));
        if self.memories.as_ref().is_some_and(|memories| !memories.archive().is_shared()) {
            self.fill(&room);
        }
        let delivery =
            tokio::spawn(Fanout { room: Arc::clone(&room), deliveries: self.clone() }.run());
        let failed = self.failed.clone();
        self.running.spawn(async move {
            if let Err(error) = delivery.await {
                // One failure is as bad as several.
                let _ = failed.try_send(error);
            }
        });
        room
    }

    /// Sees to it that what was [put](Room::put) into the room is delivered. Two who are alone are served at once, without
    /// waking the room's task.
    pub(crate) fn deliver<T: Transport>(&self, room: &Room<T>) {
        let waits = self.coalesce.is_some() || self.memories().is_some_and(Memories::delay);
        let Some(mut members) = room.take_at_once(if waits { 0 } else { ALONE }) else { return };
        let pass = self.pass(room);
        let mut due = members.begin();
        while !due.is_empty() {
            members.take_turn(&mut due, &pass);
        }
        members.end(&pass, |seat| self.part(seat));
        members.shrink();
    }

    fn pass<'a, T>(&'a self, room: &'a Room<T>) -> Pass<'a> {
        let begun = self.counts().map(|_| Instant::now());
        Pass { lagging: room.lagging(), limits: &self.limits, threads: self.threads, begun }
    }

    /// Reads what was said before in this room, unless that has begun.
    fn fill<T: Transport>(&self, room: &Arc<Room<T>>) {
        let Some((memories, name)) = room.to_be_filled() else { return };
        let room = Arc::clone(room);
        self.running.spawn(async move {
            let mut stored = pin!(memories.archive().stored(&name));
            let lines = timeout(PATIENCE, &mut stored).await;
            // The room opens without the stored lines; they are added when they have been read.
            let is_late = lines.is_err();
            room.fill(lines.ok().flatten());
            if is_late {
                room.fill(stored.await);
            }
        });
    }

    /// Waits until what was said in this room is there: somebody goes there. Cancel-safe.
    pub(crate) async fn filled<T: Transport>(&self, room: &Arc<Room<T>>) {
        self.fill(room);
        room.filled().await;
    }

    /// Writes to a client that is in no room yet, or to the outbox of its seat.
    pub(crate) fn tell<T: Transport>(&self, seat: &mut Seat<T>, line: impl Display) {
        self.write(seat, &format!("{line}\n"));
    }

    /// The same with a text that may be no line.
    pub(crate) fn write<T: Transport>(&self, seat: &mut Seat<T>, text: &str) {
        seat.deliver(
            Text::single(text.as_bytes()),
            self.limits.clock.now(),
            &self.lagging,
            &self.limits,
        );
    }

    /// Lets a client go that is in no room: what waits for it is still delivered.
    pub(crate) fn part<T: Transport>(&self, seat: Seat<T>) {
        let clock = self.limits.clock.clone();
        self.partings.spawn(async move { seat.part(&clock).await });
    }

    /// The same for a client on its way to a room, which is told this last.
    pub(crate) fn part_on_the_way<T: Transport>(
        &self,
        transfer: oneshot::Receiver<Seat<T>>,
        line: String,
    ) {
        let deliveries = self.clone();
        self.partings.spawn(async move {
            if let Ok(mut seat) = transfer.await {
                deliveries.tell(&mut seat, line);
                seat.part(&deliveries.limits.clock).await;
            }
        });
    }

    /// Waits until all rooms are closed, and until every member has everything that was said there.
    pub(crate) async fn finish(&self) {
        self.running.close();
        self.running.wait().await;
        self.partings.close();
        self.partings.wait().await;
    }

    /// Ends a connection that another has taken the place of, once its room has let it go.
    pub(crate) fn end<T: Transport>(&self, leaving: oneshot::Receiver<Seat<T>>) {
        self.partings.spawn(async move {
            if let Ok(seat) = leaving.await {
                seat.hang_up();
            }
        });
    }

    /// The language of what people are told.
    pub(crate) fn language(&self) -> Language {
        self.limits.language
    }

    /// What rooms remember, if they do.
    pub(crate) fn memories(&self) -> Option<&Memories> {
        self.memories.as_deref()
    }

    /// The counters of the server, if it has some.
    pub(crate) fn counts(&self) -> Option<&Arc<Counts>> {
        self.limits.counts.as_ref()
    }

    /// Waits until the store has everything that was said. Cancel-safe.
    pub(crate) async fn written(&self) {
        if let Some(memories) = &self.memories {
            memories.written().await;
        }
    }
}

/// The broadcast of one room: delivers its messages to its members.
struct Fanout<T> {
    room: Arc<Room<T>>,
    deliveries: Deliveries,
}

impl<T: Transport> Fanout<T> {
    /// Delivers until the room is closed and everything said in it has been delivered.
    async fn run(self) {
        loop {
            if let Some(patience) = self.deliveries.coalesce {
                self.room.gather(patience).await;
            }
            let Some(members) = self.room.next().await else { return };
            if let Some(memories) = &self.deliveries.memories {
                memories.may_deliver().await;
            }
            self.pass(members).await;
            // With several threads a busy room may never be empty here; this thread's other tasks
            // have their turns all the same.
            consume_budget().await;
        }
    }

    /// The pass. Between two turns, other tasks have theirs.
    async fn pass(&self, mut members: MutexGuard<'_, Members<T>>) {
        let Self { room, deliveries } = self;
        let pass = deliveries.pass(room);
        let mut due = members.begin();
        members.take_turn(&mut due, &pass);
        while !due.is_empty() {
            yield_now().await;
            members.take_turn(&mut due, &pass);
        }
        members.end(&pass, |seat| deliveries.part(seat));
    }
}

#[cfg(test)]
mod tests;
