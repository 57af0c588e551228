//! Figures of one address of the server, where there are several: those of its clients.

use hdrhistogram::Histogram;

use super::histograms::{enter, histogram};
use super::intervals::sum;

/// The figures of the clients at one address.
#[derive(Debug, Clone)]
pub(crate) struct AtServer {
    /// See [`crate::record::Latency::response`].
    pub(crate) response: Histogram<u64>,
    /// Clients that took part and lost their connection, however often.
    pub(crate) disconnected: u64,
}

impl Default for AtServer {
    fn default() -> Self {
        Self { response: histogram(), disconnected: 0 }
    }
}

impl AtServer {
    /// Figures of each of so many addresses; none if there is one, whose figures are the run's.
    pub(crate) fn of_each(servers: usize) -> Box<[Self]> {
        let servers = if servers > 1 { servers } else { 0 };
        vec![Self::default(); servers].into()
    }

    /// Adds another worker's.
    pub(crate) fn add(&mut self, other: &Self) {
        sum(&mut self.response, &other.response);
        self.disconnected += other.disconnected;
    }

    /// Records a delivery that counts, with its response in nanoseconds.
    pub(crate) fn delivered(&mut self, response: u64) {
        enter(&mut self.response, response, 1);
    }
}
