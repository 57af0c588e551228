//! Rate limits: their syntax, and a token bucket that enforces one.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::{Duration, Instant};

use thiserror::Error;

/// A rate limit in events per second, or `off`. `20` means `20/s`.
///
/// ```
/// # use chat_protocol::options::rate::MaxRate;
/// assert_eq!("20/s".parse::<MaxRate>()?.to_string(), "20/s");
/// assert_eq!("off".parse::<MaxRate>()?, MaxRate::OFF);
/// # Ok::<(), chat_protocol::options::rate::ParseMaxRateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxRate(Option<NonZeroU32>);

impl MaxRate {
    /// No limit.
    pub const OFF: Self = Self(None);

    /// A limit of this many events per second.
    pub const fn per_second(number: NonZeroU32) -> Self {
        Self(Some(number))
    }

    /// The number of events per second; `None` if there is no limit.
    pub const fn number(self) -> Option<NonZeroU32> {
        self.0
    }

    /// Creates a full token bucket for this rate; `None` if there is no limit.
    pub fn bucket(self, burst: NonZeroU32, now: Instant) -> Option<Bucket> {
        let interval = 1_000_000_000 / u64::from(self.0?.get());
        Some(Bucket::new(interval, burst.get().into(), now))
    }
}

impl FromStr for MaxRate {
    type Err = ParseMaxRateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        let number = text.strip_suffix("/s").unwrap_or(text);
        number.parse().map(Self::per_second).map_err(|_| ParseMaxRateError)
    }
}

impl fmt::Display for MaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.pad("off"),
            Some(number) => write!(f, "{number}/s"),
        }
    }
}

/// The text was neither a whole number a second from 1 nor `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected a rate such as 20/s, or off")]
pub struct ParseMaxRateError;

/// A token bucket, in the form that ATM networks call the generic cell rate algorithm (ITU-T
/// I.371). Its only state is the time at which it is full.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// Time between two tokens, in nanoseconds.
    interval: u64,
    /// The longest time to full at which a token is still available, in nanoseconds.
    slack: u64,
    full: Instant,
}

impl Bucket {
    /// Creates a full bucket of `burst` tokens. It gains a token every `interval` nanoseconds.
    pub fn new(interval: u64, burst: u64, now: Instant) -> Self {
        Self { interval, slack: interval.saturating_mul(burst.saturating_sub(1)), full: now }
    }

    /// Takes a token, on credit if none is available.
    pub fn spend(&mut self, now: Instant) {
        self.spend_many(1, now);
    }

    /// Takes this many tokens, on credit if too few are available.
    pub fn spend_many(&mut self, tokens: u64, now: Instant) {
        let time = Duration::from_nanos(self.interval.saturating_mul(tokens));
        self.full = self.full.max(now) + time;
    }

    /// The number of available tokens.
    pub fn tokens(&self, now: Instant) -> u64 {
        let full = u128::from(self.slack) + u128::from(self.interval);
        let missing = self.full.saturating_duration_since(now).as_nanos();
        let tokens = full.saturating_sub(missing) / u128::from(self.interval).max(1);
        u64::try_from(tokens).unwrap_or(u64::MAX)
    }

    /// Returns whether all its tokens are available.
    pub fn is_full(&self, now: Instant) -> bool {
        self.full <= now
    }

    /// The time until a token is available; zero if one is.
    pub fn wait(&self, now: Instant) -> Duration {
        self.full.saturating_duration_since(now + Duration::from_nanos(self.slack))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    /// Takes all available tokens and returns their number.
    fn drain(bucket: &mut Bucket, now: Instant) -> u32 {
        let mut had = 0;
        while bucket.wait(now).is_zero() {
            bucket.spend(now);
            had += 1;
        }
        had
    }

    #[test]
    fn a_burst_at_once_and_then_the_rate() {
        let begun = Instant::now();
        let mut bucket = MaxRate::per_second(number(20)).bucket(number(40), begun).unwrap();
        assert_eq!(drain(&mut bucket, begun), 40);
        assert_eq!(bucket.wait(begun), Duration::from_millis(50));
        assert_eq!(bucket.tokens(begun + Duration::from_millis(149)), 2);
        assert_eq!(drain(&mut bucket, begun + Duration::from_millis(49)), 0);
        assert_eq!(drain(&mut bucket, begun + Duration::from_secs(1)), 20);
        let much_later = begun + Duration::from_hours(1);
        assert_eq!(drain(&mut bucket, much_later), 40, "it holds a burst and no more");
    }

    #[test]
    fn what_was_taken_on_credit_is_paid_back_first() {
        let begun = Instant::now();
        let mut bucket = MaxRate::per_second(number(10)).bucket(number(1), begun).unwrap();
        for _ in 0..4 {
            bucket.spend(begun);
        }
        assert_eq!(bucket.wait(begun), Duration::from_millis(400));
    }

    #[test]
    fn rates_as_people_write_them() {
        for text in ["1/s", "20/s", "4294967295/s", "off"] {
            assert_eq!(text.parse::<MaxRate>().unwrap().to_string(), text);
        }
        assert_eq!("20".parse::<MaxRate>().unwrap().to_string(), "20/s");
        for text in ["", "0", "0/s", "-1/s", "1.5/s", "20/m", "s", "/s", "OFF"] {
            assert_eq!(text.parse::<MaxRate>(), Err(ParseMaxRateError), "{text:?}");
        }
    }
}
