//! Messages by the second in which their time came, and the deliveries that were due in each second.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A second of the measuring window, counted from 0. None is the time before it.
pub(crate) type Second = Option<u32>;

/// Seconds of all messages: the first number of each sender in each second. It takes twelve bytes
/// for each second in which a sender sends.
#[derive(Debug)]
pub(crate) struct SentSeconds {
    senders: Box<[Seconds]>,
}

#[derive(Debug, Default)]
struct Seconds {
    /// Time up to which the last of `begins` is right, in nanoseconds of the run's clock.
    until: AtomicU64,
    begins: Mutex<Vec<Begin>>,
}

/// The beginning of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begin {
    second: Second,
    first: u32,
}

impl SentSeconds {
    /// Nothing has been sent by these senders.
    pub(crate) fn new(senders: usize) -> Self {
        Self { senders: (0..senders).map(|_| Seconds::default()).collect() }
    }

    /// Notes that a sender's next message has this number and its time in the second that `second`
    /// gives, together with the end of that second. Called by one thread at a time for each sender,
    /// before the number can be seen by others.
    #[inline]
    pub(crate) fn enter(
        &self,
        sender: u32,
        number: u32,
        intended: u64,
        second: impl FnOnce() -> (Second, u64),
    ) {
        let seconds = &self.senders[sender as usize];
        if intended < seconds.until.load(Ordering::Relaxed) {
            return;
        }
        let (second, until) = second();
        seconds.until.store(until, Ordering::Relaxed);
        let mut begins = seconds.lock();
        if begins.last().is_none_or(|last| last.second < second) {
            begins.push(Begin { second, first: number });
        }
    }

    /// The second of a message.
    pub(crate) fn of(&self, sender: u32, number: u32) -> Second {
        self.senders[sender as usize].place(number).0
    }

    /// Number of these messages in each second that has any.
    pub(crate) fn split(&self, sender: u32, numbers: Range<u32>) -> Vec<(Second, u32)> {
        let begins = self.senders[sender as usize].lock();
        let at = begins.partition_point(|begin| begin.first <= numbers.start);
        let mut from = numbers.start;
        let mut second = at.checked_sub(1).and_then(|at| begins[at].second);
        let mut parts = Vec::new();
        for begin in begins[at..].iter().take_while(|begin| begin.first < numbers.end) {
            parts.push((second, begin.first - from));
            (second, from) = (begin.second, begin.first);
        }
        parts.push((second, numbers.end.saturating_sub(from)));
        parts.retain(|(_, number)| *number > 0);
        parts
    }
}

impl Seconds {
    fn lock(&self) -> MutexGuard<'_, Vec<Begin>> {
        self.begins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Second of a message, and its index among the sender's of that second.
    fn place(&self, number: u32) -> (Second, u32) {
        let begins = self.lock();
        let at = begins.partition_point(|begin| begin.first <= number);
        at.checked_sub(1)
            .map_or((None, number), |at| (begins[at].second, number - begins[at].first))
    }
}

/// Deliveries that were due, by the second of their message: for each sender and second, the
/// receivers to which its messages began or ceased to be due. So a receiver costs two entries for a
/// sender, however long the run.
#[derive(Debug, Default)]
pub(crate) struct DueSeconds {
    edges: BTreeMap<(u32, Second), Edge>,
}

/// Receivers that came in a second, less those that went; and the sum of the indices, within the
/// second, of the first message that was due to each, less those of the first that was not.
#[derive(Debug, Clone, Copy, Default)]
struct Edge {
    receivers: i64,
    indices: i64,
}

impl DueSeconds {
    /// Adds the messages of a sender that were due to one receiver.
    pub(crate) fn add(&mut self, sent: &SentSeconds, sender: u32, numbers: &Range<u32>) {
        if numbers.is_empty() {
            return;
        }
        for (number, sign) in [(numbers.start, 1), (numbers.end, -1)] {
            let (second, index) = sent.senders[sender as usize].place(number);
            let edge = self.edges.entry((sender, second)).or_default();
            edge.receivers += sign;
            edge.indices += sign * i64::from(index);
        }
    }

