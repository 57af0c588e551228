//! Idle timeout (requirement 8.2): the time of the last byte in either direction. Pings and pongs are none of them.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::net::clock::Clock;

/// The time of the last byte in either direction, set by every read and write.
pub(crate) struct Activity {
    clock: Clock,
    /// Nanoseconds after the clock's beginning.
    last: AtomicU64,
}

/// A timer that has fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// There was no activity for too long.
    Silence,
    /// The time given has come.
    Deadline,
}

impl Activity {
    pub(crate) fn new(clock: Clock) -> Self {
        let activity = Self { clock, last: AtomicU64::new(0) };
        activity.touch_now();
        activity
    }

    /// A byte is sent or received now.
    pub(crate) fn touch_now(&self) {
        self.touch(self.clock.now());
    }

    /// A byte was sent or received about `now`, by the server's clock.
    pub(crate) fn touch(&self, now: Instant) {
        let nanos = now.saturating_duration_since(self.clock.begun()).as_nanos();
        // 2^64 ns are 584 years.
        self.last.store(u64::try_from(nanos).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Completes once there was no activity for `limit`, or when `deadline` comes; never, without
    /// either. Cancel-safe.
    ///
    /// Touching costs no timer: the sleeper looks again when its time has come. And there is one
    /// sleeper for both, because each costs a silent connection more than a hundred bytes.
    pub(crate) async fn overdue(
        &self,
        limit: Option<Duration>,
        deadline: Option<Instant>,
    ) -> Overdue {
        loop {
            let Some((time, overdue)) = self.due(limit, deadline) else { return pending().await };
            let left = time.saturating_duration_since(self.clock.now());
            if left.is_zero() {
                return overdue;
            }
            sleep(left).await;
        }
    }

    /// The timer that fires next, unless there is some activity before.
    fn due(
        &self,
        limit: Option<Duration>,
        deadline: Option<Instant>,
    ) -> Option<(Instant, Overdue)> {
        let last = self.clock.begun() + Duration::from_nanos(self.last.load(Ordering::Relaxed));
        let silence = limit.map(|limit| (last + limit, Overdue::Silence));
        let deadline = deadline.map(|deadline| (deadline, Overdue::Deadline));
        silence.into_iter().chain(deadline).min_by_key(|(time, _)| *time)
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
        let overdue = Activity::new(Clock::start()).overdue(Some(LIMIT), None).await;
        assert_eq!((overdue, begun.elapsed()), (Overdue::Silence, LIMIT));
    }

    #[tokio::test(start_paused = true)]
    async fn r8_2_any_byte_starts_the_time_again() {
        let begun = Instant::now();
        let activity = Activity::new(Clock::start());
        let touch = async {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(45)).await;
                activity.touch_now();
            }
        };
        tokio::join!(activity.overdue(Some(LIMIT), None), touch);
        assert_eq!(begun.elapsed(), 3 * Duration::from_secs(45) + LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn r8_1_never_is_idle_without_a_limit() {
        let activity = Activity::new(Clock::start());
        tokio::select! {
            _ = activity.overdue(None, None) => panic!("idle without a limit"),
            () = advance(Duration::from_hours(1000)) => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn r8_1_a_server_that_stood_still_calls_no_client_silent_for_that() {
        let activity = Activity::new(Clock::start());
        sleep(LIMIT / 2).await;
        advance(100 * LIMIT).await;
        let continued = Instant::now();
        activity.overdue(Some(LIMIT), None).await;
        let left = continued.elapsed();
        assert!(left <= LIMIT / 2 && left + Duration::from_secs(5) > LIMIT / 2, "{left:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn r5_6_a_deadline_comes_however_active_somebody_is() {
        let begun = Instant::now();
        let activity = Activity::new(Clock::start());
        let deadline = begun + LIMIT / 2;
        assert_eq!(activity.overdue(Some(LIMIT), Some(deadline)).await, Overdue::Deadline);
        assert_eq!(begun.elapsed(), LIMIT / 2);
        assert_eq!(activity.overdue(Some(LIMIT / 4), Some(deadline)).await, Overdue::Silence);
    }
}
