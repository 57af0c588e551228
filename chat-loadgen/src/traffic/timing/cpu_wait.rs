//! CPU wait of a thread (run-queue delay), sampled each millisecond: a program that takes the CPU
//! for some milliseconds now and then spoils the upper percentiles long before it takes a tenth of
//! the time.

use hdrhistogram::Histogram;

use crate::system::machine;
use crate::traffic::timing::latency::{enter, histogram};

/// Interval between two samples, in nanoseconds: one costs some microseconds.
const APART: u64 = 1_000_000;

/// The CPU wait of one thread.
#[derive(Debug)]
pub(crate) struct CpuWait {
    /// Run-queue delay between two samples, in nanoseconds.
    pub(crate) samples: Histogram<u64>,
    last: Option<(u64, u64)>,
}

impl Default for CpuWait {
    fn default() -> Self {
        Self { samples: histogram(), last: None }
    }
}

impl CpuWait {
    /// Takes a sample if it is time for one: the delay since the sample before.
    pub(crate) fn sample(&mut self, now: u64) {
        let before = self.last;
        if before.is_some_and(|(at, _)| now < at + APART) {
            return;
        }
        let Some(waited) = machine::thread_waited() else { return };
        let waited = u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX);
        if let Some((_, so_far)) = before {
            enter(&mut self.samples, waited.saturating_sub(so_far), 1);
        }
        self.last = Some((now, waited));
    }
}
