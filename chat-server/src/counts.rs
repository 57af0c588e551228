//! The counters behind `--metrics` (requirement 15.2). They exist only with that option.
//!
//! No delivery is counted by itself: a pass over a room's members is counted at its end.

use std::sync::Arc;
use std::time::Instant;

use chat_protocol::moderation::Objection;
use chat_protocol::name::NameError;
use chat_protocol::options::server_address::Door;
use chat_protocol::refusal::Refusal;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Bounds of the histogram of the times of passes, in seconds: from a few members to thousands on a busy machine.
const PASS_TIMES: [f64; 11] =
    [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0];

/// The reasons that [`reason`] gives.
const REASONS: [&str; 11] = [
    "account",
    "address_limit",
    "banned",
    "command",
    "line_too_long",
    "moderation",
    "name",
    "receiver",
    "room",
    "server_full",
    "session",
];

/// The reasons for which a connection is refused: this server has no part in its cluster, its lobby is full, or some of the
/// above.
const OF_CONNECTIONS: [&str; 5] =
    ["address_limit", "banned", "cluster", "lobby_full", "server_full"];

/// A metric for each value of one label.
type By<M> = Family<[(&'static str, &'static str); 1], M>;

/// What a server counts of itself.
pub(crate) struct Counts {
    clients: By<Gauge>,
    connections: By<Counter>,
    refused_connections: By<Counter>,
    refused: By<Counter>,
    lines: Counter,
    deliveries: Counter,
    passes: Histogram,
    outbox_bytes: Gauge,
    missed: Counter,
}

/// What a pass has delivered.
pub(crate) struct Passed {
    /// The members of the room.
    pub(crate) members: usize,
    /// The lines for all of them.
    pub(crate) lines: usize,
    /// Those that members have said, who do not get them.
    pub(crate) own: usize,
}

impl Counts {
    /// Counters at zero, which this registry writes.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let doors = ["plain", "tls", "ws", "wss"];
        let counts = Self {
            clients: by("door", &doors),
            connections: by("door", &doors),
            refused_connections: by("reason", &OF_CONNECTIONS),
            refused: by("reason", &REASONS),
            lines: Counter::default(),
            deliveries: Counter::default(),
            passes: Histogram::new(PASS_TIMES),
            outbox_bytes: Gauge::default(),
            missed: Counter::default(),
        };
        let clients = counts.clients.clone();
        registry.register(
            "chat_clients",
            "Clients that are connected, by the door that they came through",
            clients,
        );
        let help = "Connections that were accepted as those of clients";
        registry.register("chat_connections", help, counts.connections.clone());
        let help = "Connections that were refused";
        registry.register("chat_connections_refused", help, counts.refused_connections.clone());
        let help = "Lines, commands and names of clients that were refused";
        registry.register("chat_refused", help, counts.refused.clone());
        let help = "Lines said to rooms: messages, and notices for all members";
        registry.register("chat_lines", help, counts.lines.clone());
        let help = "Lines said to rooms, once for each member that is to get them";
        registry.register("chat_deliveries", help, counts.deliveries.clone());
        let help = "Time of a pass over the members of a room";
        registry.register("chat_pass_seconds", help, counts.passes.clone());
        let help = "Bytes that wait for clients whose sockets are full";
        registry.register("chat_outbox_bytes", help, counts.outbox_bytes.clone());
        let help = "Lines that clients missed because they read too slowly";
        registry.register("chat_missed_lines", help, counts.missed.clone());
        counts
    }

    /// A client is connected, until it [is not any more](Self::disconnected).
    pub(crate) fn connected(&self, door: Door) {
        self.connections.get_or_create(&label(door)).inc();
        self.clients.get_or_create(&label(door)).inc();
    }

    pub(crate) fn disconnected(&self, door: Door) {
        self.clients.get_or_create(&label(door)).dec();
    }

    /// A connection is refused for this reason, which is one of [`OF_CONNECTIONS`].
    pub(crate) fn refused_connection(&self, reason: &'static str) {
        self.refused_connections.get_or_create(&[("reason", reason)]).inc();
    }

    /// Something that a client wants is refused.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        self.refused.get_or_create(&[("reason", reason(refusal))]).inc();
    }

    /// A pass has ended.
    pub(crate) fn passed(&self, pass: &Passed, begun: Instant) {
        let Passed { members, lines, own } = *pass;
        self.lines.inc_by(lines as u64);
        self.deliveries.inc_by((members * lines).saturating_sub(own) as u64);
        self.passes.observe(begun.elapsed().as_secs_f64());
    }
}

