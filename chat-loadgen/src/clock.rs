//! Time as the run counts it: nanoseconds since it began, from the monotonic clock only.

use std::thread;
use std::time::{Duration, Instant};

/// The run's clock. Copies tell the same time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    epoch: Instant,
}

impl Clock {
    /// A clock that begins now.
    pub fn start() -> Self {
        Self { epoch: Instant::now() }
    }

    /// Nanoseconds since the clock began: enough for 584 years.
    #[inline]
    pub fn now(self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Blocks the thread until that time, however often it is woken before.
    pub fn sleep_until(self, time: u64) {
        loop {
            let now = self.now();
            if now >= time {
                return;
            }
            thread::sleep(Duration::from_nanos(time - now));
        }
    }
}
