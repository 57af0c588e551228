//! Timing: latencies of deliveries, their sums by second, and the generator's own standstills.

pub(crate) mod histograms;
pub(crate) mod intervals;
pub(crate) mod latency;
pub(crate) mod servers;
pub(crate) mod standstill;
