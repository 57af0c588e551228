//! The record of a run: everything that the reports show, thresholds judge and baselines keep.
//!
//! Times are nanoseconds, rates are per second, sizes are bytes.

pub(crate) mod baseline;
pub(crate) mod figures;
mod ledger;
pub(crate) mod threshold;
pub(crate) mod validity;

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

pub(crate) use ledger::{Ledger, SlowReader, Witness, Words};

/// The version of [`Record`]'s JSON. It changes when a field changes its meaning or goes away.
pub(crate) const VERSION: u32 = 1;

/// The record of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Format version: [`VERSION`].
    pub(crate) version: u32,
    /// Verdict on the run: valid, faulty, partial or invalid.
    pub(crate) verdict: Verdict,
    /// The workload that was asked for.
    pub(crate) workload: Workload,
    /// The machine and the program.
    pub(crate) environment: Environment,
    /// Counts and rates of messages and deliveries.
    pub(crate) traffic: Traffic,
    /// Latencies of deliveries and messages.
    pub(crate) latency: Latency,
    /// Counts of right and wrong deliveries.
    pub(crate) ledger: Ledger,
    /// The server's words that are no message, by kind: `refusals` (and errors), `notices`, `strangers`
    /// (clients of another program or run), `garbage` (no line of the protocol).
    #[serde(default)]
    pub(crate) words: BTreeMap<String, Words>,
    /// The fate of each slow reader, those that were cut off first.
    #[serde(default)]
    pub(crate) slow_readers: Vec<SlowReader>,
    /// The receivers that waited longest on average, worst first.
    pub(crate) worst: Vec<Receiver>,
    /// The run second by second.
    pub(crate) intervals: Vec<Interval>,
    /// The generator's own resource use and lateness.
    pub(crate) generator: Generator,
    /// The server's resource use, where it was asked for and the system tells it.
    pub(crate) server: Option<Server>,
    /// The same workload without its slow readers, where there are any.
    pub(crate) without_slow_readers: Option<Latency>,
    /// The same workload against the bare relay (`--calibrate`).
    pub(crate) floor: Option<Floor>,
    /// Results of `--find-max` for each rate, in the order in which the rates were tried.
    pub(crate) search: Vec<Step>,
}

/// Verdict on a run's figures, with reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// The verdict in one word.
    pub(crate) status: Status,
    /// Reasons for the status, a sentence each, then other remarks for the reader.
    pub(crate) reasons: Vec<String>,
}

/// A verdict in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// The figures hold, and every delivery was right.
    Valid,
    /// The figures hold; some deliveries were wrong.
    Faulty,
    /// The run was interrupted: the figures hold for what was done.
    Partial,
    /// The generator could not measure what it was asked to: the figures mean nothing.
    Invalid,
}

/// The workload that was asked for. Two runs can be compared if their workloads are equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Workload {
    /// The server's protocol.
    pub(crate) dialect: String,
    /// Clients that take part, senders included.
    pub(crate) clients: u32,
    /// Clients that send.
    pub(crate) senders: u32,
    /// Rooms over which the clients are spread.
    pub(crate) rooms: u32,
    /// Clients that are connected and do not take part.
    pub(crate) idle_clients: u32,
    /// Clients that stop reading.
    pub(crate) slow_readers: u32,
    /// Clients that leave and come back, per second.
    pub(crate) churn: f64,
    /// Pacing as text: `open 500/s`, `open 100:1000/s poisson`, `closed 64`.
    pub(crate) pacing: String,
    /// Bytes of a message's text: `64`, `32..512`, `64:9,1024:1`.
    pub(crate) size: String,
    /// Seconds of the warm-up.
    pub(crate) warm_up: f64,
    /// Seconds of the measuring window.
    pub(crate) duration: f64,
    /// Maximum seconds to wait at the end for messages that have not arrived.
    pub(crate) drain_timeout: f64,
    /// Threads that receive, without the canary's.
    pub(crate) threads: u32,
    /// True if deliveries are judged.
    pub(crate) verify: bool,
    /// True if the total order over all senders is checked.
    pub(crate) total_order: bool,
    /// Seed of the schedule and the sizes.
    pub(crate) seed: u64,
}

