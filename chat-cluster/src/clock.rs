//! The time of the log, in milliseconds. It passes only when there are records; no clock of a node counts.

use crate::wire::{Malformed, Reader, Write};

/// The log is held to have stood still when there was no record for longer than this. Living nodes publish each second.
const PAUSE: u64 = 2_000;

/// The time of the last record, and how long the log has been running.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Clock {
    now: u64,
    /// The time of the record with which the log went on after the last pause.
    resumed: u64,
}

impl Clock {
    /// There is a record of this time. The log's own clock may go back when its leader changes.
    pub(crate) fn tick(&mut self, time: u64) {
        if time > self.now.saturating_add(PAUSE) {
            self.resumed = time;
        }
        self.now = self.now.max(time);
    }

    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// The time since then during which the log has run without a pause.
    pub(crate) fn running_since(&self, then: u64) -> u64 {
        self.now.saturating_sub(then.max(self.resumed))
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_u64(self.now);
        out.put_u64(self.resumed);
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { now: input.u64()?, resumed: input.u64()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_does_not_count_and_time_does_not_go_back() {
        let mut clock = Clock::default();
        for time in [10_000, 11_000, 13_000, 12_500] {
            clock.tick(time);
        }
        assert_eq!((clock.now(), clock.running_since(0)), (13_000, 3_000));
        clock.tick(15_001);
        assert_eq!(clock.running_since(0), 0, "2,001 ms without a record");
        clock.tick(16_000);
        assert_eq!((clock.running_since(0), clock.running_since(15_500)), (999, 500));
    }
}
