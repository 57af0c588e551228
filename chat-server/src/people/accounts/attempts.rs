//! The limits on wrong words and on new accounts and words of one address (requirement 12.4).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chat_protocol::account::AccountError;

use crate::net::per_address::subscriber;

/// The time for which words are refused after the first wrong one. It doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest time for which they are refused.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Wrong words of an address that close it for no other account: those of a class behind one router.
const FREE: u32 = 10;

/// The time without a wrong word after which an address begins anew.
const FORGIVEN: Duration = Duration::from_mins(10);

/// Accounts that an address may make in [`HOUR`], and words that it may change: those of a class behind one router.
const ACCOUNTS: u32 = 50;

const HOUR: Duration = Duration::from_hours(1);

/// Most addresses, and accounts of each, that are remembered: some 150 bytes each.
const REMEMBERED: usize = 4096;

/// The addresses from which wrong words or new accounts came.
#[derive(Default)]
pub(super) struct Attempts {
    known: HashMap<Key, Count>,
}

/// An address, or, with its [key](chat_protocol::name::key), an account that was tried from there.
type Key = (IpAddr, Option<Box<str>>);

struct Count {
    /// The number of wrong words.
    wrong: u32,
    failed_at: Option<Instant>,
    /// The number of new accounts and words in the hour that began then.
    accounts: u32,
    began: Instant,
}

pub(super) fn lock(attempts: &Mutex<Attempts>) -> MutexGuard<'_, Attempts> {
    attempts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Attempts {
    /// Returns whether a word from this address may be looked at: that of an account, if there is one.
    pub(super) fn check(
        &self,
        address: IpAddr,
        account: Option<&str>,
        now: Instant,
    ) -> Result<(), AccountError> {
        let address = subscriber(address);
        let is_closed = |account: Option<&str>, free| {
            let known = self.known.get(&(address, account.map(Into::into)));
            known.is_some_and(|known| known.is_closed(free, now))
        };
        if is_closed(None, FREE) || account.is_some() && is_closed(account, 0) {
            return Err(AccountError::TooSoon);
        }
        Ok(())
    }

    /// A word of this account, from this address, was wrong.
    pub(super) fn fail(&mut self, address: IpAddr, account: &str, now: Instant) {
        for account in [None, Some(account.into())] {
            let known = self.count((subscriber(address), account), now);
            if known.is_forgiven(now) {
                known.wrong = 0;
            }
            known.wrong += 1;
            known.failed_at = Some(now);
        }
    }

    /// Counts an account that this address makes, or a word that it changes.
    pub(super) fn count_account(
        &mut self,
        address: IpAddr,
        now: Instant,
    ) -> Result<(), AccountError> {
        let known = self.count((subscriber(address), None), now);
        if now.duration_since(known.began) >= HOUR {
            (known.accounts, known.began) = (0, now);
        }
        if known.accounts >= ACCOUNTS {
            return Err(AccountError::TooMany);
        }
        known.accounts += 1;
        Ok(())
    }

    /// Makes space for a new one, if need be, by forgetting those of which nothing needs to be known, or else the one
    /// that was quiet for longest.
    fn count(&mut self, key: Key, now: Instant) -> &mut Count {
        if self.known.len() >= REMEMBERED && !self.known.contains_key(&key) {
            self.known.retain(|_, known| !known.is_nothing(now));
            if self.known.len() >= REMEMBERED
                && let Some(oldest) = self.oldest()
            {
                self.known.remove(&oldest);
            }
        }
        let new = Count { wrong: 0, failed_at: None, accounts: 0, began: now };
        self.known.entry(key).or_insert(new)
    }

    fn oldest(&self) -> Option<Key> {
        let oldest =
            self.known.iter().min_by_key(|(_, known)| known.failed_at.max(Some(known.began)));
        oldest.map(|(key, _)| key.clone())
    }
}

