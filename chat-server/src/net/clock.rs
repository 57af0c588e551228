//! The server's clock: the time for which the process itself stood still does not count.
//!
//! A process can be stopped and continued (Ctrl-Z and `fg`, `docker pause`, a debugger, a suspended machine).
//! That gap is not the silence of its clients. So a heartbeat drives the clock, and no time counts that comes
//! too long after the last beat.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, sleep};

/// The time between two heartbeats.
const BEAT: Duration = Duration::from_millis(500);

/// The longest time between two heartbeats that counts: a beat comes late on a busy machine, but not by more
/// than this.
const LONGEST: Duration = Duration::from_secs(1);

/// The time since 1970 (UTC), by the system's clock: for what is shown to people, or kept in a file.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The same in milliseconds, as files have it.
pub(crate) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// A clock, shared by all that measure silence. Its instants are not to be mixed with the system's.
#[derive(Clone)]
pub(crate) struct Clock(Arc<State>);

struct State {
    begun: Instant,
    last: Mutex<Beat>,
}

/// A heartbeat, by the system's clock and by this one.
struct Beat {
    system: Instant,
    time: Instant,
}

impl Clock {
    /// A clock that goes for as long as it is used. Needs a runtime.
    pub(crate) fn start() -> Self {
        let begun = Instant::now();
        let state = Arc::new(State { begun, last: Beat { system: begun, time: begun }.into() });
        tokio::spawn(beat(Arc::downgrade(&state)));
        Self(state)
    }

    /// The time of the start.
    pub(crate) fn begun(&self) -> Instant {
        self.0.begun
    }

    pub(crate) fn now(&self) -> Instant {
        let now = Instant::now();
        self.0.lock().time_at(now)
    }

    /// Waits until this time. Cancel-safe.
    pub(crate) async fn sleep_until(&self, time: Instant) {
        loop {
            let left = time.saturating_duration_since(self.now());
            if left.is_zero() {
                return;
            }
            sleep(left).await;
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Beat> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beat {
    fn time_at(&self, system: Instant) -> Instant {
        self.time + system.saturating_duration_since(self.system).min(LONGEST)
    }
}

/// The heartbeat.
async fn beat(state: Weak<State>) {
    loop {
        sleep(BEAT).await;
        let Some(state) = state.upgrade() else { return };
        let mut last = state.lock();
        let system = Instant::now();
        *last = Beat { system, time: last.time_at(system) };
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[tokio::test(start_paused = true)]
    async fn r8_1_the_clock_goes_like_the_systems() {
        let clock = Clock::start();
        let begun = clock.now();
        clock.sleep_until(begun + HOUR).await;
        assert_eq!(clock.now(), begun + HOUR);
        assert_eq!(begun.elapsed(), HOUR);
    }

    #[tokio::test(start_paused = true)]
    async fn r8_1_time_does_not_count_while_the_process_stands_still() {
        let clock = Clock::start();
        let begun = clock.now();
        sleep(10 * BEAT).await;
        // No task runs meanwhile.
        advance(HOUR).await;
        assert!(clock.now() <= begun + 10 * BEAT + LONGEST, "before the heartbeat");
        clock.sleep_until(begun + 20 * BEAT).await;
        let elapsed = begun.elapsed();
        assert!(elapsed <= HOUR + 20 * BEAT && elapsed + LONGEST >= HOUR + 20 * BEAT);
    }
}