/// The machine and the program of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Environment {
    /// This program's version.
    pub(crate) version: String,
    /// Start of the run, RFC 3339 in UTC.
    pub(crate) started: String,
    /// The command line's arguments.
    pub(crate) arguments: Vec<String>,
    /// The system and its kernel: `Linux 6.18.44 x86_64`.
    pub(crate) system: String,
    /// The processor's name, where it is known.
    pub(crate) processor: Option<String>,
    /// Processors that the generator may run on.
    pub(crate) cpus: u32,
    /// Soft and hard limit of descriptors, where there are any.
    pub(crate) descriptors: Option<[u64; 2]>,
}

/// Counts and rates of messages and deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Traffic {
    /// Clients that took part from the start.
    pub(crate) connected: u32,
    /// Messages intended within the measuring window, per second; nothing in a closed loop, where
    /// sending waits for receiving.
    pub(crate) offered_rate: Option<f64>,
    /// Messages of the measuring window that were written, per second.
    pub(crate) achieved_rate: f64,
    /// Messages of the measuring window that were written.
    pub(crate) messages: u64,
    /// Messages of the measuring window that the server did not take in time, or that had no sender
    /// any more.
    pub(crate) unsent: u64,
    /// Deliveries of these messages that arrived.
    pub(crate) deliveries: u64,
    /// Deliveries per second of the measuring window.
    pub(crate) delivery_rate: f64,
    /// Bytes read in the measuring window.
    pub(crate) bytes: u64,
}

/// Percentiles of one histogram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Number of samples.
    pub(crate) count: u64,
    /// Smallest sample.
    pub(crate) min: u64,
    /// Mean of the samples.
    pub(crate) mean: f64,
    /// Median: half of the samples are not above this.
    pub(crate) p50: u64,
    /// 90th percentile.
    pub(crate) p90: u64,
    /// 99th percentile.
    pub(crate) p99: u64,
    /// 99.9th percentile.
    pub(crate) p999: u64,
    /// 99.99th percentile.
    pub(crate) p9999: u64,
    /// Largest sample.
    pub(crate) max: u64,
}

impl Summary {
    /// Summary of a histogram of nanoseconds.
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
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

/// Latencies of deliveries and messages, summarized.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Latency {
    /// Response time of every delivery: from the intended time of sending to the receipt.
    pub(crate) response: Summary,
    /// Service time of every delivery: from the write to the receipt.
    pub(crate) service: Summary,
    /// Lag of every delivery: from the intended time of sending to the write.
    pub(crate) lag: Summary,
    /// First receipt of every message, from its intended time of sending.
    pub(crate) first: Summary,
    /// Last receipt of every message, from its intended time of sending. For a message that some
    /// receivers lost, the last of the others counts.
    pub(crate) last: Summary,
    /// Spread of every message: from its first receipt to its last.
    pub(crate) spread: Summary,
}

impl Latency {
    /// Latencies of these histograms.
    pub(crate) fn of(histograms: &Histograms) -> Self {
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
pub(crate) struct Histograms {
    /// See [`Latency::response`].
    pub(crate) response: Histogram<u64>,
    /// See [`Latency::service`].
    pub(crate) service: Histogram<u64>,
    /// See [`Latency::lag`].
    pub(crate) lag: Histogram<u64>,
    /// See [`Latency::first`].
    pub(crate) first: Histogram<u64>,
    /// See [`Latency::last`].
    pub(crate) last: Histogram<u64>,
    /// See [`Latency::spread`].
    pub(crate) spread: Histogram<u64>,
}

/// One receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Receiver {
    /// Its name: `c-17`.
    pub(crate) name: String,
    /// Local address of its connection.
    pub(crate) address: String,
    /// Deliveries of the measuring window.
    pub(crate) deliveries: u64,
    /// Mean response.
    pub(crate) mean: f64,
    /// Longest response.
    pub(crate) max: u64,
}

/// One second of a run, by the time of receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interval {
    /// Seconds since the measuring window opened.
    pub(crate) start: f64,
    /// Length in seconds.
    pub(crate) length: f64,
    /// Messages written in the interval.
    pub(crate) messages: u64,
    /// Response times of the deliveries that arrived in the interval.
    pub(crate) response: Summary,
    /// Service times of these deliveries.
    pub(crate) service: Summary,
    /// Row counts of the heat map: the number of responses below each of [`HEAT_BOUNDS`] and not
    /// below the one before; last, those that are not below any.
    pub(crate) heat: Vec<u64>,
}

