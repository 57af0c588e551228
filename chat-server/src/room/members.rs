//! The members of a room, and the pass over them: one write each for what was said since the last pass.
//!
//! What a pass costs is what the system asks for a socket write, so everything else is kept off
//! it: the members stand in one dense list in the order of their joining, the few that get a text
//! of their own are met in that same order, and no member is ever waited for.

use std::iter::Peekable;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::counts::Passed;
use crate::net::transport::Transport;
use crate::net::wire::encoding::Encoding;
use crate::net::wire::text::Text;
use crate::room::batch::{Batch, Departure, Exception, KEPT, OwnText};
use crate::room::outbox::{Lagging, OutboxLimits};
use crate::room::seat::{MemberId, Seat};

/// The members that one thread serves before other tasks have their turns: some five milliseconds.
const TURN: usize = 1024;

/// From so many members on, the threads of the server share a turn. Starting a thread takes some 50 µs, and serving so
/// many members a millisecond or more.
const WORTH_SHARING: usize = 256;

/// The members that a thread takes at a time: few enough that all threads are done at about the same time, even if
/// one of them does not get its processor.
const SHARE: usize = 64;

/// The members of one room. Whoever has them delivers; nobody else does.
pub(crate) struct Members<T> {
    /// Ascending by id, because ids are given in the order of joining.
    seats: Vec<(MemberId, Seat<T>)>,
    /// What is being delivered. Its memory is used again for what is said next.
    pub(super) batch: Batch<T>,
    own: OwnText,
}

/// A pass that has begun.
pub(super) struct Pass<'a> {
    pub(super) lagging: &'a Lagging,
    pub(super) limits: &'a OutboxLimits,
    /// The threads that may share it.
    pub(super) threads: NonZeroUsize,
    /// The time of its beginning, where passes are counted.
    pub(super) begun: Option<std::time::Instant>,
}

/// A part of a turn.
struct Share<'a, T> {
    seats: &'a mut [(MemberId, Seat<T>)],
    /// Those of these members.
    exceptions: &'a mut [Exception],
}

/// What is the same for all members of a turn.
#[derive(Clone, Copy)]
struct Delivery<'a> {
    text: Text<'a>,
    json: Text<'a>,
    now: Instant,
    pass: &'a Pass<'a>,
}

/// Not derived: a derived one would ask `T` to have a default.
impl<T> Default for Members<T> {
    fn default() -> Self {
        Self { seats: Vec::new(), batch: Batch::default(), own: OwnText::default() }
    }
}

impl<T> Members<T> {
    /// Gives back the memory of a busy moment.
    pub(super) fn shrink(&mut self) {
        self.batch.shrink();
        if self.own.text.capacity() > KEPT {
            self.own = OwnText::default();
        }
    }
}

impl<T: Transport> Members<T> {
    #[cfg(test)]
    pub(super) fn seats(&self) -> &[(MemberId, Seat<T>)] {
        &self.seats
    }

    /// Begins to deliver the batch. Returns the members that are to be served, by their places.
    pub(super) fn begin(&mut self) -> Range<usize> {
        let Self { seats, batch, .. } = self;
        seats.append(&mut batch.joined);
        // Stable: a member's exceptions stay in the order of the text.
        batch.exceptions.sort_by_key(|exception| exception.member);
        if batch.text.is_empty() { 0..0 } else { 0..seats.len() }
    }

    /// Serves as many of these members as are one turn, and takes them off.
    pub(super) fn take_turn(&mut self, members: &mut Range<usize>, pass: &Pass<'_>) {
        let Self { seats, batch, own } = self;
        let turn = members.len().min(TURN * pass.threads.get());
        let seats = &mut seats[members.start..members.start + turn];
        members.start += turn;
        let (Some((first, _)), Some((last, _))) = (seats.first(), seats.last()) else { return };
        let begun = batch.exceptions.partition_point(|exception| exception.member < *first);
        let done = batch.exceptions.partition_point(|exception| exception.member <= *last);
        let exceptions = &mut batch.exceptions[begun..done];
        let (text, json) = (batch.text.text(), batch.json.text());
        let delivery = Delivery { text, json, now: pass.limits.clock.now(), pass };
        let share = Share { seats, exceptions };
        if turn < WORTH_SHARING || pass.threads == NonZeroUsize::MIN {
            share.serve(delivery, own);
        } else {
            share.divide(delivery);
        }
    }

    /// Ends a pass: who gets lines of its own alone has them, and who has left is let go, by `part` unless it goes to another
    /// room.
    pub(super) fn end(&mut self, pass: &Pass<'_>, part: impl FnMut(Seat<T>)) {
        if self.batch.text.is_empty() {
            self.deliver_own(pass);
        }
        self.switch(pass);
        let Batch { lines, own, .. } = self.batch;
        let passed = Passed { members: self.seats.len(), lines, own };
        self.let_go(part);
        if let (Some(counts), Some(begun)) = (&pass.limits.counts, pass.begun) {
            counts.passed(&passed, begun);
        }
        self.batch.clear();
    }

