//! Messages in flight and their times: written by the sending threads, read by the receiving ones.
//!
//! A sender's messages have their slots in a ring, so that their times need not travel in the text
//! and memory is bounded. A slot is written before its message's last byte is, so the thread that
//! receives the message finds the slot complete.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crate::wire::payload::MAX_MESSAGES;

/// Maximum number of slots of all senders together: 48 bytes each here, and 56 for each worker.
const MAX_SLOTS: usize = 1 << 20;
/// Minimum number of slots of one sender, even if that makes more in all.
const MIN_SLOTS: usize = 64;

/// All senders' rings.
#[derive(Debug)]
pub(crate) struct InFlight {
    rings: Box<[Ring]>,
    /// This generator's senders. Of the others there is only the number of messages that may come.
    local: Range<u32>,
    slots: usize,
}

/// One sender's ring of messages.
#[derive(Debug)]
struct Ring {
    sent: AtomicU32,
    slots: Box<[Slot]>,
}

/// Slot of one message.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    intended: AtomicU64,
    written: AtomicU64,
    /// Number of workers with receivers that have not got the message.
    waiting: AtomicU32,
    /// Its place in the order that the room's witness saw, counted from 1.
    rank: AtomicU32,
    /// Microseconds by which the generator was late in handing it to its sender.
    late: AtomicU32,
    /// True if a receiver missed it.
    missed: AtomicBool,
    /// True if its sender was cut off before it was accepted.
    interrupted: AtomicBool,
    /// True if a delivery of it crossed a cut.
    crossed: AtomicBool,
    first: AtomicU64,
    last: AtomicU64,
}

/// Intended and actual time of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// Intended time of sending, in nanoseconds of the run's clock.
    pub(crate) intended: u64,
    /// Time of the write: the moment before its last byte was handed to the system.
    pub(crate) written: u64,
}

/// Times of the first and the last receipt of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// First receipt, in nanoseconds of the run's clock.
    pub(crate) first: u64,
    /// Last receipt, in nanoseconds of the run's clock.
    pub(crate) last: u64,
}

impl InFlight {
    /// Rings for `senders` senders, of `messages` slots each if there is room for so many, rounded
    /// up to a power of two.
    pub(crate) fn new(senders: usize, messages: u64) -> Self {
        let most = 1 << (MAX_SLOTS / senders.max(1)).max(MIN_SLOTS).ilog2();
        let slots = usize::try_from(messages).unwrap_or(most).clamp(MIN_SLOTS, most);
        let slots = slots.next_power_of_two();
        let local = 0..u32::try_from(senders).unwrap_or(u32::MAX);
        let ring = |_| Ring {
            sent: AtomicU32::new(0),
            slots: (0..slots).map(|_| Slot::default()).collect(),
        };
        Self { rings: (0..senders).map(ring).collect(), local, slots }
    }

    /// As [`Self::new`] for the senders `local` of a run of `senders` in all.
    pub(crate) fn joined(local: Range<u32>, senders: u32, messages: u64) -> Self {
        let Self { rings, slots, .. } = Self::new(local.len(), messages);
        let elsewhere = |number: u32| {
            (0..number).map(|_| Ring { sent: AtomicU32::new(0), slots: Box::default() })
        };
        let before = elsewhere(local.start);
        let rings = before.chain(rings).chain(elsewhere(senders.saturating_sub(local.end)));
        Self { rings: rings.collect(), local, slots }
    }

    /// Slots of each ring of this generator's senders: a power of two.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// The indices of this generator's senders.
    pub(crate) fn local(&self) -> Range<u32> {
        self.local.clone()
    }

    /// Returns whether a sender is one of this generator's.
    #[inline]
    pub(crate) fn is_local(&self, sender: u32) -> bool {
        self.local.contains(&sender)
    }

    /// Returns whether other generators send in this run.
    pub(crate) fn has_others(&self) -> bool {
        self.local.len() < self.rings.len()
    }

    /// Expects so many messages of each sender of another generator.
    pub(crate) fn expect_others(&self, planned: impl Fn(u32) -> u32) {
        for (sender, ring) in (0..).zip(&self.rings).filter(|(sender, _)| !self.is_local(*sender)) {
            ring.sent.store(planned(sender), Ordering::Release);
        }
    }

