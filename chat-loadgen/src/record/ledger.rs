//! The record's ledger: counts of right and wrong deliveries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts of right and wrong deliveries, from the barrier to the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// Deliveries that were due.
    pub(crate) expected: u64,
    /// Arrived once, as they were sent, after all that their sender had sent before.
    pub(crate) ok: u64,
    /// Never arrived.
    pub(crate) lost: u64,
    /// Arrived once more.
    pub(crate) duplicated: u64,
    /// Arrived after something that their sender had sent later.
    pub(crate) reordered: u64,
    /// Came back to their sender, in a protocol where they should not.
    pub(crate) echoed: u64,
    /// Arrived, but not as they were sent.
    pub(crate) corrupt: u64,
    /// Of another program or another room, or never sent.
    pub(crate) foreign: u64,
    /// Due to a receiver that was disconnected before it could get them: no fault of delivery.
    pub(crate) cut_off: u64,
    /// Number of times a client that took part lost its connection without having asked for it.
    pub(crate) disconnected: u64,
    /// Clients that left, came back, and heard none of the later messages.
    pub(crate) forgotten: u64,
    /// Messages that a receiver saw after one that the room's witness saw later (`--total-order`);
    /// nothing where this was not checked, or the witness was disconnected.
    pub(crate) disorder: Option<u64>,
    /// The first of each fault, in the order in which they were seen.
    pub(crate) witnesses: BTreeMap<String, Vec<Witness>>,
}

impl Ledger {
    /// Number of faults of each kind, also where it is 0; disorder only if it was checked.
    pub(crate) fn anomalies(&self) -> Vec<(&'static str, u64)> {
        let mut anomalies = vec![
            ("lost", self.lost),
            ("duplicated", self.duplicated),
            ("reordered", self.reordered),
            ("echoed", self.echoed),
            ("corrupt", self.corrupt),
            ("foreign", self.foreign),
        ];
        anomalies.extend(self.disorder.map(|number| ("in disorder", number)));
        // These count clients, not deliveries, and appear only where there are any.
        let clients = [("disconnected", self.disconnected), ("forgotten", self.forgotten)];
        anomalies.extend(clients.into_iter().filter(|(_, number)| *number > 0));
        anomalies
    }

    /// Total of all faults.
    pub(crate) fn wrong(&self) -> u64 {
        self.anomalies().iter().map(|(_, number)| number).sum()
    }
}

/// One observed fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Witness {
    /// Name of the receiver, or of the client that should have received.
    pub(crate) receiver: String,
    /// Name of the sender, where it is known.
    pub(crate) sender: Option<String>,
    /// The message's number among its sender's, counted from 0.
    pub(crate) number: Option<u32>,
    /// Nanoseconds since the measuring window opened (before it: negative).
    pub(crate) at: i64,
    /// Further details: the line as it arrived.
    pub(crate) detail: String,
}
