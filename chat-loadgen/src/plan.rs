//! The plan of one run: what it does, once the request has been found possible.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;

use crate::door::Entrance;
use crate::record::Workload;
use crate::record::figures;
use crate::record::threshold::AbortCondition;
use crate::roles::{self, Numbers, Role};
use crate::share::Joined;
use crate::traffic::clock::Clock;
use crate::traffic::sending::schedule::{Arrivals, Schedule, Shape};
use crate::traffic::sending::sizes::Sizes;
use crate::wire::dialects::Protocol;

/// Mean time that a churning client stays connected, in seconds. The churn rate times this is the
/// number of clients that take turns.
const STAY: f64 = 2.0;

/// The plan of one run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Addresses of the server, or of the servers that form one chat: at least one.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The door of each.
    pub(crate) entrances: Vec<Entrance>,
    /// The server's protocol.
    pub(crate) dialect: Protocol,
    /// Prefix of the clients' names.
    pub(crate) names: String,
    /// Number of clients of each kind, and of threads.
    pub(crate) numbers: Numbers,
    /// Clients that leave per second; 0 for none.
    pub(crate) churn: f64,
    /// The faults of clients' connections, servers and their broker.
    pub(crate) faults: Faults,
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
    /// Local addresses from which clients connect, in turn; none for the system's choice.
    pub(crate) from: Vec<IpAddr>,
    /// Time for which clients do not read whose deliveries are not timed.
    pub(crate) others_after: Duration,
    /// True if the run may go on with fewer clients than asked for.
    pub(crate) allow_partial: bool,
    /// Time at which the first message is due, if it is given.
    pub(crate) start_at: Option<Timestamp>,
    /// The share in a run of several generators, if it is one.
    pub(crate) joined: Option<Joined>,
    /// True if deliveries are judged.
    pub(crate) verify: bool,
    /// True if the total order over all senders is checked.
    pub(crate) total_order: bool,
    /// Conditions that end the run early.
    pub(crate) abort_if: Vec<AbortCondition>,
    /// Number of witnesses that are kept of each kind of fault.
    pub(crate) witnesses: usize,
}

/// The faults that a run makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Faults {
    /// Clients that are cut off per second, and come back by their sessions; 0 for none.
    pub(crate) reconnect: f64,
    /// Time after which the server is killed and started again, each time.
    pub(crate) kill_every: Option<Duration>,
    /// Time after which one node is killed and started again, each time another.
    pub(crate) kill_node: Option<Duration>,
    /// Time for which one node is cut off from the broker, once.
    pub(crate) cut_node: Option<Duration>,
    /// True if the broker is killed and started again, once.
    pub(crate) kill_broker: bool,
}

impl Faults {
    /// Returns whether servers are killed.
    pub(crate) fn kills_servers(&self) -> bool {
        self.kill_every.is_some() || self.kill_node.is_some()
    }

