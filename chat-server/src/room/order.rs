//! A room: the one place that decides the order of what is said in it.

use std::fmt;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chat_store::line::Position;
use tokio::sync::{self, Notify, oneshot};

use crate::net::wire::encoding::Encoding;
use crate::room::batch::Batch;
use crate::room::event::Event;
use crate::room::letter::Letter;
use crate::room::members::Members;
use crate::room::memory::Memory;
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
    /// Whoever has them takes the batch and delivers it: so the order of passes is that of batches.
    members: sync::Mutex<Members<T>>,
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
    /// The task that delivers has been told that there is something.
    announced: bool,
    /// What was said last, where rooms remember that.
    memory: Option<Memory>,
}

impl<T> State<T> {
    /// Of an empty room.
    fn new(memory: Option<Memory>) -> Self {
        Self {
            batch: Batch::default(),
            next_id: 0,
            members: 0,
            json_members: 0,
            closed: false,
            announced: false,
            memory,
        }
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

    /// Adds lines to the batch. Returns their size in bytes.
    fn add(&mut self, add: impl FnOnce(&mut Self)) -> usize {
        let before = self.batch.size();
        add(self);
        self.batch.size() - before
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
            members: sync::Mutex::new(Members::default()),
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

    /// The same, but the task that delivers hears nothing of it: who says it calls [`Self::take_at_once`] before it waits for
    /// anything.
    pub(crate) fn put(&self, sender: MemberId, event: &(impl Event + ?Sized)) -> usize {
        self.alter(false, |state| state.add(|state| state.say(sender, event)))
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
        self.change(|state| state.add(add))
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
        while self.is_full() {
            let taken = self.taken.notified();
            // Again, because `notify_waiters` wakes only what waits already.
            if self.is_full() {
                taken.await;
            }
        }
    }

    /// The members that are behind and may catch up.
    pub(crate) fn lagging(&self) -> &Lagging {
        &self.lagging
    }

    /// Makes a change, and tells the task that delivers.
    fn change<R>(&self, change: impl FnOnce(&mut State<T>) -> R) -> R {
        self.alter(true, change)
    }

    fn alter<R>(&self, announces: bool, change: impl FnOnce(&mut State<T>) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state);
        let wake = announces && !mem::replace(&mut state.announced, true);
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

mod past;
#[cfg(feature = "cluster")]
mod shared;
mod taking;
#[cfg(test)]
mod tests;
