//! The log that the nodes share, as a node sees it.

use crate::entry::{Incarnation, Subject};

/// The way of a node to the log: a stream of NATS `JetStream`, or the one in memory with which the simulation tests.
///
/// No call waits. What is published or sent may be lost, doubled, or late. The log gives each record that it keeps the
/// next sequence number.
pub trait Log {
    /// Publishes a pass. That it is kept is known when it comes back in an [`Arrival::Record`].
    fn publish(&mut self, subject: Subject, pass: &[u8]);

    /// Begins to deliver the records behind this sequence number, and ends the subscription before it.
    fn subscribe(&mut self, subscription: u64, behind: u64);

    /// Sends a snapshot to a newcomer, past the log.
    fn send_snapshot(&mut self, to: Incarnation, snapshot: Vec<u8>);

    /// The next thing that has arrived. `None`: nothing, by now.
    fn next(&mut self) -> Option<Arrival>;
}

/// Something that arrives from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A subscription has begun.
    Subscribed {
        /// Its number.
        subscription: u64,
        /// The time at which the stream was made, or another number that only this stream has.
        created: u64,
        /// The sequence number of its last record; 0 if it has none.
        last: u64,
    },
    /// A record.
    Record(Record),
    /// The log has kept a pass, it says. A pass is not freed by this: an acknowledgement can be followed by a loss, and it
    /// can belong to a pass that was sent twice.
    Acknowledged,
    /// The subscription has ended, and is to be made again.
    Cut,
    /// A snapshot that the node has asked for.
    Snapshot(Vec<u8>),
}

/// A record of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The subscription that delivers it.
    pub subscription: u64,
    /// Its number among the records of this subscription, from 1 (with `JetStream`, the sequence number of the consumer): a loss
    /// on the way is told from a record that the log does not have any more.
    pub delivered: u64,
    /// Its sequence number, from 1.
    pub sequence: u64,
    /// The time at which the log took it, in milliseconds since 1970 by the clock of the log.
    pub time: u64,
    /// A pass.
    pub message: Vec<u8>,
}
