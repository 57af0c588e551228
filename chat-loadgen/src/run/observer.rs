//! Observers of a run: told of its phases, of each second, and of the window's edges.

use crate::traffic::shared::Shared;
use crate::traffic::timing::intervals::EndedInterval;

/// Observer of a run.
pub(crate) trait Observer {
    /// Progress of the run: called every few milliseconds, with the last second's 99th percentile.
    fn progress(&mut self, phase: Phase, shared: &Shared, p99: Option<u64>);
    /// Called when a second is over.
    fn interval(&mut self, ended: EndedInterval);
    /// Called after each [`Self::progress`] in the measuring window: returns whether the run is to end.
    fn ends_early(&mut self, shared: &Shared) -> bool;
    /// Called when the run has come to one of its edges.
    fn edge(&mut self, edge: Edge);
}

/// The phases of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Clients are being connected.
    Connecting,
    /// Clients prove that they hear each other.
    Barrier,
    /// Messages do not count yet.
    WarmUp,
    /// Messages count.
    Measuring,
    /// The run waits for messages in flight.
    Draining,
}

impl Phase {
    /// Name of the phase.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Barrier => "barrier",
            Self::WarmUp => "warm-up",
            Self::Measuring => "measuring",
            Self::Draining => "draining",
        }
    }
}

/// A moment at which CPU time and memory are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// No client is connected yet.
    Before,
    /// The measuring window opens.
    Start,
    /// The measuring window closes.
    End,
}

/// Counters at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Nanoseconds of the run's clock.
    pub(crate) at: u64,
    /// Messages of the measuring window that have got their number.
    pub(crate) measured: u64,
    /// Deliveries.
    pub(crate) deliveries: u64,
    /// Bytes read.
    pub(crate) bytes: u64,
}
