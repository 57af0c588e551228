//! Timing: latencies of deliveries, their sums by second, and the generator's own wait for a CPU.

pub(crate) mod cpu_wait;
pub(crate) mod intervals;
pub(crate) mod latency;
pub(crate) mod servers;
