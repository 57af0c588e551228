//! The pause before each attempt to connect again: exponential backoff with full jitter.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The longest pause before the first attempt. It doubles each time.
const FIRST: Duration = Duration::from_millis(250);

/// The longest pause of all. A connection that has lasted so long begins anew with [`FIRST`].
pub(crate) const LONGEST: Duration = Duration::from_secs(10);

/// The attempts so far.
#[derive(Debug, Default)]
pub(crate) struct Backoff(u32);

impl Backoff {
    /// The pause before the next attempt: any up to the longest one, so that the clients of a server that
    /// begins anew do not all come at once.
    pub(crate) fn next(&mut self) -> Duration {
        // The keys of a new hasher are random.
        let random = u32::try_from(RandomState::new().build_hasher().finish() >> 32);
        let random = random.unwrap_or(u32::MAX);
        self.longest().mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    fn longest(&mut self) -> Duration {
        let longest = FIRST.saturating_mul(1 << self.0.min(16)).min(LONGEST);
        self.0 += 1;
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_15_the_longest_pause_doubles_up_to_ten_seconds() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u128> = (0..8).map(|_| backoff.longest().as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[test]
    fn r11_15_a_pause_is_anything_up_to_the_longest() {
        let pauses: Vec<Duration> = (0..1000).map(|_| Backoff::default().next()).collect();
        assert!(pauses.iter().all(|pause| *pause <= FIRST));
        let short = pauses.iter().filter(|pause| **pause < FIRST / 2).count();
        assert!((300..700).contains(&short), "{short} of 1000 are in the lower half");
    }
}
