//! The ledger of deliveries: the messages of each sender that a receiver has got. It takes four
//! bytes a pair of sender and receiver, and a little more for each gap.
//!
//! A message's number is compared with the next one that is due from its sender. That is all while
//! nothing goes wrong. A number beyond it opens a gap; one that fills a gap came late; one that is
//! neither due nor missing was there before.

pub(crate) mod anomalies;
pub(crate) mod deaths;
pub(crate) mod seconds;
pub(crate) mod total_order;

use std::collections::BTreeMap;
use std::ops::Range;

/// Maximum number of gaps that are kept for one receiver: some 20 bytes each. A message missing
/// beyond that is lost, and counts as a duplicate if it arrives after all.
const MAX_GAPS: usize = 1 << 14;

/// Classification of one arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The next message of its sender.
    InOrder,
    /// A message ahead of these, which have not arrived.
    Ahead(Range<u32>),
    /// A message that was missing.
    Late,
    /// A message that had arrived already.
    Again,
    /// A message from before the first that was due.
    NotDue,
}

/// One receiver's account with all senders of its room, which are counted from 0.
#[derive(Debug)]
pub(crate) struct Account {
    next: Box<[Next]>,
    gaps: BTreeMap<(u32, u32), u32>,
    missing: u64,
    forgotten: u64,
    /// The first number of each sender that was due, for a receiver that came late; before one of
    /// that sender is known to be due, the first that was sent while it came.
    first: Option<Box<[u32]>>,
    /// Messages of a sender that were sent while the receiver came, and of which it is not known
    /// whether they were due: they did not arrive, and a later one did.
    undecided: Vec<(u32, Range<u32>)>,
}

/// The next number that is due from a sender, below [`crate::wire::payload::MAX_MESSAGES`]; or, in
/// the upper bits, one of the two states before the first is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Next(u32);

impl Next {
    /// Nothing is due, and nothing is known.
    const UNKNOWN: Self = Self(u32::MAX);
    /// Flag set together with a number: messages below that number may come or not.
    const OPEN: u32 = 1 << 31;

    fn open(self) -> Option<u32> {
        (self != Self::UNKNOWN && self.0 & Self::OPEN != 0).then_some(self.0 & !Self::OPEN)
    }

    fn due(self) -> Option<u32> {
        (self.0 & Self::OPEN == 0).then_some(self.0)
    }
}

impl Account {
    /// An account to which nothing is due yet.
    pub(crate) fn new(senders: usize) -> Self {
        Self {
            next: vec![Next::UNKNOWN; senders].into_boxed_slice(),
            gaps: BTreeMap::new(),
            missing: 0,
            forgotten: 0,
            first: None,
            undecided: Vec::new(),
        }
    }

    /// An account of a receiver that comes when each sender has sent so many messages: whether the
    /// next ones are due to it is not known before [`Self::open_late`].
    pub(crate) fn coming(sent: Box<[u32]>) -> Self {
        let senders = sent.len();
        Self { first: Some(sent), ..Self::new(senders) }
    }

    /// Returns whether the receiver came late.
    pub(crate) fn is_late(&self) -> bool {
        self.first.is_some()
    }

    /// Opens the account with this sender: all its messages are due, from number 0. False if it was
    /// open.
    pub(crate) fn open(&mut self, sender: usize) -> bool {
        let unknown = self.next[sender] == Next::UNKNOWN;
        if unknown {
            self.next[sender] = Next(0);
        }
        unknown
    }

    /// Opens the account of a receiver that is known to take part as of now. What each sender sends
    /// after the `sent(sender)` messages so far is due; earlier messages may arrive, or not.
    pub(crate) fn open_late(&mut self, sent: impl Fn(usize) -> u32) {
        for (sender, next) in self.next.iter_mut().enumerate() {
            *next = Next(sent(sender) | Next::OPEN);
        }
    }

    /// Returns whether nothing is known of what is due from a sender.
    pub(crate) fn is_closed(&self, sender: usize) -> bool {
        self.next[sender] == Next::UNKNOWN
    }

    /// Enters the arrival of a message.
    #[inline]
    pub(crate) fn receive(&mut self, sender: usize, number: u32) -> Arrival {
        let next = &mut self.next[sender];
        if next.0 == number {
            next.0 += 1;
            return Arrival::InOrder;
        }
        self.receive_other(sender, number)
    }

