//! Standstills that concern more than one thread.

use std::sync::atomic::{AtomicU64, Ordering};

/// Minimum length of a standstill that is told to other threads, in nanoseconds: below it, reading a
/// clock is as uncertain.
pub(crate) const NOTABLE: u64 = 500_000;
/// Part of a standstill for which deliveries behind it count as disturbed, too: its backlog has to be
/// worked off.
const BACKLOG: u64 = 4;

/// Length of the latest standstill while its backlog lasts. Several threads may share one.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    length: AtomicU64,
    until: AtomicU64,
}

impl Latest {
    /// Notes a standstill that ended now.
    pub(crate) fn note(&self, length: u64, now: u64) {
        if length >= NOTABLE {
            self.length.store(length.max(self.at(now)), Ordering::Relaxed);
            self.until.fetch_max(now + length / BACKLOG, Ordering::Relaxed);
        }
    }

    /// Length of the standstill whose backlog lasts at that time, or 0.
    pub(crate) fn at(&self, now: u64) -> u64 {
        if now > self.until.load(Ordering::Relaxed) {
            return 0;
        }
        self.length.load(Ordering::Relaxed)
    }
}

/// The standstills that concern more than one thread.
#[derive(Debug, Default)]
pub(crate) struct Common {
    /// Of any thread that had work: a message is complete when all threads have read it.
    pub(crate) any: Latest,
    /// Of the whole process: all threads were stopped.
    pub(crate) stop: Latest,
}