/// Upper bounds of the heat map's rows: the powers of the square root of two from 1 µs to 23 s.
pub(crate) const HEAT_BOUNDS: [u64; 50] = {
    let mut bounds = [0; 50];
    let mut i = 0;
    while i < 50 {
        let octave = 1000 << (i / 2);
        bounds[i] = if i % 2 == 0 { octave } else { octave * 1414 / 1000 };
        i += 1;
    }
    bounds
};

/// The generator's own resource use and lateness.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Generator {
    /// Lateness of messages when they were first handed to their sender's socket. Delay that the
    /// server causes afterwards counts as lag, but not here.
    pub(crate) pacing: Summary,
    /// Messages whose intended time came, and that were never handed to their sender's socket.
    pub(crate) missed: u64,
    /// CPU seconds of the whole process in the measuring window.
    pub(crate) cpu: f64,
    /// Largest share of a CPU that one of its threads used.
    pub(crate) busiest_thread: f64,
    /// Largest share of the window for which one of its threads was ready to run while others had
    /// the CPU, its own process's threads not counted; where the system tells.
    pub(crate) starved: Option<f64>,
    /// Delay of the receivers against the canary: the median of their mean waits minus the canary's
    /// mean wait, in nanoseconds. The generator adds it by serving many clients on one thread.
    /// Nothing where one of them got nothing.
    pub(crate) delay: Option<f64>,
    /// Gaps that the ledger forgot: a message that fills one late looks like a duplicate.
    pub(crate) forgotten_gaps: u64,
    /// Times for which receiving threads waited for a CPU, a sample a millisecond; empty where the
    /// system does not tell.
    pub(crate) waits: Summary,
    /// Service times of most receivers: one thread, many sockets.
    pub(crate) bulk: Summary,
    /// Service times of the canary: one receiver on a thread of its own.
    pub(crate) canary: Summary,
    /// Deliveries whose message's times were forgotten before they arrived.
    pub(crate) untimed: u64,
    /// Resident bytes of the process at the end, per client, where the system tells.
    pub(crate) memory_per_client: Option<u64>,
}

/// The server's resource use in the measuring window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Server {
    /// Its process and those it started.
    pub(crate) pid: u32,
    /// CPU seconds.
    pub(crate) cpu: f64,
    /// CPU nanoseconds per delivery.
    pub(crate) cpu_per_delivery: f64,
    /// Resident bytes before any client was connected.
    pub(crate) memory_before: u64,
    /// Resident bytes at the end of the measuring window.
    pub(crate) memory: u64,
    /// Growth in resident bytes per connected client.
    pub(crate) memory_per_client: f64,
}

/// The same workload against the bare relay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Floor {
    /// Verdict on the relay's run.
    pub(crate) verdict: Verdict,
    /// Counts and rates of messages and deliveries.
    pub(crate) traffic: Traffic,
    /// Latencies of deliveries and messages.
    pub(crate) latency: Latency,
    /// The relay's resource use.
    pub(crate) server: Option<Server>,
}

/// One rate that `--find-max` tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Messages per second.
    pub(crate) rate: f64,
    /// True if the condition held and the run was valid.
    pub(crate) holds: bool,
    /// Verdict on the run at this rate.
    pub(crate) verdict: Verdict,
    /// Latencies of deliveries and messages.
    pub(crate) latency: Latency,
    /// Messages per second that were really sent.
    pub(crate) achieved_rate: f64,
    /// Deliveries that were lost.
    pub(crate) lost: u64,
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
