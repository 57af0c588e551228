//! The record of a run: everything that the reports show, thresholds judge and baselines keep.
//!
//! Times are nanoseconds, rates are per second, sizes are bytes.

pub(crate) mod comparison;
pub(crate) mod figures;
mod interval;
pub(crate) mod joined;
mod latency;
mod ledger;
mod machines;
pub(crate) mod merging;
pub(crate) mod threshold;
pub(crate) mod validity;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use comparison::{Figure, OneRun, Runs};
pub(crate) use interval::{HEAT_BOUNDS, Interval, Tally};
pub(crate) use latency::{AtAddress, Extremes, Histograms, Latency, Receiver, Summary, Traffic};
pub(crate) use ledger::{Ledger, LedgerState, Nodes, Seam, SlowReader, Witness, Words};
pub(crate) use machines::{Floor, Generator, SearchResult, SearchState, Server, Step, TriedRate};

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
    /// Figures of each address of the server, in the order in which they were given.
    #[serde(default)]
    pub(crate) addresses: Vec<AtAddress>,
    /// Latencies of deliveries and messages.
    pub(crate) latency: Latency,
    /// Figures of the latency that the generator may have made itself: `response.p99.9`. See
    /// [`Generator::disturbance`].
    #[serde(default)]
    pub(crate) own_figures: Vec<String>,
    /// Counts of right and wrong deliveries.
    pub(crate) ledger: Ledger,
    /// The share of this generator in a run that several made together (`--join`).
    #[serde(default)]
    pub(crate) share: Option<joined::Share>,
    /// The server's words that are no message, by kind: `refusals` (and errors), `notices`, `strangers`
    /// (clients of another program or run), `garbage` (no line of the protocol).
    #[serde(default)]
    pub(crate) words: BTreeMap<String, Words>,
    /// The fate of each slow reader, those that were cut off first.
    #[serde(default)]
    pub(crate) slow_readers: Vec<SlowReader>,
    /// Cuts, and what became of the clients that were cut off (`--reconnect`, `--kill-every`).
    #[serde(default)]
    pub(crate) seam: Option<Seam>,
    /// Faults that were made of nodes and their broker, where any were asked for.
    #[serde(default)]
    pub(crate) nodes: Option<Nodes>,
    /// The receivers that waited longest on average, worst first.
    pub(crate) worst: Vec<Receiver>,
    /// The run second by second.
    pub(crate) intervals: Vec<Interval>,
    /// The ledger's part of the time before the measuring window, if deliveries were judged: the
    /// warm-up's.
    #[serde(default)]
    pub(crate) before: Option<Tally>,
    /// The generator's own resource use and lateness.
    pub(crate) generator: Generator,
    /// The server's resource use, where it was asked for and the system tells it.
    pub(crate) server: Option<Server>,
    /// The same workload without its slow readers, where there are any.
    pub(crate) without_slow_readers: Option<Latency>,
    /// As `own_figures`: those of the run without slow readers.
    #[serde(default)]
    pub(crate) own_without_slow_readers: Vec<String>,
    /// The same workload against the bare relay (`--calibrate`).
    pub(crate) floor: Option<Floor>,
    /// The condition that ended the run early (`--abort-if`), if one did.
    #[serde(default)]
    pub(crate) ended_early: Option<EndedEarly>,
    /// Results of `--find-max` for each rate, in the order in which the rates were tried.
    pub(crate) search: Vec<Step>,
    /// Result of `--find-max`.
    #[serde(default)]
    pub(crate) search_result: Option<SearchResult>,
    /// All runs, where there are several (`--runs`).
    #[serde(default)]
    pub(crate) runs: Option<Runs>,
    /// The histograms behind `latency`; missing in records of older versions.
    #[serde(default)]
    pub(crate) histograms: Option<Histograms>,
}

impl Record {
    /// Returns whether a figure is marked as the generator's own, be it of another run than this one's.
    pub(crate) fn has_marks(&self) -> bool {
        let floor = self.floor.iter().map(|floor| &floor.own_figures);
        let steps = self.search.iter().map(|step| &step.own_figures);
        let runs = self.runs.iter().flat_map(|runs| &runs.each).map(|run| &run.own_figures);
        let own = [&self.own_figures, &self.own_without_slow_readers].into_iter();
        own.chain(floor).chain(steps).chain(runs).any(|own| !own.is_empty())
    }

    /// Returns whether deliveries were wrong, in any of several runs.
    pub(crate) fn any_wrong(&self) -> bool {
        self.ledger.wrong() > 0 || self.runs.as_ref().is_some_and(Runs::any_wrong)
    }
}

/// The early end of a run (`--abort-if`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EndedEarly {
    /// The condition, as it was written.
    pub(crate) condition: String,
    /// Its figures at that time: `response.p99 = 1.20 s`.
    pub(crate) figures: String,
    /// Time of the end, in seconds since the measuring window opened.
    pub(crate) at: f64,
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

impl Status {
    /// Its name in capital letters: `VALID`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Faulty => "FAULTY",
            Self::Partial => "PARTIAL",
            Self::Invalid => "INVALID",
        }
    }
}

/// The workload that was asked for. Two runs can be compared if their workloads are equal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Workload {
    /// The server's protocol.
    pub(crate) dialect: String,
    /// What is between the protocol and the connection: `tcp` (nothing), `tls`, `ws` or `wss`; with
    /// commas, if the servers differ.
    #[serde(default = "plain")]
    pub(crate) door: String,
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
    /// Clients whose deliveries are judged and not timed; 0 where all are timed.
    #[serde(default)]
    pub(crate) untimed: u32,
    /// Seconds for which these do not read, so that they take no CPU from the server meanwhile.
    #[serde(default)]
    pub(crate) others_after: f64,
    /// Clients that leave and come back, per second.
    pub(crate) churn: f64,
    /// Clients that are cut off and come back by their sessions, per second.
    #[serde(default)]
    pub(crate) reconnect: f64,
    /// Seconds after which the server is killed and started again, each time; 0 for never.
    #[serde(default)]
    pub(crate) kill_every: f64,
    /// Seconds after which a node is killed and started again, each time another; 0 for never.
    #[serde(default)]
    pub(crate) kill_node: f64,
    /// Seconds for which a node is cut off from the broker, once; 0 for never.
    #[serde(default)]
    pub(crate) cut_node: f64,
    /// True if the broker is killed and started again, once.
    #[serde(default)]
    pub(crate) kill_broker: bool,
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

/// The door that is none, and that of older records.
pub(crate) const PLAIN_DOOR: &str = "tcp";

fn plain() -> String {
    PLAIN_DOOR.to_owned()
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

#[cfg(test)]
pub(crate) mod sample;
