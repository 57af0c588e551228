//! A room: the one place that decides the order of what is said in it.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chat_store::line::Position;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use crate::net::wire::encoding::Encoding;
use crate::room::archive::Stored;
use crate::room::batch::Batch;
use crate::room::event::Event;
use crate::room::letter::Letter;
use crate::room::memory::{Memories, Memory};
use crate::room::outbox::Lagging;
use crate::room::seat::{MemberId, Seat};

/// Bytes of text that may wait for the next pass; a speaker waits for space first.
///
/// Large enough that a pass is worth its system calls; small enough that a flood is a few
/// milliseconds of delay for the others, and that several batches fit into an outbox.
pub(crate) const FULL: usize = 64 * 1024;

/// The room's pending batch, shared by the speakers and the fan-out.
///
/// Speaking appends to the batch under a short lock; nothing that is done under the lock depends
/// on the number of members.
pub(crate) struct Room<T> {
    state: Mutex<State<T>>,
    /// Something waits to be delivered, or the room was closed.
    pending: Notify,
    /// A member has joined.
    joined: Notify,
    /// There is enough for a pass, or the room was closed.
    full: Notify,
    /// The batch was taken: there is space again.
    taken: Notify,
    /// The stored lines of the room have been read.
    filled: Notify,
    lagging: Lagging,
}

/// What a member that joins is told of what was said before.
#[derive(Clone, Copy)]
pub(crate) enum Past {
    /// The last messages, if any (`--replay`).
    Last,
    /// The messages behind this position, without those of this session.
    Behind(Position, Position),
}

struct State<T> {
    batch: Batch<T>,
    next_id: u64,
    /// Members that are in the room, or will be as soon as the batch is delivered.
    members: usize,
    /// Those of them that take JSON.
    json_members: usize,
    closed: bool,
    /// What was said last, where rooms remember that.
    memory: Option<Memory>,
}

impl<T> State<T> {
    /// Of an empty room.
    fn new(memory: Option<Memory>) -> Self {
        let batch = Batch::default();
        Self { batch, next_id: 0, members: 0, json_members: 0, closed: false, memory }
    }

    /// All members but the sender hear this, and a message is remembered.
    fn say(&mut self, sender: MemberId, event: &(impl Event + ?Sized)) {
        let position = self
            .memory
            .as_mut()
            .and_then(|memory| event.message().map(|message| memory.remember(message)));
        let json = (self.json_members > 0).then(|| event.json(position));
        self.batch.say(sender, event, json);
    }

    /// Returns whether there is nothing to be gained by waiting for more.
    fn is_worth_a_pass(&self) -> bool {
        self.closed || self.batch.size() >= FULL
    }
}

impl<T> Room<T> {
    /// An empty room, which may remember what is said in it.
    pub(crate) fn new(memory: Option<Memory>) -> Self {
        Self {
            state: Mutex::new(State::new(memory)),
            pending: Notify::new(),
            joined: Notify::new(),
            full: Notify::new(),
            taken: Notify::new(),
            filled: Notify::new(),
            lagging: Lagging::new(),
        }
    }

    /// Takes a member in and welcomes it, and tells it what was said before; it hears everything from here on until it
    /// leaves. Returns also a position behind all that was said there by now.
    pub(crate) fn join(
        &self,
        seat: Seat<T>,
        encoding: Encoding,
        welcome: impl IntoIterator<Item = impl fmt::Display>,
        past: Past,
    ) -> (MemberId, Position) {
        let id = self.change(|state| {
            let id = MemberId::new(state.next_id, encoding);
            state.next_id += 1;
            state.members += 1;
            state.json_members += usize::from(encoding == Encoding::Json);
            state.batch.join(id, seat);
            welcome.into_iter().for_each(|line| state.batch.tell(id, line));
            let Some(memory) = &state.memory else { return (id, Position::START) };
            let batch = &mut state.batch;
            match past {
                Past::Last => memory.welcome(encoding).for_each(|line| batch.tell(id, line)),
                Past::Behind(position, session) => {
                    memory.behind(position, session).for_each(|line| batch.tell(id, line));
                }
            }
            (id, memory.now())
        });
        self.joined.notify_waiters();
        id
    }