    /// No message is for all: only the members with a line of their own are looked up.
    fn deliver_own(&mut self, pass: &Pass<'_>) {
        let Self { seats, batch, own } = self;
        let now = pass.limits.clock.now();
        for exceptions in by_member(&mut batch.exceptions) {
            let Ok(place) = seats.binary_search_by_key(&exceptions[0].member, |(id, _)| *id) else {
                continue;
            };
            own.compose(batch.text.bytes(), exceptions);
            pass.deliver_own(&mut seats[place].1, own, now);
        }
    }

    /// Members that go on under another id get what there is for that one.
    fn switch(&mut self, pass: &Pass<'_>) {
        let Self { seats, batch, own } = self;
        for (before, id) in batch.switched.drain(..) {
            let Ok(place) = seats.binary_search_by_key(&before, |(id, _)| *id) else {
                continue;
            };
            let (_, mut seat) = seats.remove(place);
            seat.switch(id.encoding());
            let text = if id.encoding() == Encoding::Json { &batch.json } else { &batch.text };
            let exceptions = &mut batch.exceptions;
            let first = exceptions.partition_point(|exception| exception.member < id);
            let behind = exceptions.partition_point(|exception| exception.member <= id);
            own.compose(text.bytes(), &mut exceptions[first..behind]);
            pass.deliver_own(&mut seat, own, pass.limits.clock.now());
            let place = seats.partition_point(|(other, _)| *other < id);
            seats.insert(place, (id, seat));
        }
    }

    /// Members that left lose their seats; one that goes to another room takes it along.
    fn let_go(&mut self, part: impl FnMut(Seat<T>)) {
        let left = &mut self.batch.left;
        if left.is_empty() {
            return;
        }
        left.sort_unstable_by_key(|departure| departure.member);
        let gone = |(id, _): &mut (MemberId, Seat<T>)| {
            left.binary_search_by_key(id, |departure| departure.member).is_ok()
        };
        let seats: Vec<_> = self.seats.extract_if(.., gone).collect();
        let mut departures = left.drain(..);
        seats.into_iter().filter_map(|(id, seat)| onward(id, seat, &mut departures)).for_each(part);
    }
}

/// Sends a seat to the room that its member goes to. Returns it if there is none.
fn onward<T>(
    id: MemberId,
    seat: Seat<T>,
    departures: &mut impl Iterator<Item = Departure<T>>,
) -> Option<Seat<T>> {
    match departures.find(|departure| departure.member == id).and_then(|d| d.onward) {
        // The receiver of the seat may have gone as well.
        Some(onward) => oneshot::Sender::send(onward, seat).err(),
        None => Some(seat),
    }
}

impl<T: Transport> Share<'_, T> {
    fn serve(self, delivery: Delivery<'_>, own: &mut OwnText) {
        let Delivery { text, json, now, pass } = delivery;
        let mut exceptions = by_member(self.exceptions).peekable();
        for (id, seat) in self.seats {
            let text = if id.encoding() == Encoding::Json { json } else { text };
            if let Some(exceptions) = next_of(&mut exceptions, *id) {
                own.compose(text.bytes, exceptions);
                pass.deliver_own(seat, own, now);
            } else {
                seat.deliver(text, now, pass.lagging, pass.limits);
            }
        }
    }

    /// The threads take one small share after the other, until none is left. A thread that cannot be started is missed
    /// by nobody.
    fn divide(self, delivery: Delivery<'_>) {
        let threads = delivery.pass.threads.get().min(self.seats.len().div_ceil(SHARE));
        let (shares, runtime) = (Mutex::new(self.shares()), Handle::current());
        let next = || shares.lock().unwrap_or_else(PoisonError::into_inner).next();
        let serve = || {
            let mut own = OwnText::default();
            while let Some(share) = next() {
                share.serve(delivery, &mut own);
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads {
                let helper = thread::Builder::new().name("pass".to_owned());
                let _ = helper.spawn_scoped(scope, || {
                    let _runtime = runtime.enter();
                    serve();
                });
            }
            serve();
        });
    }

    /// Small shares of it, in order.
    fn shares(self) -> impl Iterator<Item = Self> {
        let mut exceptions = self.exceptions;
        self.seats.chunks_mut(SHARE).map(move |seats| {
            let behind = seats.last().map_or(0, |(last, _)| {
                exceptions.partition_point(|exception| exception.member <= *last)
            });
            let (own, others) = std::mem::take(&mut exceptions).split_at_mut(behind);
            exceptions = others;
            Self { seats, exceptions: own }
        })
    }
}

impl Pass<'_> {
    fn deliver_own<T: Transport>(&self, seat: &mut Seat<T>, own: &mut OwnText, now: Instant) {
        let OwnText { text, letters } = own;
        seat.deliver_own(text.text(), letters, now, self.lagging, self.limits);
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
