//! Timing: latencies of deliveries, their sums by second, and the generator's own wait for a CPU.

pub mod cpu_wait;
pub mod intervals;
pub mod latency;
