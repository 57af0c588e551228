//! Receivers of each room: how many of its clients each worker looks after.
//!
//! Only clients that take part all the time are counted, because only they decide whether a message
//! is complete.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The clients that take part all the time, by worker and room; and the senders among them.
#[derive(Debug)]
pub(crate) struct Audience {
    echoes: bool,
    rooms: usize,
    members: Box<[AtomicU32]>,
    senders: Box<[Sender]>,
    seats: Box<[Vec<u32>]>,
}

/// Time of its end for a sender that takes part.
const HERE: u64 = u64::MAX;

/// A sender's own receiving half: its room, seat and worker.
#[derive(Debug)]
pub(crate) struct Sender {
    room: u32,
    /// Its index among the room's senders.
    seat: usize,
    worker: usize,
    /// Time at which its connection ended, in nanoseconds of the run's clock; the maximum before that.
    gone: AtomicU64,
}

impl Sender {
    /// A sender that takes part in `room` and is looked after by `worker`.
    pub(crate) fn new(room: u32, worker: usize) -> Self {
        Self { room, seat: 0, worker, gone: AtomicU64::new(HERE) }
    }

    /// A sender of another generator.
    pub(crate) fn elsewhere(room: u32) -> Self {
        Self::new(room, usize::MAX)
    }
}

impl Audience {
    /// Rooms without members, and the senders. `echoes`: a sender is due to get its own messages.
    pub(crate) fn new(workers: usize, rooms: u32, echoes: bool, mut senders: Vec<Sender>) -> Self {
        let rooms = rooms as usize;
        let members = (0..workers * rooms).map(|_| AtomicU32::new(0)).collect();
        let mut seats = vec![Vec::new(); rooms];
        for (index, sender) in (0..).zip(&mut senders) {
            let seats = &mut seats[sender.room as usize];
            sender.seat = seats.len();
            seats.push(index);
        }
        Self { echoes, rooms, members, senders: senders.into(), seats: seats.into() }
    }

    /// Returns whether senders are due to get their own messages.
    pub(crate) fn echoes(&self) -> bool {
        self.echoes
    }

    /// Adds a client that takes part from now on.
    pub(crate) fn join(&self, worker: usize, room: u32) {
        self.members(worker, room).fetch_add(1, Ordering::Relaxed);
    }

    /// Removes a client that takes part no longer as of `now`; `sender` if it is one.
    pub(crate) fn leave(&self, worker: usize, room: u32, sender: Option<u32>, now: u64) {
        self.members(worker, room).fetch_sub(1, Ordering::Relaxed);
        if let Some(sender) = sender {
            self.senders[sender as usize].gone.store(now, Ordering::Relaxed);
        }
    }

    /// Removes a sender that could not be connected.
    pub(crate) fn remove_sender(&self, sender: u32) {
        self.senders[sender as usize].gone.store(0, Ordering::Relaxed);
    }

    /// Returns whether a sender still takes part.
    pub(crate) fn has(&self, sender: u32) -> bool {
        self.gone(sender).is_none()
    }

    /// Time at which a sender's connection ended.
    pub(crate) fn gone(&self, sender: u32) -> Option<u64> {
        let gone = self.senders[sender as usize].gone.load(Ordering::Relaxed);
        (gone != HERE).then_some(gone)
    }

    /// A sender's index among those of `room`, if it is one of them.
    #[inline]
    pub(crate) fn seat(&self, sender: u32, room: Option<u32>) -> Option<usize> {
        let sender = self.senders.get(sender as usize)?;
        (Some(sender.room) == room).then_some(sender.seat)
    }

    /// Number of senders in all rooms.
    pub(crate) fn all_senders(&self) -> usize {
        self.senders.len()
    }

    /// Senders of a room, by their index in it. Without a room there are none.
    pub(crate) fn senders(&self, room: Option<u32>) -> &[u32] {
        room.map_or(&[], |room| &self.seats[room as usize])
    }

    /// Number of a worker's clients that are due to get a message sent now.
    #[inline]
    pub(crate) fn receivers(&self, worker: usize, sender: u32) -> u32 {
        let Sender { room, worker: home, gone, .. } = &self.senders[sender as usize];
        let all = self.members(worker, *room).load(Ordering::Relaxed);
        let itself = *home == worker && !self.echoes && gone.load(Ordering::Relaxed) == HERE;
        all.saturating_sub(u32::from(itself))
    }

    /// Number of workers that have receivers for a message sent now.
    pub(crate) fn workers(&self, sender: u32) -> u32 {
        let workers = self.members.len() / self.rooms;
        (0..workers).map(|worker| u32::from(self.receivers(worker, sender) > 0)).sum()
    }

    fn members(&self, worker: usize, room: u32) -> &AtomicU32 {
        &self.members[worker * self.rooms + room as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_no_receiver_of_its_own_unless_the_protocol_echoes() {
        for echoes in [false, true] {
            let audience = Audience::new(2, 2, echoes, vec![Sender::new(1, 0)]);
            assert_eq!(audience.workers(0), 0);
            audience.join(0, 1);
            audience.join(1, 0);
            assert_eq!(audience.workers(0), u32::from(echoes));
            audience.join(0, 1);
            audience.join(1, 1);
            assert_eq!(audience.workers(0), 2);
            assert_eq!(audience.receivers(0, 0), 1 + u32::from(echoes));
            audience.leave(0, 1, Some(0), 5);
            assert_eq!(audience.receivers(0, 0), 1);
            assert_eq!((audience.has(0), audience.gone(0)), (false, Some(5)));
        }
    }
}
