//! Comparisons: of a run with a baseline, of repeated runs, of any records, and of a run's first
//! seconds with the rest.

pub(crate) mod baseline;
pub(crate) mod between;
mod median;
pub(crate) mod runs;
pub(crate) mod transient;
pub(crate) mod workload;

pub(crate) use runs::{Figure, OneRun, Runs};
pub(crate) use workload::Incomparable;