    /// All members but the sender hear this, exactly once. Returns its size in bytes.
    pub(crate) fn say(&self, sender: MemberId, event: &(impl Event + ?Sized)) -> usize {
        self.add(|state| state.say(sender, event))
    }

    /// The member alone hears this line, which has its encoding. Returns its size in bytes.
    pub(crate) fn tell(&self, member: MemberId, line: impl fmt::Display) -> usize {
        self.add(|state| state.batch.tell(member, line))
    }

    /// The same, for a line that may be a letter.
    pub(crate) fn post(
        &self,
        member: MemberId,
        line: impl fmt::Display,
        letter: Option<Letter>,
    ) -> usize {
        self.add(|state| state.batch.post(member, line, letter))
    }

    /// The same for a letter from this room: its sender gets the receipt at the same place of the order.
    pub(crate) fn post_with_receipt(
        &self,
        member: MemberId,
        line: impl fmt::Display,
        letter: Letter,
        (sender, receipt): (MemberId, impl fmt::Display),
    ) -> usize {
        self.add(|state| {
            state.batch.post(member, line, Some(letter));
            state.batch.tell(sender, receipt);
        })
    }

    /// The others hear one line and the member another, at one place of the order. Returns their size in
    /// bytes.
    pub(crate) fn say_and_tell(
        &self,
        member: MemberId,
        said: &impl Event,
        told: impl fmt::Display,
    ) -> usize {
        self.add(|state| {
            state.say(member, said);
            state.batch.tell(member, told);
        })
    }

    /// Adds lines to the batch. Returns their size in bytes.
    fn add(&self, add: impl FnOnce(&mut State<T>)) -> usize {
        self.change(|state| {
            let before = state.batch.size();
            add(state);
            state.batch.size() - before
        })
    }

    /// The member hears nothing from here on, and is let go politely.
    pub(crate) fn leave(&self, member: MemberId) {
        let _ = self.depart(member, None);
    }

    /// The same, but it is not let go: it takes its seat along to another room. Returns also a position
    /// behind all that was said here by now.
    pub(crate) fn hand_over(&self, member: MemberId) -> (oneshot::Receiver<Seat<T>>, Position) {
        let (onward, seat) = oneshot::channel();
        (seat, self.depart(member, Some(onward)))
    }

    fn depart(&self, member: MemberId, onward: Option<oneshot::Sender<Seat<T>>>) -> Position {
        self.change(|state| {
            state.members -= 1;
            state.json_members -= usize::from(member.encoding() == Encoding::Json);
            state.batch.leave(member, onward);
            state.memory.as_ref().map_or(Position::START, Memory::now)
        })
    }

    /// The position of the last message.
    pub(crate) fn position(&self) -> Position {
        self.lock().memory.as_ref().map_or(Position::START, Memory::position)
    }

    /// The member goes on under another id, with another encoding. It is told this first, which has the position of now.
    pub(crate) fn switch(
        &self,
        member: MemberId,
        encoding: Encoding,
        told: impl FnOnce(Position) -> String,
    ) -> (MemberId, Position) {
        self.change(|state| {
            let id = MemberId::new(state.next_id, encoding);
            state.next_id += 1;
            state.json_members += usize::from(encoding == Encoding::Json);
            state.json_members -= usize::from(member.encoding() == Encoding::Json);
            state.batch.switch(member, id);
            let now = state.memory.as_ref().map_or(Position::START, Memory::now);
            state.batch.tell(id, told(now));
            (id, now)
        })
    }

    /// The position behind which it remembers every message.
    pub(crate) fn complete_from(&self) -> Position {
        self.lock().memory.as_ref().map_or(Position::START, Memory::complete_from)
    }

    /// It remembers more for as long as this is there.
    pub(crate) fn remember_more(&self) -> Option<Arc<()>> {
        self.lock().memory.as_ref().map(Memory::remember_more)
    }

    /// Returns whether it remembers every message behind this position.
    pub(crate) fn reaches(&self, behind: Position) -> bool {
        self.lock().memory.as_ref().is_none_or(|memory| memory.reaches(behind))
    }