    /// Returns whether nodes or their broker have faults.
    pub(crate) fn are_of_nodes(&self) -> bool {
        self.kill_node.is_some() || self.cut_node.is_some() || self.kill_broker
    }
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
        let Numbers { clients, senders, rooms, slow, later, idle, .. } = self.numbers;
        let seconds = |time: Option<Duration>| time.map_or(0.0, |time| time.as_secs_f64());
        Workload {
            dialect: self.dialect.to_string(),
            door: self.doors(),
            clients,
            senders,
            rooms,
            idle_clients: idle,
            slow_readers: slow,
            untimed: later,
            others_after: if later > 0 { self.others_after.as_secs_f64() } else { 0.0 },
            churn: self.churn,
            reconnect: self.faults.reconnect,
            kill_every: seconds(self.faults.kill_every),
            kill_node: seconds(self.faults.kill_node),
            cut_node: seconds(self.faults.cut_node),
            kill_broker: self.faults.kill_broker,
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

    /// The doors' schemes, each once: `tcp`, or `tcp,wss`.
    pub(crate) fn doors(&self) -> String {
        let mut doors: Vec<_> = self.entrances.iter().map(|it| it.door.scheme()).collect();
        doors.sort_unstable();
        doors.dedup();
        doors.join(",")
    }

    /// Number of messages of the measuring window in an open loop. In a closed loop it is not known
    /// before.
    pub(crate) fn messages(&self) -> Option<f64> {
        match &self.pacing {
            Pacing::Open(shape, _) => Some(shape.expected(self.duration)),
            Pacing::Closed(_) => None,
        }
    }

    /// Returns whether clients have sessions, by which they come back when they are cut off.
    pub(crate) fn resumes(&self) -> bool {
        matches!(self.dialect, Protocol::Sessions)
    }

    /// Number of clients that take turns in leaving and coming back.
    pub(crate) fn churners(&self) -> u32 {
        u32::try_from(figures::whole((self.churn * STAY).ceil())).unwrap_or(u32::MAX)
    }

    /// A client's name.
    pub(crate) fn name(&self, index: u32) -> String {
        self.name_in_run(self.joined.map_or(index, |joined| joined.client(index)))
    }

    /// The name of a client of any generator, by its number in the run.
    fn name_in_run(&self, client: u32) -> String {
        format!("{}-{client}", self.names)
    }

    /// The name of the client that is the sender of that index, here or elsewhere.
    pub(crate) fn sender_name(&self, sender: u32) -> String {
        let client = match &self.joined {
            None => roles::sender(sender, self.numbers),
            Some(joined) => {
                joined.senders().nth(sender as usize).map_or(u32::MAX, |(_, client)| client)
            }
        };
        self.name_in_run(client)
    }

    /// The indices of this generator's senders among all senders of the run.
    pub(crate) fn senders(&self) -> Range<u32> {
        match &self.joined {
            None => 0..self.numbers.senders,
            Some(Joined { share, whole, .. }) => share.senders(*whole),
        }
    }

    /// Number of senders of the run, over all generators.
    pub(crate) fn all_senders(&self) -> u32 {
        self.joined.map_or(self.numbers.senders, |joined| joined.whole.senders)
    }

    /// Each client's role. Senders have their index among all senders of the run.
    pub(crate) fn roles(&self) -> Vec<Role> {
        let first = self.senders().start;
        let mut roles = roles::assign(Numbers { churners: self.churners(), ..self.numbers });
        for role in &mut roles {
            role.sender = role.sender.map(|sender| first + sender);
        }
        roles
    }

    /// Time of the run's clock at which the first message is due, if it is given: now if it has passed.
    pub(crate) fn begin(&self, clock: Clock) -> Option<u64> {
        let ahead = self.start_at?.duration_since(Timestamp::now());
        Some(clock.now().saturating_add(u64::try_from(ahead.as_nanos()).unwrap_or(0)))
    }

    /// The times of all messages of an open loop, over all generators: of the warm-up, which begins at
    /// `begin`, and of the window, which begins at `start` (nanoseconds of the run's clock).
    pub(crate) fn schedule(
        &self,
        begin: u64,
        start: u64,
    ) -> Option<impl Iterator<Item = u64> + Send + use<>> {
        let Pacing::Open(shape, arrivals) = &self.pacing else { return None };
        // The same arrivals, at the rate at which the window begins.
        let even = Shape::constant(shape.first());
        let before = Schedule::new(&even, *arrivals, !self.seed, begin, self.warm_up);
        Some(before.chain(Schedule::new(shape, *arrivals, self.seed, start, self.duration)))
    }

    /// Number of messages of an open loop, over all generators, warm-up included.
    pub(crate) fn planned_in_all(&self) -> u64 {
        self.schedule(0, 0).map_or(0, Iterator::count) as u64
    }

    /// Number of messages that a sender is to send in an open loop. All senders of the run take turns.
    pub(crate) fn planned(&self) -> impl Fn(u32) -> u32 + use<> {
        let all = self.planned_in_all();
        let senders = u64::from(self.all_senders().max(1));
        move |sender| {
            let more = u64::from(sender) < all % senders;
            u32::try_from(all / senders + u64::from(more)).unwrap_or(u32::MAX)
        }
    }

    /// The first address of the server.
    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Mean number of receivers of a message, over all senders.
    pub(crate) fn receivers(&self, echoes: bool) -> f64 {
        let Numbers { clients, rooms, .. } = self.numbers;
        f64::from(clients) / f64::from(rooms) - f64::from(u8::from(!echoes))
    }
}
