//! The record's resource use of generator and server, and what a run is compared with.

use serde::{Deserialize, Serialize};

use crate::record::{Latency, Summary, Traffic, Verdict};

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
    /// The same without the thread of the clients that read later (`--timed`): what the generator took
    /// while messages were passed on. Nothing in older records.
    #[serde(default)]
    pub(crate) cpu_of_timed: Option<f64>,
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
    /// Disturbance of each delivery by the generator itself: the longest standstill of its receiving
    /// thread that may have delayed it, and its own message's lateness. Nothing in older records.
    #[serde(default)]
    pub(crate) disturbance: Option<Summary>,
    /// The same of each message, and of any thread.
    #[serde(default)]
    pub(crate) disturbance_of_messages: Option<Summary>,
    /// Seconds for which threads of the generator's group waited in the measuring window because its
    /// CPU quota was used up; where the system tells.
    #[serde(default)]
    pub(crate) throttled: Option<f64>,
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
    /// See [`crate::record::Record::own_figures`]: those of the relay's run.
    #[serde(default)]
    pub(crate) own_figures: Vec<String>,
    /// The relay's resource use.
    pub(crate) server: Option<Server>,
}

/// One run of `--find-max`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Messages per second.
    pub(crate) rate: f64,
    /// True if the condition held and the run was valid.
    pub(crate) holds: bool,
    /// True if the run says nothing about the server: the generator could not tell.
    #[serde(default)]
    pub(crate) no_evidence: bool,
    /// Verdict on the run at this rate.
    pub(crate) verdict: Verdict,
    /// Latencies of deliveries and messages.
    pub(crate) latency: Latency,
    /// See [`crate::record::Record::own_figures`]: those of the run at this rate.
    #[serde(default)]
    pub(crate) own_figures: Vec<String>,
    /// Messages per second that were really sent.
    pub(crate) achieved_rate: f64,
    /// Deliveries that were lost.
    pub(crate) lost: u64,
}

/// Result of a search (`--find-max`): the bracket, and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SearchResult {
    /// The result in one word.
    pub(crate) state: SearchState,
    /// The highest rate that holds; nothing where none did.
    pub(crate) holds: Option<TriedRate>,
    /// The lowest rate that does not hold; nothing where all did.
    pub(crate) fails: Option<TriedRate>,
    /// Reasons for the state, and the rates between the two that stay open, a sentence each.
    pub(crate) remarks: Vec<String>,
}

/// Result of a search in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SearchState {
    /// Both ends of the bracket are clear and next to each other.
    Found,
    /// No rate holds.
    None,
    /// The search ended early: interrupted, or no further run could be made.
    Unfinished,
    /// The generator, or the machine's noise, left a rate open that matters.
    Undecided,
}

/// The runs at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct TriedRate {
    /// Messages per second.
    pub(crate) rate: f64,
    /// Runs that held.
    pub(crate) held: u32,
    /// Runs that did not hold.
    pub(crate) failed: u32,
    /// Runs that say nothing about the server.
    pub(crate) no_evidence: u32,
    /// True if the answer about this rate has passed the sequential test.
    pub(crate) clear: bool,
}
