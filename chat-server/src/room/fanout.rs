//! The fan-out: one pass over a room's members for each batch, one write each.
//!
//! What a pass costs is what the system asks for a socket write, so everything else is kept off
//! it: the members stand in one dense list in the order of their joining, the few that get a text
//! of their own are met in that same order, and no member is ever waited for.

use std::fmt::Display;
use std::iter::Peekable;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_protocol::language::Language;
use chat_protocol::name::Name;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, consume_budget};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::counts::{Counts, Passed};
use crate::net::transport::Transport;
use crate::net::wire::encoding::Encoding;
use crate::net::wire::text::Text;
use crate::room::batch::{Batch, Departure, Exception, OwnText};
use crate::room::memory::{Memories, Memory};
use crate::room::order::Room;
use crate::room::outbox::{Lagging, OutboxLimits};
use crate::room::seat::{MemberId, Seat};

/// The time for which those who open a room wait for what was said in it: a disk may stand still.
const PATIENCE: Duration = Duration::from_secs(1);

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
    /// Lagging clients that are in no room yet.
    lagging: Arc<Lagging>,
    /// Rooms remember what is said in them.
    memories: Option<Arc<Memories>>,
    failed: mpsc::Sender<JoinError>,
}

impl Deliveries {
    /// The receiver gets the end of a fan-out that has panicked.
    pub(crate) fn new(
        limits: OutboxLimits,
        coalesce: Option<Duration>,
        memories: Option<Memories>,
    ) -> (Self, mpsc::Receiver<JoinError>) {
        let (failed, failure) = mpsc::channel(1);
        let [running, partings] = std::array::from_fn(|_| TaskTracker::new());
        let (lagging, memories) = (Arc::new(Lagging::new()), memories.map(Arc::new));
        (Self { running, partings, limits, coalesce, lagging, memories, failed }, failure)
    }

    /// An empty room of this name, whose members get what is said in it until it is closed.
    pub(crate) fn open<T: Transport>(&self, name: &Name) -> Arc<Room<T>> {
        let memory = self.memories.clone().map(|memories| Memory::new(memories, name));
        let room = Arc::new(Room::new(memory));
        if self.memories.as_ref().is_some_and(|memories| !memories.archive().is_shared()) {
            self.fill(&room);
        }
        let delivery = tokio::spawn(Fanout::new(Arc::clone(&room), self.clone()).run());
        let failed = self.failed.clone();
        self.running.spawn(async move {
            if let Err(error) = delivery.await {
                // One failure is as bad as several.
                let _ = failed.try_send(error);
            }
        });
        room
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
    /// Ascending by id, because ids are given in the order of joining.
    seats: Vec<(MemberId, Seat<T>)>,
    own: OwnText,
    deliveries: Deliveries,
}

impl<T: Transport> Fanout<T> {
    fn new(room: Arc<Room<T>>, deliveries: Deliveries) -> Self {
        Self { room, seats: Vec::new(), own: OwnText::default(), deliveries }
    }

    /// Delivers until the room is closed and everything said in it has been delivered.
    async fn run(mut self) {
        let mut batch = Batch::default();
        loop {
            if let Some(patience) = self.deliveries.coalesce {
                self.room.gather(patience).await;
            }
            if !self.room.next(&mut batch).await {
                return;
            }
            if let Some(memories) = &self.deliveries.memories {
                memories.may_deliver().await;
            }
            self.deliver(&mut batch);
            // With several threads a busy room may never be empty here; this thread's other tasks
            // have their turns all the same.
            consume_budget().await;
        }
    }

    /// The pass.
    fn deliver(&mut self, batch: &mut Batch<T>) {
        let begun = self.deliveries.counts().map(|_| Instant::now());
        self.seats.append(&mut batch.joined);
        let pass = Passed { members: self.seats.len(), lines: batch.lines, own: batch.own };
        // Stable: a member's exceptions stay in the order of the text.
        batch.exceptions.sort_by_key(|exception| exception.member);
        if batch.text.is_empty() {
            self.deliver_own(batch);
        } else {
            self.deliver_to_all(batch);
        }
        self.switch(batch);
        self.let_go(&mut batch.left);
        if let (Some(counts), Some(begun)) = (self.deliveries.counts(), begun) {
            counts.passed(&pass, begun);
        }
    }