    /// The memory of all rooms, and what this one is called there.
    pub(crate) fn place(&self) -> Option<(Arc<Memories>, Arc<str>)> {
        self.lock().memory.as_ref().map(Memory::place)
    }

    /// The last messages, at most so many, in this encoding, each on a line. `None` if there is none.
    pub(crate) fn recall(&self, count: usize, encoding: Encoding) -> Option<String> {
        self.lock().memory.as_ref()?.recall(count, encoding)
    }

    /// Where what was stored of the room is to be read from, once.
    pub(crate) fn to_be_filled(&self) -> Option<(Arc<Memories>, Arc<str>)> {
        self.lock().memory.as_mut().and_then(Memory::begin_to_fill)
    }

    /// Gives the room what was stored of it. `None`: that has not been read yet.
    pub(crate) fn fill(&self, stored: Option<Stored>) {
        if let Some(memory) = &mut self.lock().memory {
            memory.fill(stored);
        }
        self.filled.notify_waiters();
    }

    /// Waits until what was stored of the room is there. Cancel-safe.
    pub(crate) async fn filled(&self) {
        loop {
            let filled = self.filled.notified();
            if self.lock().memory.as_ref().is_none_or(Memory::is_filled) {
                return;
            }
            filled.await;
        }
    }

    /// Returns whether the room has no member.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().members == 0
    }

    /// Waits until the room has a member. Cancel-safe.
    pub(crate) async fn occupied(&self) {
        loop {
            // Before the look, because `notify_waiters` wakes only what waits already.
            let joined = self.joined.notified();
            if !self.is_empty() {
                return;
            }
            joined.await;
        }
    }

    /// Closes the room to new members and messages; pending messages are still delivered.
    pub(crate) fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// Returns whether there is no space in the batch.
    pub(crate) fn is_full(&self) -> bool {
        self.lock().batch.size() >= FULL
    }

    /// Backpressure: waits until there is space in the batch. A speaker waits for this first. Cancel-safe.
    pub(crate) async fn has_space(&self) {
        loop {
            let taken = self.taken.notified();
            if !self.is_full() {
                return;
            }
            taken.await;
        }
    }

    /// The members that are behind and may catch up.
    pub(crate) fn lagging(&self) -> &Lagging {
        &self.lagging
    }

    /// Waits for something to deliver, and then for more, for at most this long. Cancel-safe.
    pub(crate) async fn gather(&self, patience: Duration) {
        let full = self.full.notified();
        self.pending().await;
        let enough = self.lock().is_worth_a_pass();
        if !enough {
            // To have waited in vain is no failure.
            let _ = timeout(patience, full).await;
        }
    }

    /// Waits for something to deliver, or for the room to be closed. Cancel-safe.
    async fn pending(&self) {
        loop {
            {
                let state = self.lock();
                if state.closed || !state.batch.is_empty() {
                    return;
                }
            }
            // After the look: `notify_one` keeps a permit for the one task that delivers.
            self.pending.notified().await;
        }
    }

    /// Waits for something to deliver and puts it into `batch`, whose memory is used again for
    /// what is said next. `false` when the room is closed and everything was delivered.
    pub(crate) async fn next(&self, batch: &mut Batch<T>) -> bool {
        batch.clear();
        if !self.take(batch) {
            // An idle room holds no buffers.
            batch.shrink();
            self.pending().await;
            return self.take(batch);
        }
        true
    }

    /// Puts what is to be delivered into `batch`, which is empty, and says whether that is anything.
    fn take(&self, batch: &mut Batch<T>) -> bool {
        let mut state = self.lock();
        if state.batch.is_empty() {
            state.batch.shrink();
            return false;
        }
        mem::swap(&mut state.batch, batch);
        self.taken.notify_waiters();
        true
    }

    fn change<R>(&self, change: impl FnOnce(&mut State<T>) -> R) -> R {
        let mut state = self.lock();
        let wake = state.batch.is_empty();
        let result = change(&mut state);
        if state.is_worth_a_pass() {
            self.full.notify_waiters();
        }
        drop(state);
        if wake {
            self.pending.notify_one();
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "cluster")]
mod shared;
#[cfg(test)]
mod tests;
