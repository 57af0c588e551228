//! How long deliveries take, and how long this program waits for a CPU itself.

pub mod cpu_wait;
pub mod intervals;
pub mod latency;