    /// Number of messages that a sender has begun to send; of one of another generator, that it is to
    /// send.
    pub(crate) fn sent(&self, sender: u32) -> u32 {
        self.rings[sender as usize].sent.load(Ordering::Acquire)
    }

    /// Number of messages that all senders of this generator have begun to send.
    pub(crate) fn all_sent(&self) -> u64 {
        let rings = &self.rings[self.local.start as usize..self.local.end as usize];
        rings.iter().map(|ring| u64::from(ring.sent.load(Ordering::Relaxed))).sum()
    }

    /// Begins a message of a sender: gives its number, unless there are no more numbers. `waiting`
    /// is the number of workers that have receivers for it. Called by one thread at a time for each
    /// sender.
    pub(crate) fn begin(&self, sender: u32, intended: u64, waiting: u32) -> Option<u32> {
        let ring = &self.rings[sender as usize];
        let number = ring.sent.load(Ordering::Relaxed);
        if number >= MAX_MESSAGES {
            return None;
        }
        let slot = self.slot(sender, number);
        slot.intended.store(intended, Ordering::Release);
        slot.waiting.store(waiting, Ordering::Relaxed);
        slot.rank.store(0, Ordering::Relaxed);
        slot.late.store(0, Ordering::Relaxed);
        slot.missed.store(false, Ordering::Relaxed);
        slot.interrupted.store(false, Ordering::Relaxed);
        slot.crossed.store(false, Ordering::Relaxed);
        slot.first.store(u64::MAX, Ordering::Relaxed);
        slot.last.store(0, Ordering::Relaxed);
        ring.sent.store(number + 1, Ordering::Release);
        Some(number)
    }

    /// Takes back a sender's last messages, which were not sent. Nothing may be begun after that.
    pub(crate) fn take_back(&self, sender: u32, messages: u32) {
        self.rings[sender as usize].sent.fetch_sub(messages, Ordering::Release);
    }

    /// Notes that the generator handed a message to its sender so many microseconds late. Called
    /// before it is stamped.
    pub(crate) fn note_late(&self, sender: u32, number: u32, late: u32) {
        self.slot(sender, number).late.store(late, Ordering::Relaxed);
    }

    /// Microseconds by which the generator was late in handing a message to its sender.
    pub(crate) fn late(&self, sender: u32, number: u32) -> u32 {
        self.slot(sender, number).late.load(Ordering::Relaxed)
    }

    /// Notes that a message's sender was cut off before the message was accepted.
    pub(crate) fn interrupt(&self, sender: u32, number: u32) {
        if self.remembers(sender, number) {
            self.slot(sender, number).interrupted.store(true, Ordering::Relaxed);
        }
    }

    /// Notes a delivery if it crossed a cut: its message's sender was cut off before the message was accepted, or its
    /// receiver came `back` after the message was written.
    pub(crate) fn crosses(&self, sender: u32, number: u32, back: u64) -> bool {
        let Some(times) = self.times(sender, number) else { return false };
        let slot = self.slot(sender, number);
        let crosses = slot.interrupted.load(Ordering::Relaxed) || times.written < back;
        if crosses {
            slot.crossed.store(true, Ordering::Relaxed);
        }
        crosses
    }

    /// Stamps a message before some of it is handed to the system: the last stamp counts.
    pub(crate) fn stamp(&self, sender: u32, number: u32, now: u64) {
        self.slot(sender, number).written.store(now, Ordering::Release);
    }

    /// A message's times, unless its slot has been taken by a later one or it was never sent; or not
    /// by this generator.
    #[inline]
    pub(crate) fn times(&self, sender: u32, number: u32) -> Option<Times> {
        if !self.is_local(sender) {
            return None;
        }
        let slot = self.slot(sender, number);
        let times = Times {
            written: slot.written.load(Ordering::Acquire),
            intended: slot.intended.load(Ordering::Acquire),
        };
        self.remembers(sender, number).then_some(times)
    }

    /// Returns whether a message's slot is still its own.
    #[inline]
    fn remembers(&self, sender: u32, number: u32) -> bool {
        let sent = self.sent(sender);
        // The slot of the message after the last one is being written already.
        number < sent && ((sent - number) as usize) < self.slots()
    }

