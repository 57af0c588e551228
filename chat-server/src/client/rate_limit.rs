//! Rate limits of a client (`--max-rate`) and of its address (`--max-rate-per-ip`): token buckets. A
//! client over a limit is not read from.
//!
//! So nothing is lost, the client's own system makes it wait, and no other client feels it.

use std::time::Duration;

use chat_protocol::options::rate::Bucket;
use tokio::time::{Instant, sleep};

use crate::net::per_address::Origin;

/// One client's allowance of lines.
pub(crate) struct RateLimit<'a> {
    /// `None`: it may talk as fast as it likes.
    bucket: Option<Bucket>,
    /// Its address, whose bucket it shares with others; `None`: the address has no limits.
    origin: Option<&'a Origin>,
    /// The line that has been begun is paid for.
    prepaid: bool,
}

impl<'a> RateLimit<'a> {
    pub(crate) fn new(bucket: Option<Bucket>, origin: Option<&'a Origin>) -> Self {
        Self { bucket, origin, prepaid: false }
    }

    /// From now on, the client may talk as fast as it likes.
    pub(crate) fn lift(&mut self) {
        self.bucket = None;
        self.origin = None;
    }

    /// The client has ended a line.
    pub(crate) fn count_line(&mut self) {
        if !std::mem::take(&mut self.prepaid) {
            self.spend();
        }
    }

    /// The client has sent something that ended no line. A line in two pieces costs as much as one;
    /// a line in a thousand pieces, which are a thousand reads, a thousand times as much.
    pub(crate) fn count_piece(&mut self) {
        self.prepaid = true;
        self.spend();
    }

    /// Returns whether the client may talk now.
    pub(crate) fn is_open(&self) -> bool {
        self.wait().is_zero()
    }

    /// Waits until the client may talk. Cancel-safe.
    pub(crate) async fn opened(&self) {
        if self.is_limited() {
            sleep(self.wait()).await;
        }
    }

    fn is_limited(&self) -> bool {
        self.bucket.is_some() || self.origin.is_some()
    }

    /// The time until the client may talk.
    fn wait(&self) -> Duration {
        if !self.is_limited() {
            return Duration::ZERO;
        }
        let now = Instant::now().into_std();
        let own = self.bucket.map_or(Duration::ZERO, |bucket| bucket.wait(now));
        own.max(self.origin.map_or(Duration::ZERO, |origin| origin.wait(now)))
    }

    fn spend(&mut self) {
        if let Some(bucket) = &mut self.bucket {
            bucket.spend(Instant::now().into_std());
        }
        if let Some(origin) = self.origin {
            origin.count_line(Instant::now().into_std());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use chat_protocol::options::rate::MaxRate;

    use super::*;

    fn rate_limit() -> RateLimit<'static> {
        let [rate, burst] = [10, 3].map(|number| NonZeroU32::new(number).unwrap());
        RateLimit::new(MaxRate::per_second(rate).bucket(burst, Instant::now().into_std()), None)
    }

    #[tokio::test(start_paused = true)]
    async fn r1_4_who_talks_too_much_waits_for_its_next_line() {
        let mut rate_limit = rate_limit();
        let begun = Instant::now();
        for _ in 0..13 {
            rate_limit.opened().await;
            rate_limit.count_line();
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        rate_limit.lift();
        assert!(rate_limit.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn r1_4_a_line_in_two_pieces_is_one_and_in_many_is_many() {
        let mut rate_limit = rate_limit();
        for _ in 0..2 {
            rate_limit.count_piece();
            rate_limit.count_line();
        }
        assert!(rate_limit.is_open());
        rate_limit.count_piece();
        rate_limit.count_piece();
        assert!(!rate_limit.is_open());
        let begun = Instant::now();
        rate_limit.opened().await;
        assert_eq!(begun.elapsed(), Duration::from_millis(200));
    }
}