    #[cold]
    fn receive_other(&mut self, sender: usize, number: u32) -> Arrival {
        let next = self.next[sender];
        let due = match (next.due(), next.open()) {
            (Some(due), _) => due,
            // The first one of a sender since the receiver came.
            (None, Some(floor)) => floor.min(number),
            (None, None) => number,
        };
        if number < due {
            return self.fill(sender, number);
        }
        if let (None, Some(first)) = (next.due(), &mut self.first) {
            let before = std::mem::replace(&mut first[sender], due);
            if before < due {
                self.undecided.push((index(sender), before..due));
            }
        }
        self.next[sender] = Next(number + 1);
        if number == due {
            return Arrival::InOrder;
        }
        self.missing += u64::from(number - due);
        self.gaps.insert((index(sender), due), number);
        Arrival::Ahead(due..number)
    }

    fn fill(&mut self, sender: usize, number: u32) -> Arrival {
        if self.first.as_ref().is_some_and(|first| number < first[sender]) {
            return Arrival::NotDue;
        }
        let sender = index(sender);
        let Some((&(_, first), &end)) = self.gaps.range((sender, 0)..=(sender, number)).next_back()
        else {
            return Arrival::Again;
        };
        if number >= end {
            return Arrival::Again;
        }
        self.gaps.remove(&(sender, first));
        if first < number {
            self.gaps.insert((sender, first), number);
        }
        if number + 1 < end {
            self.gaps.insert((sender, number + 1), end);
        }
        self.missing -= 1;
        Arrival::Late
    }

    /// Takes the first of too many gaps out of the account: it is forgotten, and what is missing in
    /// it is lost. To be called after each arrival that opens a gap.
    pub(crate) fn forget(&mut self) -> Option<(usize, Range<u32>)> {
        if self.gaps.len() <= MAX_GAPS {
            return None;
        }
        let ((sender, first), end) = self.gaps.pop_first()?;
        self.forgotten += 1;
        self.missing -= u64::from(end - first);
        Some((sender as usize, first..end))
    }

    /// Number behind the last message of a sender that has arrived.
    pub(crate) fn heard(&self, sender: usize) -> u32 {
        self.next[sender].due().unwrap_or(0)
    }

    /// Number of gaps that were forgotten: a message that fills one late looks like a duplicate.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Number of messages that were overtaken by later ones and have not come.
    pub(crate) fn missing(&self) -> u64 {
        self.missing
    }

    /// The missing messages that are remembered, as ranges of one sender's numbers.
    pub(crate) fn gaps(&self) -> impl Iterator<Item = (usize, Range<u32>)> {
        self.gaps.iter().map(|(&(sender, first), &end)| (sender as usize, first..end))
    }

    /// The numbers of a sender that are due, were not overtaken, and have not come, if those below
    /// `sent` are due.
    pub(crate) fn awaited(&self, sender: usize, sent: u32) -> Range<u32> {
        let next = self.next[sender];
        let first = next.due().or(next.open()).unwrap_or(sent);
        first.min(sent)..sent
    }

    /// The numbers of a sender that are due, or may be, if those below `sent` are: all that have
    /// come, and what is missing, awaited or undecided.
    pub(crate) fn due(&self, sender: usize, sent: u32) -> Range<u32> {
        let next = self.next[sender];
        let Some(end) = next.due().or(next.open()) else { return 0..0 };
        let first = self.first.as_ref().map_or(0, |first| first[sender]);
        let undecided = self.undecided.iter().find(|(of, _)| *of == index(sender));
        let first = undecided.map_or(first, |(_, numbers)| numbers.start);
        first..end.max(sent).max(first)
    }

    /// Messages of which it is not known whether they were due: they were sent while the receiver
    /// came, and did not arrive.
    pub(crate) fn undecided(&self) -> impl Iterator<Item = (usize, Range<u32>)> {
        let heard = self.undecided.iter().map(|(sender, range)| (*sender as usize, range.clone()));
        let unheard = self.next.iter().enumerate().filter_map(|(sender, next)| {
            Some((sender, self.first.as_ref()?[sender]..next.open()?))
        });
        heard.chain(unheard)
    }
}

