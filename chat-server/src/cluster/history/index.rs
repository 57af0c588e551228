//! The places of the last messages of each room.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chat_protocol::limits::MAX_HISTORY;

/// Rooms whose places are kept: those in which something was said last. 1.6 KB each, at most.
const MAX_ROOMS: usize = 4096;

/// Rooms that are forgotten at once when there are more.
const FORGOTTEN: usize = MAX_ROOMS / 8;

/// The places of the last messages of each room: the numbers of their positions.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// What was said up to here is not here, unless a room has been forgotten since.
    from: u64,
    /// What was said up to here in a room that has been forgotten is not here either.
    forgotten: u64,
    rooms: HashMap<Arc<str>, Places>,
}

#[derive(Debug)]
struct Places {
    /// None behind this is missing, since the room was forgotten.
    from: u64,
    numbers: VecDeque<u64>,
}

impl Index {
    /// Of what is said behind this.
    pub(super) fn behind(from: u64) -> Self {
        Self { from, ..Self::default() }
    }

    /// Something is said.
    pub(super) fn note(&mut self, room: &Arc<str>, number: u64) {
        if let Some(Places { numbers, .. }) = self.rooms.get_mut(room) {
            if numbers.len() >= MAX_HISTORY {
                numbers.pop_front();
            }
            return numbers.push_back(number);
        }
        if self.rooms.len() >= MAX_ROOMS {
            self.forget();
        }
        let places = Places { from: self.forgotten, numbers: [number].into() };
        self.rooms.insert(Arc::clone(room), places);
    }

    /// These were said before, behind `from`, in order.
    pub(super) fn add_before(&mut self, said: &[(Arc<str>, u64)], from: u64) {
        for (room, number) in said.iter().rev() {
            if !self.rooms.contains_key(room) {
                if self.rooms.len() >= MAX_ROOMS {
                    self.forgotten = self.forgotten.max(*number);
                    continue;
                }
                let places = Places { from: self.forgotten, numbers: VecDeque::new() };
                self.rooms.insert(Arc::clone(room), places);
            }
            if let Some(Places { from, numbers }) = self.rooms.get_mut(room)
                && numbers.len() < MAX_HISTORY
                && *number > *from
            {
                numbers.push_front(*number);
            }
        }
        self.from = from;
    }

    /// The places of a room's last messages, in order, and a number behind which there are no others.
    pub(super) fn of(&self, room: &str) -> (Vec<u64>, u64) {
        let Some(Places { from, numbers }) = self.rooms.get(room) else {
            return (Vec::new(), self.from.max(self.forgotten));
        };
        let first = numbers.front().filter(|_| numbers.len() >= MAX_HISTORY);
        let from = first.map_or(self.from.max(*from), |first| first - 1);
        (numbers.iter().copied().collect(), from)
    }

    /// Forgets the rooms in which nothing was said for the longest time.
    fn forget(&mut self) {
        let mut last: Vec<_> = self.rooms.values().map(Places::last).collect();
        let (_, oldest, _) = last.select_nth_unstable(FORGOTTEN);
        let oldest = *oldest;
        self.rooms.retain(|_, places| places.last() >= oldest);
        self.forgotten = self.forgotten.max(oldest - 1);
    }
}

impl Places {
    fn last(&self) -> u64 {
        self.numbers.back().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(index: &mut Index, room: &str, number: u64) {
        index.note(&room.into(), number);
    }

    #[test]
    fn r14_17_the_last_places_of_each_room_are_kept() {
        let mut index = Index::behind(1_000);
        for n in 0..300 {
            said(&mut index, "a", 2_000 + n);
        }
        said(&mut index, "b", 3_000);
        let (numbers, from) = index.of("a");
        assert_eq!((numbers, from), ((2_100..2_300).collect(), 2_099));
        assert_eq!(index.of("b"), (vec![3_000], 1_000));
        assert_eq!(index.of("c"), (vec![], 1_000));
        let before = [("b", 10), ("c", 20), ("a", 30), ("b", 40)];
        index.add_before(&before.map(|(room, number)| (room.into(), number)), 5);
        assert_eq!(index.of("a").0[0], 2_100);
        assert_eq!(index.of("b"), (vec![10, 40, 3_000], 5));
        assert_eq!(index.of("c"), (vec![20], 5));
        assert_eq!(index.of("d"), (vec![], 5));
    }

    #[test]
    fn r14_17_when_there_are_too_many_rooms_the_quietest_are_forgotten() {
        let mut index = Index::behind(0);
        for n in 0..MAX_ROOMS as u64 {
            said(&mut index, &n.to_string(), 1 + n);
        }
        said(&mut index, "0", 5_000);
        said(&mut index, "new", 5_001);
        assert_eq!(index.rooms.len(), MAX_ROOMS - FORGOTTEN + 1);
        let oldest = 1 + FORGOTTEN as u64 + 1;
        assert_eq!(index.of("0"), (vec![1, 5_000], 0));
        assert_eq!(index.of("1"), (vec![], oldest - 1));
        said(&mut index, "1", 5_002);
        index.add_before(&[("1".into(), 2), ("unheard".into(), 1)], 0);
        assert_eq!(index.of("1"), (vec![5_002], oldest - 1), "what was said before is not known");
        assert_eq!(index.of("5").0, [0; 0]);
    }
}
