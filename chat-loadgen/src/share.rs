//! Shares of a run that several generators make together (`--join K/N`).
//!
//! All of them know the clients and senders of the whole run by number, so each can judge what the
//! others send.

use std::ops::Range;
use std::str::FromStr;

use crate::roles::{self, Numbers};

/// The share of one generator in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// The generator, counted from 0.
    index: u32,
    /// Number of generators.
    of: u32,
}

/// A run of which this generator has a share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joined {
    /// This generator's share.
    pub(crate) share: Share,
    /// Number of clients of each kind, over all generators.
    pub(crate) whole: Numbers,
    /// Mark that tells the run's texts from others: the same for all generators.
    pub(crate) mark: u32,
}

/// Maximum number of generators of one run.
const MAX_GENERATORS: u32 = 1000;

impl FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once('/').and_then(|(number, of)| {
            let (number, of) = (number.parse().ok()?, of.parse().ok()?);
            (2..=MAX_GENERATORS).contains(&of).then_some((number, of))
        });
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { index: number - 1, of }),
            _ => Err("expected K/N, such as 2/3: the second of three generators"),
        }
    }
}

impl Share {
    /// Its number, counted from 1, and the number of all.
    pub(crate) fn numbered(self) -> (u32, u32) {
        (self.index + 1, self.of)
    }

    /// All shares of the run.
    pub(crate) fn all(self) -> impl Iterator<Item = Self> {
        (0..self.of).map(move |index| Self { index, ..self })
    }

    /// Those of so many things that belong to this share.
    pub(crate) fn part_of(self, all: u32) -> Range<u32> {
        roles::scale(self.index, all, self.of)..roles::scale(self.index + 1, all, self.of)
    }

    /// Those of the run's senders that are clients of this share: as many as its part of the clients has, so that there
    /// are never more of them than clients.
    pub(crate) fn senders(self, whole: Numbers) -> Range<u32> {
        let Numbers { clients, senders, .. } = whole;
        let Range { start, end } = self.part_of(clients);
        let before = |client| {
            let number = (u64::from(client) * u64::from(senders)).div_ceil(clients.max(1).into());
            u32::try_from(number).unwrap_or(senders)
        };
        before(start)..before(end)
    }

    /// Numbers of clients of this share. All of them have all rooms.
    pub(crate) fn numbers(self, whole: Numbers) -> Numbers {
        let length = |part: Range<u32>| part.end - part.start;
        let Numbers { clients, idle, .. } = whole;
        Numbers {
            clients: length(self.part_of(clients)),
            senders: length(self.senders(whole)),
            idle: length(self.part_of(idle)),
            ..whole
        }
    }
}

impl Joined {
    /// Number among all clients of the run, of the client that has this index here.
    pub(crate) fn client(&self, index: u32) -> u32 {
        let Self { share, whole, .. } = self;
        let here = share.part_of(whole.clients);
        match index.checked_sub(share.numbers(*whole).clients) {
            None => here.start + index,
            Some(idle) => whole.clients + share.part_of(whole.idle).start + idle,
        }
    }

    /// Room and number among all clients of each sender of the run.
    pub(crate) fn senders(&self) -> impl Iterator<Item = (u32, u32)> {
        let whole = self.whole;
        self.share.all().flat_map(move |share| {
            let (first, numbers) = (share.part_of(whole.clients).start, share.numbers(whole));
            (0..numbers.senders).map(move |sender| {
                let client = roles::sender(sender, numbers);
                (roles::room(client, numbers), first + client)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_share_is_written_with_the_number_of_all() {
        assert_eq!("2/3".parse(), Ok(Share { index: 1, of: 3 }));
        for wrong in ["0/3", "4/3", "1/1", "1", "/", "a/b", "1/1001"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_share_has_more_senders_than_clients() {
        for (clients, senders) in [(3, 2), (13, 12), (400, 399)] {
            let (rooms, idle, slow, churners, later, threads, servers) = (1, 0, 0, 0, 0, 1, 1);
            let whole =
                Numbers { clients, senders, rooms, slow, churners, idle, later, threads, servers };
            let parts = Share { index: 0, of: 5 }.all().map(|share| share.numbers(whole));
            let parts = parts.inspect(|part| assert!(part.senders <= part.clients));
            assert_eq!(parts.map(|part| part.senders).sum::<u32>(), senders);
        }
    }

    proptest! {
        #[test]
        fn the_shares_are_the_run_and_know_each_others_senders(
            clients in 1..400_u32, every in 1..12_u32, rooms in 1..9_u32, idle in 0..9_u32,
            of in 2..7_u32,
        ) {
            let (senders, rooms) = (clients.div_ceil(every), rooms.min(clients));
            let whole = Numbers {
                clients, senders, rooms, idle, slow: 0, churners: 0, later: 0, threads: 2, servers: 1,
            };
            let joined = |share| Joined { share, whole, mark: 0 };
            let all = Share { index: 0, of };
            let known: Vec<_> = joined(all).senders().collect();
            prop_assert_eq!(known.len(), senders as usize);
            let mut names = Vec::new();
            for share in all.all() {
                let roles = roles::assign(share.numbers(whole));
                let senders = share.senders(whole);
                for (index, role) in (0..).zip(&roles) {
                    let client = joined(share).client(index);
                    names.push(client);
                    if let Some(sender) = role.sender {
                        let seen = known[(senders.start + sender) as usize];
                        prop_assert_eq!(seen, (role.room.expect("it takes part"), client));
                    }
                }
            }
            names.sort_unstable();
            prop_assert_eq!(names, (0..clients + idle).collect::<Vec<_>>());
        }
    }
}