/// Senders are fewer than 2^18, which is what a text can tell apart.
fn index(sender: usize) -> u32 {
    u32::try_from(sender).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::seq::SliceRandom;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;
    use std::collections::BTreeSet;

    fn opened(senders: usize) -> Account {
        let mut account = Account::new(senders);
        for sender in 0..senders {
            assert!(account.open(sender));
        }
        account
    }

    #[test]
    fn each_arrival_is_one_thing() {
        let mut account = opened(2);
        assert_eq!(account.receive(0, 0), Arrival::InOrder);
        assert_eq!(account.receive(0, 0), Arrival::Again);
        assert_eq!(account.receive(0, 4), Arrival::Ahead(1..4));
        assert_eq!(account.receive(1, 0), Arrival::InOrder);
        assert_eq!(account.receive(0, 2), Arrival::Late);
        assert_eq!(account.receive(0, 2), Arrival::Again);
        assert_eq!(account.receive(0, 5), Arrival::InOrder);
        assert_eq!(account.missing(), 2);
        assert_eq!(account.gaps().collect::<Vec<_>>(), [(0, 1..2), (0, 3..4)]);
        assert_eq!(account.awaited(0, 8), 6..8);
        assert_eq!(account.awaited(1, 1), 1..1);
    }

    #[test]
    fn who_comes_late_is_due_what_is_sent_from_then_on() {
        let mut account = Account::coming([6, 9, 10].into());
        account.open_late(|_| 10);
        // Sent before it was known to be there, and everything after that.
        assert_eq!(account.receive(0, 7), Arrival::InOrder);
        assert_eq!(account.receive(0, 9), Arrival::Ahead(8..9));
        // One from before the first, which some server was slow to deliver.
        assert_eq!(account.receive(0, 5), Arrival::NotDue);
        assert_eq!(account.receive(0, 7), Arrival::Again);
        // Nothing of what was before, so the first that is due is missing.
        assert_eq!(account.receive(1, 12), Arrival::Ahead(10..12));
        assert_eq!(account.awaited(2, 11), 10..11);
        // 6 of the first sender and 9 of the second may have been due or not.
        assert_eq!(account.undecided().collect::<Vec<_>>(), [(0, 6..7), (1, 9..10), (2, 10..10)]);
        assert_eq!(account.missing(), 3);
        // Two came and one is missing and one awaited; two are missing and one came.
        assert_eq!([0, 1, 2].map(|sender| account.due(sender, 11)), [6..11, 9..13, 10..11]);
    }

    #[test]
    fn what_is_due_is_what_came_and_what_did_not() {
        let mut account = opened(1);
        for number in [0, 1, 4, 2] {
            account.receive(0, number);
        }
        assert_eq!((account.due(0, 7), account.missing(), account.awaited(0, 7)), (0..7, 1, 5..7));
        // Of what was sent after a farewell, what came is due, and no more.
        assert_eq!((account.due(0, 3), account.awaited(0, 3).len()), (0..5, 0));
        assert!(Account::new(1).due(0, 7).is_empty());
    }

    proptest! {
        /// Against a set of everything that has come.
        #[test]
        fn it_agrees_with_a_ledger_that_keeps_everything(seed: u64) {
            let mut rng = Pcg64Mcg::seed_from_u64(seed);
            let mut account = opened(3);
            let mut seen: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); 3];
            let mut arrivals: Vec<(usize, u32)> = (0..3)
                .flat_map(|sender| (0..40).map(move |number| (sender, number)))
                .filter(|_| rng.random_bool(0.8))
                .collect();
            arrivals.extend_from_within(..10);
            arrivals.chunks_mut(7).for_each(|chunk| chunk.shuffle(&mut rng));
            for (sender, number) in arrivals {
                let before = seen[sender].last().copied();
                let new = seen[sender].insert(number);
                let expected = match (new, before) {
                    (false, _) => Arrival::Again,
                    (true, Some(last)) if number < last => Arrival::Late,
                    (true, _) => {
                        let due = before.map_or(0, |last| last + 1);
                        if number == due { Arrival::InOrder } else { Arrival::Ahead(due..number) }
                    }
                };
                prop_assert_eq!(account.receive(sender, number), expected);
            }
            let missing: u64 = seen
                .iter()
                .map(|seen| seen.last().map_or(0, |last| u64::from(last + 1) - seen.len() as u64))
                .sum();
            prop_assert_eq!(account.missing(), missing);
            prop_assert_eq!(account.gaps().map(|(_, gap)| gap.len() as u64).sum::<u64>(), missing);
        }
    }
}