impl Count {
    fn is_closed(&self, free: u32, now: Instant) -> bool {
        let Some(doublings) = self.wrong.checked_sub(free + 1) else { return false };
        let pause = LONGEST_PAUSE.min(FIRST_PAUSE * (1 << doublings.min(6)));
        self.failed_at.is_some_and(|failed| now < failed + pause)
    }

    fn is_forgiven(&self, now: Instant) -> bool {
        self.failed_at.is_none_or(|failed| now >= failed + FORGIVEN)
    }

    fn is_nothing(&self, now: Instant) -> bool {
        self.is_forgiven(now) && now.duration_since(self.began) >= HOUR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn r12_4_words_are_refused_for_twice_as_long_after_each_wrong_one_up_to_a_minute() {
        let mut attempts = Attempts::default();
        let (mut now, address, second) = (Instant::now(), ip("192.0.2.1"), Duration::from_secs(1));
        let closed = Err(AccountError::TooSoon);
        for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            assert_eq!(attempts.check(address, Some("ana"), now), Ok(()));
            attempts.fail(address, "ana", now);
            now += second * (pause - 1);
            assert_eq!(attempts.check(address, Some("ana"), now), closed, "{pause}");
            assert_eq!(attempts.check(address, Some("bea"), now), Ok(()), "another account");
            assert_eq!(attempts.check(ip("192.0.2.2"), Some("ana"), now), Ok(()), "from elsewhere");
            now += second;
        }
        now += FORGIVEN;
        attempts.fail(address, "ana", now);
        assert_eq!(attempts.check(address, Some("ana"), now + second), Ok(()), "it begins anew");
    }

    #[test]
    fn r12_4_the_eleventh_wrong_word_of_an_address_closes_it_for_all_accounts() {
        let mut attempts = Attempts::default();
        let (mut now, address, second) = (Instant::now(), ip("192.0.2.1"), Duration::from_secs(1));
        for n in 0..FREE {
            attempts.fail(address, &n.to_string(), now);
        }
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            for account in [None, Some("bea")] {
                assert_eq!(attempts.check(address, account, now), Ok(()), "{pause}");
            }
            attempts.fail(address, &pause.to_string(), now);
            now += second * (pause - 1);
            for account in [None, Some("bea")] {
                let closed = Err(AccountError::TooSoon);
                assert_eq!(attempts.check(address, account, now), closed, "{pause}");
            }
            assert_eq!(attempts.check(ip("192.0.2.2"), None, now), Ok(()), "another address");
            now += second;
        }
    }

    #[test]
    fn r12_4_an_address_is_a_network_of_ipv6() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        attempts.fail(ip("2001:db8::1"), "ana", now);
        assert!(attempts.check(ip("2001:db8::ffff:1"), Some("ana"), now).is_err());
        assert!(attempts.check(ip("2001:db8:0:1::1"), Some("ana"), now).is_ok());
    }

    #[test]
    fn r12_4_an_address_makes_so_many_accounts_an_hour() {
        let (mut attempts, now, address) = (Attempts::default(), Instant::now(), ip("192.0.2.1"));
        for _ in 0..ACCOUNTS {
            assert_eq!(attempts.count_account(address, now), Ok(()));
        }
        assert_eq!(attempts.count_account(address, now + HOUR / 2), Err(AccountError::TooMany));
        assert_eq!(attempts.count_account(address, now + HOUR), Ok(()));
    }

    #[test]
    fn r12_4_so_many_addresses_are_remembered_and_the_last_ones() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        let attackers = u32::try_from(REMEMBERED).unwrap();
        for n in 0..attackers {
            attempts.fail(address(n), "ana", now + Duration::from_nanos(n.into()));
        }
        assert_eq!(attempts.known.len(), REMEMBERED);
        assert!(attempts.check(address(attackers - 1), Some("ana"), now).is_err());
        attempts.fail(ip("2001:db8::"), "ana", now + 2 * HOUR);
        assert_eq!(attempts.known.len(), 2, "the others are forgiven");
    }
}
