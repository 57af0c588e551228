//! The record of a run: everything that the reports show, thresholds judge and baselines keep.
//!
//! Times are nanoseconds, rates are per second, sizes are bytes.

pub mod baseline;
pub mod figures;
mod ledger;
pub mod threshold;
pub mod validity;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

pub use ledger::{Ledger, Witness};

/// The version of [`Record`]'s JSON. It changes when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`VERSION`].
    pub version: u32,
    /// What the figures are worth.
    pub verdict: Verdict,
    /// What was asked for.
    pub workload: Workload,
    /// Where it ran.
    pub environment: Environment,
    /// How much was sent and delivered.
    pub traffic: Traffic,
    /// How long it took.
    pub latency: Latency,
    /// What arrived, delivery by delivery.
    pub ledger: Ledger,
    /// The receivers that waited longest on average, worst first.
    pub worst: Vec<Receiver>,
    /// The run second by second.
    pub intervals: Vec<Interval>,
    /// What the generator itself used and how late it was.
    pub generator: Generator,
    /// What the server used, where that was asked for and can be seen.
    pub server: Option<Server>,
    /// The same workload without its slow readers, where there are any.
    pub without_slow_readers: Option<Latency>,
    /// The same workload against the bare relay (`--calibrate`).
    pub floor: Option<Floor>,
    /// What each rate gave (`--find-max`), in the order in which they were tried.
    pub search: Vec<Step>,
}

/// What a run's figures are worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// In one word.
    pub status: Status,
    /// Why, a sentence each; and what else a reader should know.
    pub reasons: Vec<String>,
}

/// A verdict in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The figures hold, and every delivery was right.
    Valid,
    /// The figures hold; some deliveries were wrong.
    Faulty,
    /// The run was interrupted: the figures hold for what was done.
    Partial,
    /// The generator could not measure what it was asked to: the figures mean nothing.
    Invalid,
}

/// What was asked for. Two runs can be compared if theirs are equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// How the server is talked to.
    pub dialect: String,
    /// Clients that take part, senders included.
    pub clients: u32,
    /// How many of them send.
    pub senders: u32,
    /// Rooms over which they are spread.
    pub rooms: u32,
    /// Clients that are connected and do not take part.
    pub idle_clients: u32,
    /// Clients that stop reading.
    pub slow_readers: u32,
    /// Leavings per second, each followed by a return.
    pub churn: f64,
    /// `open 500/s`, `open 100:1000/s poisson`, `closed 64`.
    pub pacing: String,
    /// Bytes of a message's text: `64`, `32..512`, `64:9,1024:1`.
    pub size: String,
    /// Seconds.
    pub warm_up: f64,
    /// Seconds of the measuring window.
    pub duration: f64,
    /// Seconds for which what has not arrived is waited for in the end.
    pub drain_timeout: f64,
    /// Threads that receive, without the canary's.
    pub threads: u32,
    /// Whether what arrives is judged.
    pub verify: bool,
    /// Whether the order over all senders is looked at.
    pub total_order: bool,
    /// What the schedule and the sizes are made from.
    pub seed: u64,
}

/// Where a run took place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// This program's version.
    pub version: String,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// The command line's arguments.
    pub arguments: Vec<String>,
    /// The system and its kernel: `Linux 6.18.44 x86_64`.
    pub system: String,
    /// The processor's name, where it is known.
    pub processor: Option<String>,
    /// Processors that the generator may run on.
    pub cpus: u32,
    /// Soft and hard limit of descriptors, where there are any.
    pub descriptors: Option<[u64; 2]>,
}

/// How much was sent and delivered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Clients that took part from the start.
    pub connected: u32,
    /// Messages whose time came within the measuring window, per second; nothing where sending
    /// waits for receiving.
    pub offered_rate: Option<f64>,
    /// Messages of the measuring window that were written, per second.
    pub achieved_rate: f64,
    /// Messages of the measuring window that were written.
    pub messages: u64,
    /// Messages of the measuring window that the server did not take in time, or for which there was
    /// no sender any more.
    pub unsent: u64,
    /// Deliveries of these messages that arrived.
    pub deliveries: u64,
    /// Deliveries per second of the measuring window.
    pub delivery_rate: f64,
    /// Bytes read in the measuring window.
    pub bytes: u64,
}

/// Percentiles of one histogram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Samples.
    pub count: u64,
    /// Smallest.
    pub min: u64,
    /// Mean.
    pub mean: f64,
    /// Half of the samples are not above this.
    pub p50: u64,
    /// Nine in ten.
    pub p90: u64,
    /// 99 in a hundred.
    pub p99: u64,
    /// 999 in a thousand.
    pub p999: u64,
    /// 9,999 in ten thousand.
    pub p9999: u64,
    /// Largest.
    pub max: u64,
}

impl Summary {
    /// Of a histogram of nanoseconds.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            count: histogram.len(),
            min: histogram.min(),
            mean: histogram.mean(),
            p50: histogram.value_at_quantile(0.5),
            p90: histogram.value_at_quantile(0.9),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            p9999: histogram.value_at_quantile(0.9999),
            max: histogram.max(),
        }
    }
}

/// How long deliveries and messages took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Of every delivery: from when its message should have been sent to its receipt.
    pub response: Summary,
    /// Of every delivery: from the write to the receipt.
    pub service: Summary,
    /// Of every delivery: from when its message should have been sent to the write.
    pub lag: Summary,
    /// Of every message: its first receiver, from when it should have been sent.
    pub first: Summary,
    /// Of every message: its last receiver, from when it should have been sent. One that was lost
    /// to some has its last among those who got it.
    pub last: Summary,
    /// Of every message: from its first receiver to its last.
    pub spread: Summary,
}

