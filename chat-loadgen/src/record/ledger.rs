//! The record's ledger: counts of right and wrong deliveries, and the server's other words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// State of a ledger: deliveries were judged or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LedgerState {
    /// Every delivery was.
    #[default]
    #[serde(rename = "judged")]
    Judged,
    /// None was (`--verify off`): nothing is known of any.
    #[serde(rename = "not judged")]
    NotJudged,
}

/// Counts of right and wrong deliveries, from the barrier to the end.
///
/// Every delivery that was due is in one of the [classes](Self::classes), which add up to `expected`.
/// The other counts are of what came beside these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// State: judged or not. If not, all counts are 0 but those of clients.
    #[serde(default)]
    pub(crate) state: LedgerState,
    /// Deliveries that were due, counted apart from what became of each.
    pub(crate) expected: u64,
    /// Arrived once, as they were sent, after all that their sender had sent before.
    pub(crate) ok: u64,
    /// Never arrived: overtaken by a later one of their sender, or not there when the run ended.
    pub(crate) lost: u64,
    /// Arrived after the time for draining was over.
    #[serde(default)]
    pub(crate) late: u64,
    /// Arrived once more.
    pub(crate) duplicated: u64,
    /// Arrived after something that their sender had sent later.
    pub(crate) reordered: u64,
    /// Came back to their sender, in a protocol where they should not.
    pub(crate) echoed: u64,
    /// Arrived, but not as they were sent.
    pub(crate) corrupt: u64,
    /// Messages of this run in another room or never sent, and damaged texts in whose place nothing is
    /// missing.
    pub(crate) foreign: u64,
    /// Arrived on one line with another, behind it: no fault of delivery.
    #[serde(default)]
    pub(crate) merged: u64,
    /// Due to a receiver that was disconnected before it could get them, or from a sender that was: no
    /// fault of delivery.
    pub(crate) cut_off: u64,
    /// Sent by a client whose server died, and heard by no client of any server: the message died with its
    /// node before it was passed on. No fault of delivery.
    #[serde(default)]
    pub(crate) died_with_node: u64,
    /// Not arrived, and perhaps not due: in flight when their receiver left, or sent while it joined.
    #[serde(default)]
    pub(crate) undecided: u64,
    /// True if deliveries were still arriving when the run ended: what counts as lost may only be
    /// late.
    #[serde(default)]
    pub(crate) still_arriving: bool,
    /// Number of times a client that took part lost its connection without having asked for it.
    pub(crate) disconnected: u64,
    /// Clients that left, came back, and heard none of the later messages.
    pub(crate) forgotten: u64,
    /// Messages that a receiver saw after one that the room's witness saw later (`--total-order`);
    /// nothing where this was not checked, or the witness was disconnected.
    pub(crate) disorder: Option<u64>,
    /// The first of each kind, in the order in which they were seen.
    pub(crate) witnesses: BTreeMap<String, Vec<Witness>>,
}

impl Ledger {
    /// The classes of the deliveries that were due: each is in one.
    pub(crate) fn classes(&self) -> [(&'static str, u64); 8] {
        [
            ("ok", self.ok),
            ("lost", self.lost),
            ("reordered", self.reordered),
            ("corrupt", self.corrupt),
            ("late", self.late),
            ("cut off", self.cut_off),
            ("died with node", self.died_with_node),
            ("undecided", self.undecided),
        ]
    }

    /// Returns whether deliveries were judged.
    pub(crate) fn is_judged(&self) -> bool {
        self.state == LedgerState::Judged
    }

    /// Returns whether the classes add up to what was expected.
    pub(crate) fn closes(&self) -> bool {
        let sum =
            self.classes().iter().try_fold(0_u64, |sum, (_, number)| sum.checked_add(*number));
        sum == Some(self.expected)
    }

    /// Number of faults of each kind, also where it is 0; disorder only if it was checked.
    pub(crate) fn anomalies(&self) -> Vec<(&'static str, u64)> {
        let mut anomalies =
            vec![("lost", self.lost), ("reordered", self.reordered), ("corrupt", self.corrupt)];
        anomalies.extend(Some(("late", self.late)).filter(|(_, number)| *number > 0));
        anomalies.extend(self.besides());
        anomalies
    }

    /// Number of faults that are no class of what was expected.
    pub(crate) fn besides(&self) -> Vec<(&'static str, u64)> {
        let mut besides = vec![
            ("duplicated", self.duplicated),
            ("echoed", self.echoed),
            ("foreign", self.foreign),
        ];
        besides.extend(self.disorder.map(|number| ("in disorder", number)));
        // These count clients, not deliveries, and appear only where there are any.
        let clients = [("disconnected", self.disconnected), ("forgotten", self.forgotten)];
        besides.extend(clients.into_iter().filter(|(_, number)| *number > 0));
        besides
    }

    /// Total of all faults.
    pub(crate) fn wrong(&self) -> u64 {
        self.anomalies().iter().fold(0, |sum, (_, number)| sum.saturating_add(*number))
    }
}

/// One observed fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Witness {
    /// Name of the receiver, or of the client that should have received.
    pub(crate) receiver: String,
    /// Address of the server at which the receiver sat, if there are several.
    #[serde(default)]
    pub(crate) receiver_server: Option<String>,
    /// Name of the sender, where it is known.
    pub(crate) sender: Option<String>,
    /// Address of the server at which the sender sat, if there are several.
    #[serde(default)]
    pub(crate) sender_server: Option<String>,
    /// The message's number among its sender's, counted from 0.
    pub(crate) number: Option<u32>,
    /// Time at which the message was sent, as `at`; where it is known.
    #[serde(default)]
    pub(crate) sent: Option<i64>,
    /// Nanoseconds since the measuring window opened (before it: negative).
    pub(crate) at: i64,
    /// What was seen; the line as it arrived.
    pub(crate) detail: String,
}

/// Words of one kind that are no message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Words {
    /// Their number.
    pub(crate) count: u64,
    /// The first of them.
    pub(crate) first: Vec<Witness>,
}

/// Cuts, and what became of the clients that were cut off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seam {
    /// Connections that were cut.
    pub(crate) cuts: u64,
    /// Those of them that were cut within a line.
    pub(crate) within_a_line: u64,
    /// Times the server was killed and started again.
    pub(crate) kills: u64,
    /// Times a client was back.
    pub(crate) resumed: u64,
    /// Deliveries of the measuring window's messages whose sender or receiver was cut off while they were
    /// under way: judged, and in no latency.
    pub(crate) crossed: u64,
    /// Lines whose author had seen them accepted, and that the server did not have any more when the author was
    /// back.
    pub(crate) accepted_lost: u64,
}

/// Faults that were made of the nodes of a chat, and of their broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Nodes {
    /// Times a node was killed and started again.
    pub(crate) kills: u64,
    /// Times a node was cut off from the broker.
    pub(crate) cuts: u64,
    /// Times the broker was killed and started again.
    pub(crate) broker_kills: u64,
}

/// The fate of a client that stopped reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SlowReader {
    /// Its name.
    pub(crate) name: String,
    /// True if the server ended its connection.
    pub(crate) cut_off: bool,
    /// Time of that, in nanoseconds since the measuring window opened: when it was seen; or, if it was
    /// seen only when the client read again at the end, when the last message that came was sent.
    pub(crate) at: Option<i64>,
    /// Number of messages that it had not read then, or at the end.
    pub(crate) behind: u64,
}
