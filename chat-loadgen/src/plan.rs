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
pub struct Plan {
    /// The server.
    pub address: SocketAddr,
    /// How it is talked to.
    pub dialect: DialectName,
    /// What the clients' names begin with.
    pub names: String,
    /// How many of which clients, on how many threads.
    pub numbers: Numbers,
    /// Leavings per second; 0 for none.
    pub churn: f64,
    /// When messages are sent.
    pub pacing: Pacing,
    /// How long their texts are.
    pub sizes: Sizes,
    /// What the schedule and the sizes are made from.
    pub seed: u64,
    /// Messages are sent, and do not count.
    pub warm_up: Duration,
    /// How long messages count.
    pub duration: Duration,
    /// How long is waited for what has not arrived.
    pub drain_timeout: Duration,
    /// How the connections are made.
    pub connecting: Connecting,
    /// Fewer clients than asked for are enough.
    pub allow_partial: bool,
    /// Whether what arrives is judged.
    pub verify: bool,
    /// Whether the order over all senders is looked at.
    pub total_order: bool,
    /// How many witnesses of each fault are kept.
    pub witnesses: usize,
}

/// When messages are sent.
#[derive(Debug, Clone)]
pub enum Pacing {
    /// At times that depend on nothing that happens.
    Open(Shape, Arrivals),
    /// So many may be under way that have not reached everybody.
    Closed(u32),
}

/// How connections are made.
#[derive(Debug, Clone, Copy)]
pub struct Connecting {
    /// At most so many per second.
    pub rate: Option<f64>,
    /// So many at a time.
    pub concurrency: u32,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How often one is tried again.
    pub retries: u32,
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
    pub fn workload(&self) -> Workload {
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
    pub fn messages(&self) -> Option<f64> {
        match &self.pacing {
            Pacing::Open(shape, _) => Some(shape.expected(self.duration)),
            Pacing::Closed(_) => None,
        }
    }

    /// How many clients take turns in leaving and coming back.
    pub fn churners(&self) -> u32 {
        u32::try_from(figures::whole((self.churn * STAY).ceil())).unwrap_or(u32::MAX)
    }

    /// A client's name.
    pub fn name(&self, index: u32) -> String {
        format!("{}-{index}", self.names)
    }

    /// The name of the client that is the sender of that index.
    pub fn sender_name(&self, sender: u32) -> String {
        self.name(roles::sender(sender, self.numbers))
    }

    /// How many receive each message, on average over the senders.
    pub fn receivers(&self, echoes: bool) -> f64 {
        let Numbers { clients, rooms, .. } = self.numbers;
        f64::from(clients) / f64::from(rooms) - f64::from(u8::from(!echoes))
    }
}
