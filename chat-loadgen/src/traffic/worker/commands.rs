//! Commands to a worker, and its findings at the end.

use std::sync::Arc;

use hdrhistogram::Histogram;

use super::Fate;
use crate::system::machine::ThreadUse;
use crate::traffic::client::{Client, Newcomer};
use crate::traffic::ledger::anomalies::Anomalies;
use crate::traffic::seam::Cut;
use crate::traffic::sending::connection::Connection;
use crate::traffic::timing::latency::MessageTimes;
use crate::traffic::timing::servers::AtServer;
use crate::traffic::timing::standstill::Disturbance;

/// A command to a worker.
#[derive(Debug)]
pub(crate) enum Command {
    /// A client has been connected, and registered under its index.
    Join(Box<Newcomer>),
    /// A client is to say goodbye and to close its connection.
    Leave(u32),
    /// A client that was cut off has been connected again.
    Return(u32, Box<Return>),
    /// A client is to stop reading, because it is about to be cut off.
    Deafen(u32),
    /// A client is to be cut off.
    Cut(u32, Cut),
    /// All clients have joined. A client that hears no sender does not take part, and the slow
    /// readers stop reading.
    Begin,
    /// Nothing more is to come: what the clients have heard of those that are gone is to be said.
    Settle,
    /// The run is over.
    Finish,
}

/// The new connection of a client that was cut off.
#[derive(Debug)]
pub(crate) struct Return {
    pub(crate) connection: Arc<Connection>,
    /// Bytes that came right behind the handshake of a door.
    pub(crate) early: Vec<u8>,
    /// Index of its server.
    pub(crate) server: u32,
    /// Time at which the connection was begun, in nanoseconds of the run's clock.
    pub(crate) begun: u64,
}

/// The findings of one worker.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Times of the messages.
    pub(crate) messages: MessageTimes,
    /// The generator's own part in the times of messages and deliveries.
    pub(crate) disturbance: Disturbance,
    /// Deliveries without times.
    pub(crate) untimed: u64,
    /// Deliveries of the measuring window's messages to clients that read later.
    pub(crate) later: u64,
    /// Deliveries of the measuring window's messages that came within it.
    pub(crate) in_window: u64,
    pub(crate) anomalies: Anomalies,
    /// Deliveries that were as they should be.
    pub(crate) ok: u64,
    /// Clients that took part and lost their connection, however often.
    pub(crate) disconnected: u64,
    /// Run-queue delays of the thread, a sample a millisecond at most, in nanoseconds.
    pub(crate) waits: Histogram<u64>,
    pub(crate) clients: Vec<Client>,
    /// Figures of each address of the server, where there are several.
    pub(crate) servers: Box<[AtServer]>,
    /// The fate of each slow reader.
    pub(crate) fates: Vec<Fate>,
    /// CPU time and run-queue delay of the thread in the measuring window.
    pub(crate) used: Option<ThreadUse>,
}
