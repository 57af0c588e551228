//! Time as the run counts it: nanoseconds since it began, from the monotonic clock only.

#[cfg(not(target_os = "linux"))]
use std::time::Duration;
use std::time::Instant;

#[cfg(target_os = "linux")]
use rustix::thread::clock_nanosleep_absolute;
#[cfg(target_os = "linux")]
use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::record::figures;

/// The run's clock. Copies tell the same time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    epoch: Instant,
    /// The start of the clock in the system's monotonic time.
    #[cfg(target_os = "linux")]
    absolute: Timespec,
}

impl Clock {
    /// A clock that begins now.
    pub(crate) fn start() -> Self {
        Self {
            epoch: Instant::now(),
            #[cfg(target_os = "linux")]
            absolute: clock_gettime(ClockId::Monotonic),
        }
    }

    /// Nanoseconds since the clock began: enough for 584 years.
    #[inline]
    pub(crate) fn now(self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Blocks the thread until that time, however often it is woken before.
    pub(crate) fn sleep_until(self, time: u64) {
        loop {
            let now = self.now();
            if now >= time {
                return;
            }
            self.sleep(now, time);
        }
    }

    /// Sleeps until that time of the system's clock: what happens between reading the clock and
    /// falling asleep delays nothing.
    #[cfg(target_os = "linux")]
    fn sleep(self, _: u64, time: u64) {
        let nanoseconds = self.absolute.tv_nsec.cast_unsigned() + time;
        let seconds = nanoseconds / 1_000_000_000;
        let wake = Timespec {
            tv_sec: self.absolute.tv_sec.saturating_add_unsigned(seconds),
            tv_nsec: (nanoseconds % 1_000_000_000).cast_signed(),
        };
        // Interrupted: the clock is looked at again anyway.
        let _ = clock_nanosleep_absolute(rustix::thread::ClockId::Monotonic, &wake);
    }

    #[cfg(not(target_os = "linux"))]
    fn sleep(self, now: u64, time: u64) {
        std::thread::sleep(Duration::from_nanos(time - now));
    }
}

/// Converts a number of seconds that is not negative.
pub(crate) fn nanoseconds(seconds: f64) -> u64 {
    figures::whole(seconds * 1e9)
}