/// A metric that has each of these values from the beginning, so that the first event is seen as a change.
fn by<M: Default>(label: &'static str, values: &[&'static str]) -> By<M> {
    let metric = By::default();
    for value in values {
        drop(metric.get_or_create(&[(label, *value)]));
    }
    metric
}

fn label(door: Door) -> [(&'static str, &'static str); 1] {
    let name = if door == Door::Plain { "plain" } else { door.scheme() };
    [("door", name)]
}

/// The reason of a refusal in a word. It says nothing that a client has written.
pub(crate) fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::ServerFull => "server_full",
        Refusal::Address(_) => "address_limit",
        Refusal::LineTooLong(_) => "line_too_long",
        Refusal::Account(_)
        | Refusal::Name(NameError::Account(_))
        | Refusal::LastName(NameError::Account(_)) => "account",
        Refusal::Name(_) | Refusal::LastName(_) | Refusal::NameTooLate => "name",
        Refusal::UnknownCommand { .. } | Refusal::Malformed { .. } => "command",
        Refusal::RoomName(_)
        | Refusal::TooManyRooms(_)
        | Refusal::SameRoom(_)
        | Refusal::OperatorStays => "room",
        Refusal::NoSuchPerson(_)
        | Refusal::NoLongerHere(_)
        | Refusal::NothingToAnswer
        | Refusal::PrivateToSelf
        | Refusal::NoClient
        | Refusal::WhichClient
        | Refusal::CannotHearNow(_) => "receiver",
        Refusal::NoNumber => "session",
        Refusal::Order(Objection::Banned(_) | Objection::BannedFrom(..)) => "banned",
        Refusal::Order(_) => "moderation",
    }
}

/// The bytes that wait for one client, as they were last counted.
#[derive(Default)]
pub(crate) struct Waiting {
    counts: Option<Arc<Counts>>,
    bytes: i64,
}

impl Waiting {
    /// Nothing waits yet.
    pub(crate) fn new(counts: Option<Arc<Counts>>) -> Self {
        Self { counts, bytes: 0 }
    }

    /// So many bytes wait now.
    pub(crate) fn set(&mut self, bytes: usize) {
        if let Some(counts) = &self.counts {
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            counts.outbox_bytes.inc_by(bytes - self.bytes);
            self.bytes = bytes;
        }
    }

    /// The client misses so many lines.
    pub(crate) fn misses(&self, lines: u64) {
        if let Some(counts) = &self.counts {
            counts.missed.inc_by(lines);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn r15_2_a_pass_counts_no_line_for_its_speaker() {
        let mut registry = Registry::default();
        let counts = Arc::new(Counts::new(&mut registry));
        counts.passed(&Passed { members: 5, lines: 3, own: 2 }, Instant::now());
        counts.connected(Door::Tls);
        counts.connected(Door::Tls);
        counts.disconnected(Door::Tls);
        let mut waiting = Waiting::new(Some(Arc::clone(&counts)));
        waiting.set(100);
        waiting.set(70);
        let mut other = Waiting::new(Some(Arc::clone(&counts)));
        other.set(1000);
        other.misses(4);
        drop(other);
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        for line in [
            "chat_lines_total 3",
            "chat_deliveries_total 13",
            "chat_pass_seconds_count 1",
            "chat_clients{door=\"tls\"} 1",
            "chat_clients{door=\"plain\"} 0",
            "chat_connections_total{door=\"tls\"} 2",
            "chat_outbox_bytes 70",
            "chat_missed_lines_total 4",
        ] {
            assert!(page.lines().any(|shown| shown == line), "no {line} in {page}");
        }
    }
}