impl Latency {
    /// Of these histograms.
    pub fn of(histograms: &Histograms) -> Self {
        Self {
            response: Summary::of(&histograms.response),
            service: Summary::of(&histograms.service),
            lag: Summary::of(&histograms.lag),
            first: Summary::of(&histograms.first),
            last: Summary::of(&histograms.last),
            spread: Summary::of(&histograms.spread),
        }
    }
}

/// The histograms behind a [`Latency`], in nanoseconds.
#[derive(Debug, Clone)]
pub struct Histograms {
    /// See [`Latency::response`].
    pub response: Histogram<u64>,
    /// See [`Latency::service`].
    pub service: Histogram<u64>,
    /// See [`Latency::lag`].
    pub lag: Histogram<u64>,
    /// See [`Latency::first`].
    pub first: Histogram<u64>,
    /// See [`Latency::last`].
    pub last: Histogram<u64>,
    /// See [`Latency::spread`].
    pub spread: Histogram<u64>,
}

/// One receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receiver {
    /// Its name: `c-17`.
    pub name: String,
    /// Its end of the connection.
    pub address: String,
    /// Deliveries of the measuring window.
    pub deliveries: u64,
    /// Mean response.
    pub mean: f64,
    /// Longest response.
    pub max: u64,
}

/// One second of a run, by the time of receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Seconds since the measuring window opened.
    pub start: f64,
    /// Seconds it lasted.
    pub length: f64,
    /// Messages written in it.
    pub messages: u64,
    /// The response of the deliveries that arrived in it.
    pub response: Summary,
    /// Their service.
    pub service: Summary,
    /// For the heat map: how many of the responses are below each of [`HEAT_BOUNDS`], and not below
    /// the one before; last, those that are not below any.
    pub heat: Vec<u64>,
}

/// Upper bounds of the heat map's rows: the powers of the square root of two from 1 µs to 23 s.
pub const HEAT_BOUNDS: [u64; 50] = {
    let mut bounds = [0; 50];
    let mut i = 0;
    while i < 50 {
        let octave = 1000 << (i / 2);
        bounds[i] = if i % 2 == 0 { octave } else { octave * 1414 / 1000 };
        i += 1;
    }
    bounds
};

/// What the generator used, and how late it was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// How late messages were handed to their sender's socket for the first time. What the server
    /// holds up afterwards counts as lag, but not here.
    pub pacing: Summary,
    /// Messages whose time came, and that were never handed to their sender's socket.
    pub missed: u64,
    /// CPU seconds of the whole process in the measuring window.
    pub cpu: f64,
    /// Largest share of a CPU that one of its threads used.
    pub busiest_thread: f64,
    /// Largest share of the window for which one of its threads was ready to run while others had
    /// the CPU, its own process's threads not counted; where the system tells.
    pub starved: Option<f64>,
    /// By how much longer than the canary the median of all other receivers waited on average, in
    /// nanoseconds: what the generator added by looking after many on one thread. Nothing where one
    /// of them got nothing.
    pub delay: Option<f64>,
    /// Gaps that the ledger had to forget: what fills them late looks like a duplicate.
    pub forgotten_gaps: u64,
    /// How long threads that receive waited for a CPU, a sample a millisecond; nothing where the
    /// system does not tell.
    pub waits: Summary,
    /// Service as most receivers saw it: one thread, many sockets.
    pub bulk: Summary,
    /// Service as one receiver on a thread of its own saw it.
    pub canary: Summary,
    /// Deliveries whose message's times were forgotten before they arrived.
    pub untimed: u64,
    /// Resident bytes of the process at the end, per client, where the system tells.
    pub memory_per_client: Option<u64>,
}

/// What the server used in the measuring window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Its process and those it started.
    pub pid: u32,
    /// CPU seconds.
    pub cpu: f64,
    /// CPU nanoseconds per delivery.
    pub cpu_per_delivery: f64,
    /// Resident bytes before anybody was connected.
    pub memory_before: u64,
    /// Resident bytes at the end of the measuring window.
    pub memory: u64,
    /// What it has grown by, per connected client.
    pub memory_per_client: f64,
}

/// The same workload against the bare relay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// What its figures are worth.
    pub verdict: Verdict,
    /// How much was delivered.
    pub traffic: Traffic,
    /// How long it took.
    pub latency: Latency,
    /// What the relay used.
    pub server: Option<Server>,
}

/// One rate that `--find-max` tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Messages per second.
    pub rate: f64,
    /// Whether the condition held, and the generator could tell.
    pub holds: bool,
    /// What the figures are worth.
    pub verdict: Verdict,
    /// How long it took.
    pub latency: Latency,
    /// Messages per second that were really sent.
    pub achieved_rate: f64,
    /// Deliveries that were lost.
    pub lost: u64,
}

#[cfg(test)]
pub(crate) mod sample;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heat_maps_rows_rise_to_some_23_seconds() {
        assert!(HEAT_BOUNDS.is_sorted_by(|a, b| a < b));
        assert_eq!(HEAT_BOUNDS[0], 1_000);
        assert!((23..24).contains(&(HEAT_BOUNDS[49] / 1_000_000_000)));
    }
}
