//! The plan of one run: what it does, once the request has been found possible.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::record::Workload;
use crate::record::figures;
use crate::record::threshold::AbortCondition;
use crate::roles::{self, Numbers};
use crate::traffic::sending::schedule::{Arrivals, Shape};
use crate::traffic::sending::sizes::Sizes;
use crate::wire::dialects::DialectName;

/// Mean time that a churning client stays connected, in seconds. The churn rate times this is the
/// number of clients that take turns.
const STAY: f64 = 2.0;

/// The plan of one run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The server's address.
    pub(crate) address: SocketAddr,
    /// The server's protocol.
    pub(crate) dialect: DialectName,
    /// Prefix of the clients' names.
    pub(crate) names: String,
    /// Number of clients of each kind, and of threads.
    pub(crate) numbers: Numbers,
    /// Clients that leave per second; 0 for none.
    pub(crate) churn: f64,
    /// Open or closed loop, with its rate or window.
    pub(crate) pacing: Pacing,
    /// Distribution of the texts' lengths.
    pub(crate) sizes: Sizes,
    /// Seed of the schedule and the sizes.
    pub(crate) seed: u64,
    /// Length of the warm-up: its messages do not count.
    pub(crate) warm_up: Duration,
    /// Length of the measuring window.
    pub(crate) duration: Duration,
    /// Maximum time to wait at the end for messages that have not arrived.
    pub(crate) drain_timeout: Duration,
    /// Limits for connecting.
    pub(crate) connecting: Connecting,
    /// True if the run may go on with fewer clients than asked for.
    pub(crate) allow_partial: bool,
    /// True if deliveries are judged.
    pub(crate) verify: bool,
    /// True if the total order over all senders is checked.
    pub(crate) total_order: bool,
    /// Conditions that end the run early.
    pub(crate) abort_if: Vec<AbortCondition>,
    /// Number of witnesses that are kept of each kind of fault.
    pub(crate) witnesses: usize,
}

/// Pacing of the messages: open or closed loop.
#[derive(Debug, Clone)]
pub(crate) enum Pacing {
    /// Open loop: the intended times do not depend on the server's answers.
    Open(Shape, Arrivals),
    /// Closed loop: at most this many messages that have not reached all receivers.
    Closed(u32),
}

/// Limits for connecting the clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connecting {
    /// Maximum number of connections per second.
    pub(crate) rate: Option<f64>,
    /// Maximum number of connections being made at the same time.
    pub(crate) concurrency: u32,
    /// Maximum time for one attempt.
    pub(crate) timeout: Duration,
    /// Number of times a failed attempt is repeated.
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
    /// The workload as the record keeps it.
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

    /// Number of messages of the measuring window in an open loop. In a closed loop it is not known
    /// before.
    pub(crate) fn messages(&self) -> Option<f64> {
        match &self.pacing {
            Pacing::Open(shape, _) => Some(shape.expected(self.duration)),
            Pacing::Closed(_) => None,
        }
    }

    /// Number of clients that take turns in leaving and coming back.
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

    /// Mean number of receivers of a message, over all senders.
    pub(crate) fn receivers(&self, echoes: bool) -> f64 {
        let Numbers { clients, rooms, .. } = self.numbers;
        f64::from(clients) / f64::from(rooms) - f64::from(u8::from(!echoes))
    }
}
