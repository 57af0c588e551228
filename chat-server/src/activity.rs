//! When a connection was last alive (requirement 8.2).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The time of the last byte in either direction, set by whoever moves bytes.
pub(crate) struct Activity {
    begun: Instant,
    /// Nanoseconds after `begun`.
    last: AtomicU64,
}

impl Activity {
    pub(crate) fn new(now: Instant) -> Self {
        Self { begun: now, last: AtomicU64::new(0) }
    }

    /// A byte was sent or received about `now`.
    pub(crate) fn touch(&self, now: Instant) {
        let nanos = now.saturating_duration_since(self.begun).as_nanos();
        // 2^64 ns are 584 years.
        self.last.store(u64::try_from(nanos).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Completes once there was no activity for `limit`; never, without a limit. Cancel-safe.
    ///
    /// Touching costs no timer: the sleeper looks again when its time has come.
    pub(crate) async fn idle(&self, limit: Option<Duration>) {
        let Some(limit) = limit else { return std::future::pending().await };
        loop {
            let last = self.begun + Duration::from_nanos(self.last.load(Ordering::Relaxed));
            let deadline = last + limit;
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn r8_1_is_idle_after_the_limit() {
        let begun = Instant::now();
        Activity::new(begun).idle(Some(LIMIT)).await;
        assert_eq!(begun.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn r8_2_any_byte_starts_the_time_again() {
        let begun = Instant::now();
        let activity = Activity::new(begun);
        let touch = async {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(45)).await;
                activity.touch(Instant::now());
            }
        };
        tokio::join!(activity.idle(Some(LIMIT)), touch);
        assert_eq!(begun.elapsed(), 3 * Duration::from_secs(45) + LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn r8_1_never_is_idle_without_a_limit() {
        let activity = Activity::new(Instant::now());
        tokio::select! {
            () = activity.idle(None) => panic!("idle without a limit"),
            () = advance(Duration::from_hours(1000)) => {}
        }
    }
}
