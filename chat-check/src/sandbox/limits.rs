//! Resource limits of a tested program.

use std::time::Duration;

/// Resource limits of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Processes at a time; threads may be [sixteen times](Self::threads) as many.
    pub(crate) processes: usize,
    /// Resident memory of all its processes together, in bytes; what they share counts once. Not
    /// address space: a Java machine reserves tens of gigabytes of that and uses a hundred
    /// megabytes.
    pub(crate) memory: u64,
    /// Processor time of all its processes together.
    pub(crate) cpu: Duration,
    /// The longest file it may write, in bytes.
    pub(crate) file_size: u64,
    /// Bytes kept of each of its outputs: the first quarter and the last.
    pub(crate) output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            processes: 128,
            memory: 1 << 30,
            cpu: Duration::from_mins(2),
            file_size: 64 << 20,
            output: 1 << 20,
        }
    }
}

impl Limits {
    /// Limit on the threads at a time: a Java machine has twenty before it does anything, and many
    /// servers one for each client.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nobody enforces it"))]
    pub(crate) fn threads(&self) -> usize {
        self.processes.saturating_mul(16)
    }
}