    /// Adds deliveries of senders that are not known.
    pub(crate) fn add_of_unknown(&mut self, second: Second, number: u64) {
        // No sender has this number, so only the indices count.
        let edge = self.edges.entry((u32::MAX, second)).or_default();
        edge.indices -= i64::try_from(number).unwrap_or(i64::MAX);
    }

    /// Adds another worker's.
    pub(crate) fn merge(&mut self, other: Self) {
        for (place, Edge { receivers, indices }) in other.edges {
            let edge = self.edges.entry(place).or_default();
            edge.receivers += receivers;
            edge.indices += indices;
        }
    }

    /// Deliveries that were due in each second, when each sender has sent so many messages in it.
    pub(crate) fn by_second(&self, sent: &BTreeMap<(u32, Second), u32>) -> BTreeMap<Second, i64> {
        let mut due = BTreeMap::new();
        let (mut of, mut receivers) = (0, 0);
        let mut places: Vec<_> = self.edges.keys().chain(sent.keys()).copied().collect();
        places.sort_unstable();
        places.dedup();
        for place @ (sender, second) in places {
            if sender != of {
                (of, receivers) = (sender, 0);
            }
            let edge = self.edges.get(&place).copied().unwrap_or_default();
            receivers += edge.receivers;
            let messages = sent.get(&place).map_or(0, |number| i64::from(*number));
            *due.entry(second).or_default() += receivers * messages - edge.indices;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A sender whose messages have these seconds.
    fn sent(seconds: &[Second]) -> SentSeconds {
        let sent = SentSeconds::new(1);
        for (number, &second) in (0..).zip(seconds) {
            let time = second.map_or(0, |second| u64::from(second) + 1);
            sent.enter(0, number, time, || (second, time + 1));
        }
        sent
    }

    #[test]
    fn a_message_belongs_to_the_second_in_which_its_time_came() {
        let sent = sent(&[None, None, Some(0), Some(3), Some(3), Some(4)]);
        let seconds: Vec<_> = (0..7).map(|number| sent.of(0, number)).collect();
        assert_eq!(seconds, [None, None, Some(0), Some(3), Some(3), Some(4), Some(4)]);
        assert_eq!(sent.split(0, 1..5), [(None, 1), (Some(0), 1), (Some(3), 2)]);
        assert_eq!(sent.split(0, 4..4), []);
        assert_eq!(sent.split(0, 5..8), [(Some(4), 3)]);
    }

    proptest! {
        /// Against counting each delivery; receivers come and go at any message, and some go before
        /// the second of their last one is over.
        #[test]
        fn what_was_due_is_counted_in_the_second_of_its_message(
            steps in proptest::collection::vec(0..3_u32, 1..40),
            receivers in proptest::collection::vec((0..40_usize, 0..40_usize), 0..8),
        ) {
            let mut second = 0;
            let seconds: Vec<Second> = steps
                .iter()
                .map(|step| { second += step; second.checked_sub(2) })
                .collect();
            let mut expected = BTreeMap::new();
            let mut due = DueSeconds::default();
            let mut all: Vec<_> = receivers
                .iter()
                .map(|(a, b)| (*a.min(b), (*a.max(b)).min(seconds.len())))
                .filter(|(from, to)| from < to)
                .collect();
            all.sort_by_key(|(_, to)| *to);
            let recorder = SentSeconds::new(1);
            let mut number = 0;
            let mut send_until = |end: usize| {
                while number < end {
                    let second = seconds[number];
                    let time = second.map_or(0, |second| u64::from(second) + 1);
                    let index = u32::try_from(number).unwrap();
                    recorder.enter(0, index, time, || (second, time + 1));
                    number += 1;
                }
            };
            for (from, to) in all {
                send_until(to);
                let numbers = u32::try_from(from).unwrap()..u32::try_from(to).unwrap();
                due.add(&recorder, 0, &numbers);
                for second in &seconds[from..to] {
                    *expected.entry(*second).or_insert(0_i64) += 1;
                }
            }
            send_until(seconds.len());
            let end = u32::try_from(seconds.len()).unwrap();
            let sent = recorder.split(0, 0..end).into_iter();
            let sent = sent.map(|(second, number)| ((0, second), number)).collect();
            let mut found = due.by_second(&sent);
            found.retain(|_, number| *number != 0);
            prop_assert_eq!(found, expected);
        }
    }
}
