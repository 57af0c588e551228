//! The plan of one run: what it does, once the request has been found possible.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::record::Workload;
use crate::record::figures;
use crate::roles::{self, Numbers};
use crate::traffic::sending::schedule::{Arrivals, Shape};
use crate::traffic::sending::sizes::Sizes;
use crate::wire::dialects::DialectName;

/// How long a client that churns is there on average, in seconds: so many clients take turns.
const STAY: f64 = 2.0;

/// One run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The server.
    pub(crate) address: SocketAddr,
    /// How it is talked to.
    pub(crate) dialect: DialectName,
    /// What the clients' names begin with.
    pub(crate) names: String,
    /// How many of which clients, on how many threads.
    pub(crate) numbers: Numbers,
    /// Leavings per second; 0 for none.
    pub(crate) churn: f64,
    /// When messages are sent.
    pub(crate) pacing: Pacing,
    /// How long their texts are.
    pub(crate) sizes: Sizes,
    /// What the schedule and the sizes are made from.
    pub(crate) seed: u64,
    /// Messages are sent, and do not count.
    pub(crate) warm_up: Duration,
    /// How long messages count.
    pub(crate) duration: Duration,
    /// How long is waited for what has not arrived.
    pub(crate) drain_timeout: Duration,
    /// How the connections are made.
    pub(crate) connecting: Connecting,
    /// Fewer clients than asked for are enough.
    pub(crate) allow_partial: bool,
    /// Whether what arrives is judged.
    pub(crate) verify: bool,
    /// Whether the order over all senders is looked at.
    pub(crate) total_order: bool,
    /// How many witnesses of each fault are kept.
    pub(crate) witnesses: usize,
}

/// When messages are sent.
#[derive(Debug, Clone)]
pub(crate) enum Pacing {
    /// At times that depend on nothing that happens.
    Open(Shape, Arrivals),
    /// So many may be under way that have not reached everybody.
    Closed(u32),
}

/// How connections are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connecting {
    /// At most so many per second.
    pub(crate) rate: Option<f64>,
    /// So many at a time.
    pub(crate) concurrency: u32,
    /// How long one attempt may take.
    pub(crate) timeout: Duration,
    /// How often one is tried again.
    pub(crate) retries: u32,
}

impl fmt::Display for Pacing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pacing::Open(shape, Arrivals::Even) => write!(f, "open {shape}"),
            Pacing::Open(shape, arrivals) => write!(f, "open {shape} {arrivals}"),
            Pacing::Closed(window) => write!(f, "closed {window}"),
        }
    }
}

impl Plan {
    /// What the record says was asked for.
    pub(crate) fn workload(&self) -> Workload {
        let Numbers { clients, senders, rooms, slow, idle, .. } = self.numbers;
        Workload {
            dialect: self.dialect.to_string(),
            clients,
            senders,
            rooms,
            idle_clients: idle,
            slow_readers: slow,
            churn: self.churn,
            pacing: self.pacing.to_string(),
            size: self.sizes.to_string(),
            warm_up: self.warm_up.as_secs_f64(),
            duration: self.duration.as_secs_f64(),
            drain_timeout: self.drain_timeout.as_secs_f64(),
            threads: self.numbers.threads,
            verify: self.verify,
            total_order: self.total_order,
            seed: self.seed,
        }
    }

    /// Messages that will be intended within the measuring window, if that depends on nothing that
    /// happens.
    pub(crate) fn messages(&self) -> Option<f64> {
        match &self.pacing {
            Pacing::Open(shape, _) => Some(shape.expected(self.duration)),
            Pacing::Closed(_) => None,
        }
    }

    /// How many clients take turns in leaving and coming back.
    pub(crate) fn churners(&self) -> u32 {
        u32::try_from(figures::whole((self.churn * STAY).ceil())).unwrap_or(u32::MAX)
    }

    /// A client's name.
    pub(crate) fn name(&self, index: u32) -> String {
        format!("{}-{index}", self.names)
    }

    /// The name of the client that is the sender of that index.
    pub(crate) fn sender_name(&self, sender: u32) -> String {
        self.name(roles::sender(sender, self.numbers))
    }

    /// How many receive each message, on average over the senders.
    pub(crate) fn receivers(&self, echoes: bool) -> f64 {
        let Numbers { clients, rooms, .. } = self.numbers;
        f64::from(clients) / f64::from(rooms) - f64::from(u8::from(!echoes))
    }
}
