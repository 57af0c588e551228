//! The bound of what clients cause to be printed: without it, one client could fill a disk.

use std::time::Instant;

use chat_protocol::options::rate::Bucket;

use crate::console::Cause;

/// Bytes a second over a longer time: some 2500 messages of ordinary length, far more than a person
/// can read; 22 GB a day at the most.
const RATE: u64 = 256 * 1024;

/// Bytes that messages may print at once. It is what the [buffer](super::BUFFER) holds.
const BURST: u64 = 1024 * 1024;

/// Bytes that only events may take: a flood of messages does not hide that its client comes and goes.
const RESERVE: u64 = 256 * 1024;

/// Once lines have been left out, they are until this much may be printed again: a quarter of a
/// second. Otherwise, every second line of a flood would say how many are missing.
const RESUME: u64 = RATE / 4;

/// A token bucket of bytes.
pub(super) struct Allowance {
    bucket: Bucket,
    leaves_out_messages: bool,
    leaves_out_events: bool,
}

impl Allowance {
    pub(super) fn new(now: Instant) -> Self {
        let bucket = Bucket::new(1_000_000_000 / RATE, RESERVE + BURST, now);
        Self { bucket, leaves_out_messages: false, leaves_out_events: false }
    }

    /// Returns whether a line of this cause may be printed now.
    pub(super) fn permits(&mut self, cause: Cause, now: Instant) -> bool {
        let (reserve, leaves_out) = match cause {
            Cause::Server => return true,
            Cause::Event => (0, &mut self.leaves_out_events),
            Cause::Message => (RESERVE, &mut self.leaves_out_messages),
        };
        let resume = if *leaves_out { RESUME } else { 0 };
        *leaves_out = self.bucket.tokens(now) <= reserve + resume;
        !*leaves_out
    }

    /// Counts what was printed.
    pub(super) fn spend(&mut self, bytes: usize, now: Instant) {
        self.bucket.spend_many(bytes as u64, now);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LINE: usize = 1024;

    #[test]
    fn r1_10_messages_have_a_burst_and_then_the_rate_and_events_a_reserve() {
        let begun = Instant::now();
        let mut allowance = Allowance::new(begun);
        let mut spent = |cause, after| {
            let now = begun + Duration::from_millis(after);
            let permitted = allowance.permits(cause, now);
            if permitted {
                allowance.spend(LINE, now);
            }
            permitted
        };
        let burst = (0..10_000).take_while(|_| spent(Cause::Message, 0)).count();
        assert_eq!((burst * LINE) as u64, BURST);
        assert!(!spent(Cause::Message, 200), "the next ones come together");
        let minute = (1..=600_000).filter(|i| spent(Cause::Message, i / 10)).count();
        let rate = (minute * LINE) as u64 / 60;
        assert!((RATE - RATE / 100..=RATE + RATE / 100).contains(&rate), "{rate}");
        let events = (0..10_000).take_while(|_| spent(Cause::Event, 60_000)).count();
        assert!((events * LINE) as u64 >= RESERVE);
        assert!(!spent(Cause::Message, 60_500), "events come first");
        assert!(spent(Cause::Server, 60_500));
    }
}