    /// Marks a message as complete for one worker: all its receivers have got the message, or will
    /// not. `reach` is the time of its first and last receipt there; `missed` is true if a receiver
    /// there missed it. The last worker gets the message's reach over all of them.
    pub(crate) fn complete(
        &self,
        sender: u32,
        number: u32,
        reach: Option<Reach>,
        missed: bool,
    ) -> Option<Completed> {
        if !self.remembers(sender, number) {
            return None;
        }
        let slot = self.slot(sender, number);
        if let Some(reach) = reach {
            slot.first.fetch_min(reach.first, Ordering::Relaxed);
            slot.last.fetch_max(reach.last, Ordering::Relaxed);
        }
        if missed {
            slot.missed.store(true, Ordering::Relaxed);
        }
        if slot.waiting.fetch_sub(1, Ordering::AcqRel) != 1 {
            return None;
        }
        let first = slot.first.load(Ordering::Relaxed);
        let last = slot.last.load(Ordering::Relaxed);
        let whole = !slot.missed.load(Ordering::Relaxed);
        let crossed = slot.crossed.load(Ordering::Relaxed);
        Some(Completed { reach: (first <= last).then_some(Reach { first, last }), whole, crossed })
    }

    /// Sets a message's place in the room's order, from 1, when the witness has seen it.
    pub(crate) fn rank(&self, sender: u32, number: u32, rank: u32) {
        if self.remembers(sender, number) {
            self.slot(sender, number).rank.store(rank, Ordering::Release);
        }
    }

    /// A message's place in the room's order: `Ok(None)` while the witness has not seen it,
    /// `Err` when that will not be known any more.
    pub(crate) fn ranked(&self, sender: u32, number: u32) -> Result<Option<u32>, Forgotten> {
        let rank = self.slot(sender, number).rank.load(Ordering::Acquire);
        if !self.remembers(sender, number) {
            return Err(Forgotten);
        }
        Ok((rank > 0).then_some(rank))
    }

    #[inline]
    fn slot(&self, sender: u32, number: u32) -> &Slot {
        let slots = &self.rings[sender as usize].slots;
        &slots[number as usize & (slots.len() - 1)]
    }
}

/// Result for a message that all its receivers have got, or will not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Completed {
    /// Times of the first and the last receipt, if there was any.
    pub(crate) reach: Option<Reach>,
    /// True if no receiver missed it, and no delivery crossed a cut.
    pub(crate) whole: bool,
    /// True if a delivery crossed a cut.
    pub(crate) crossed: bool,
}

/// Error: a message's slot has been taken by a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forgotten;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_remembered_for_as_long_as_the_ring_is() {
        let in_flight = InFlight::new(2, 100);
        assert_eq!(in_flight.slots(), 128);
        assert_eq!(in_flight.times(1, 0), None);
        for number in 0..129 {
            assert_eq!(
                in_flight.begin(1, 10 * number, 1),
                Some(u32::try_from(number).expect("small"))
            );
        }
        in_flight.stamp(1, 128, 1281);
        assert_eq!((in_flight.times(1, 0), in_flight.times(1, 1)), (None, None));
        assert_eq!(in_flight.times(1, 128), Some(Times { intended: 1280, written: 1281 }));
        assert_eq!(in_flight.times(1, 2).map(|times| times.intended), Some(20));
        assert_eq!((in_flight.sent(0), in_flight.sent(1), in_flight.all_sent()), (0, 129, 129));
    }

    #[test]
    fn the_last_worker_learns_who_was_first_and_last_of_all() {
        let in_flight = InFlight::new(1, 1);
        in_flight.begin(0, 0, 3);
        assert_eq!(in_flight.complete(0, 0, Some(Reach { first: 5, last: 9 }), false), None);
        assert_eq!(in_flight.complete(0, 0, None, true), None);
        let completed = in_flight.complete(0, 0, Some(Reach { first: 7, last: 8 }), false);
        let reach = Some(Reach { first: 5, last: 9 });
        assert_eq!(completed, Some(Completed { reach, whole: false, crossed: false }));
        in_flight.begin(0, 0, 1);
        let completed = in_flight.complete(0, 1, None, false);
        assert_eq!(completed, Some(Completed { reach: None, whole: true, crossed: false }));
    }

    #[test]
    fn memory_is_bounded_however_many_senders_there_are() {
        assert_eq!(InFlight::new(1, u64::MAX).slots(), MAX_SLOTS);
        assert_eq!(InFlight::new(1000, u64::MAX).slots(), 1024);
        assert_eq!(InFlight::new(20, 0).slots(), MIN_SLOTS);
    }
}