    fn deliver_to_all(&mut self, batch: &mut Batch<T>) {
        let now = self.deliveries.limits.clock.now();
        let (lagging, limits) = (self.room.lagging(), &self.deliveries.limits);
        let (text, json) = (batch.text.text(), batch.json.text());
        let mut exceptions = by_member(&mut batch.exceptions).peekable();
        for (id, seat) in &mut self.seats {
            let text = if id.encoding() == Encoding::Json { json } else { text };
            if let Some(own) = next_of(&mut exceptions, *id) {
                self.own.compose(text.bytes, own);
                let OwnText { text, letters } = &mut self.own;
                seat.deliver_own(text.text(), letters, now, lagging, limits);
            } else {
                seat.deliver(text, now, lagging, limits);
            }
        }
    }

    /// No message is for all: only the members with a line of their own are looked up.
    fn deliver_own(&mut self, batch: &mut Batch<T>) {
        let now = self.deliveries.limits.clock.now();
        for own in by_member(&mut batch.exceptions) {
            let Ok(place) = self.seats.binary_search_by_key(&own[0].member, |(id, _)| *id) else {
                continue;
            };
            let (_, seat) = &mut self.seats[place];
            self.own.compose(batch.text.bytes(), own);
            let OwnText { text, letters } = &mut self.own;
            seat.deliver_own(
                text.text(),
                letters,
                now,
                self.room.lagging(),
                &self.deliveries.limits,
            );
        }
    }

    /// Members that go on under another id get what there is for that one.
    fn switch(&mut self, batch: &mut Batch<T>) {
        for (before, id) in batch.switched.drain(..) {
            let Ok(place) = self.seats.binary_search_by_key(&before, |(id, _)| *id) else {
                continue;
            };
            let (_, mut seat) = self.seats.remove(place);
            seat.switch(id.encoding());
            let text = if id.encoding() == Encoding::Json { &batch.json } else { &batch.text };
            let exceptions = &mut batch.exceptions;
            let first = exceptions.partition_point(|exception| exception.member < id);
            let behind = exceptions.partition_point(|exception| exception.member <= id);
            self.own.compose(text.bytes(), &mut exceptions[first..behind]);
            let OwnText { text, letters } = &mut self.own;
            let Deliveries { limits, .. } = &self.deliveries;
            seat.deliver_own(text.text(), letters, limits.clock.now(), self.room.lagging(), limits);
            let place = self.seats.partition_point(|(other, _)| *other < id);
            self.seats.insert(place, (id, seat));
        }
    }

    /// Members that left lose their seats; one that goes to another room takes it along, and the others
    /// are parted from in tasks of their own.
    fn let_go(&mut self, left: &mut Vec<Departure<T>>) {
        if left.is_empty() {
            return;
        }
        left.sort_unstable_by_key(|departure| departure.member);
        let gone = |(id, _): &mut (MemberId, Seat<T>)| {
            left.binary_search_by_key(id, |departure| departure.member).is_ok()
        };
        let seats: Vec<_> = self.seats.extract_if(.., gone).collect();
        let mut departures = left.drain(..);
        for (id, seat) in seats {
            let onward = departures.find(|d| d.member == id).and_then(|d| d.onward);
            // The receiver of the seat may have gone as well.
            let stays = match onward {
                Some(onward) => onward.send(seat).err(),
                None => Some(seat),
            };
            if let Some(seat) = stays {
                self.deliveries.part(seat);
            }
        }
    }
}

/// The exceptions of each member.
fn by_member(exceptions: &mut [Exception]) -> impl Iterator<Item = &mut [Exception]> {
    exceptions.chunk_by_mut(|one, next| one.member == next.member)
}

/// The exceptions of one member; those of members that are gone are passed over.
fn next_of<'a>(
    exceptions: &mut Peekable<impl Iterator<Item = &'a mut [Exception]>>,
    member: MemberId,
) -> Option<&'a mut [Exception]> {
    // Almost always the next exception is another member's.
    while let Some(own) = exceptions.next_if(|own| own[0].member <= member) {
        if own[0].member == member {
            return Some(own);
        }
    }
    None
}

#[cfg(test)]
mod tests;
