//! Judges each delivery to one worker's clients: the message's sender, whether it was due, and
//! whether it came once, in order and intact.

mod closing;
mod lines;
mod sightings;
mod words;

use std::ops::Range;
use std::sync::atomic::Ordering;

use crate::roles::Part;
use crate::traffic::client::{Client, Presence};
use crate::traffic::ledger::Arrival;
use crate::traffic::ledger::anomalies::{Anomalies, Anomaly};
use crate::traffic::shared::{Progress, Shared};
use crate::traffic::timing::latency::LatencyRecorder;
use crate::traffic::timing::servers::AtServer;
use crate::wire::dialects::Event;
use crate::wire::payload::{Kind, Message};

pub(crate) use closing::Ending;
use lines::Clean;
use sightings::{quoted, second, sighting};

/// Judges the deliveries to one worker's clients.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) latency: LatencyRecorder,
    pub(crate) anomalies: Anomalies,
    /// Figures of each address of the server, where there are several.
    pub(crate) servers: Box<[AtServer]>,
    /// Deliveries that were due and came as they should.
    pub(crate) ok: u64,
    /// Deliveries of the measuring window's messages to clients that read later.
    pub(crate) later: u64,
    /// True for what arrives after the drain's deadline.
    pub(crate) late: bool,
    /// True in a closed loop: the next message waits until an earlier one is complete.
    closed: bool,
    /// The part of `ok` that was published.
    ok_published: u64,
    /// Deliveries judged since they were last published.
    deliveries: u64,
    /// Messages that the witness of each room has seen, for witnesses that this worker serves.
    ranks: Box<[u32]>,
    /// What the barrier's probes have shown of the bytes around a text.
    clean: Clean,
    /// A line without its escapes, while it is judged.
    plain: Vec<u8>,
    /// The server's words to a client that does not take part yet, since they were last published.
    heard: Vec<u8>,
    /// The clients' password, which no report may show.
    secret: Option<String>,
}

impl Judge {
    /// A judge that has seen nothing yet.
    pub(crate) fn new(worker: usize, rooms: u32, closed: bool, shared: &Shared) -> Self {
        Self {
            latency: LatencyRecorder::new(worker, shared.audience.all_senders(), &shared.in_flight),
            anomalies: Anomalies::new(shared.witnesses),
            servers: AtServer::of_each(shared.servers),
            ok: 0,
            ok_published: 0,
            later: 0,
            late: false,
            closed,
            deliveries: 0,
            ranks: vec![0; rooms as usize].into(),
            clean: Clean::default(),
            plain: Vec::new(),
            heard: Vec::new(),
            secret: shared.dialect.secret().map(str::to_owned),
        }
    }

    /// Adds what was counted since the last call to the run's progress.
    pub(crate) fn publish(&mut self, progress: &Progress) {
        let ok = self.ok - std::mem::replace(&mut self.ok_published, self.ok);
        progress.ok.fetch_add(ok, Ordering::Relaxed);
        progress.deliveries.fetch_add(std::mem::take(&mut self.deliveries), Ordering::Relaxed);
        if let Some(news) = self.anomalies.take_news() {
            progress.count(&news);
        }
        let Anomalies { overtaken, recovered, .. } = &mut self.anomalies;
        for (new, total) in [(overtaken, &progress.overtaken), (recovered, &progress.recovered)] {
            if *new > 0 {
                total.fetch_add(std::mem::take(new), Ordering::Relaxed);
            }
        }
    }

    /// Judges one frame that a client has received.
    #[inline]
    pub(crate) fn judge_frame(
        &mut self,
        shared: &Shared,
        client: &mut Client,
        event: Event<'_>,
        now: u64,
    ) {
        let (line, said) = match event {
            Event::Said(line) => (line, true),
            Event::Other(line) => (line, false),
            Event::Escaped(line) => return self.escaped(shared, client, line, now),
            Event::Refused(words) => return self.refused(shared, client, words, now),
            Event::Garbage(bytes) => return self.refused_with_garbage(shared, client, bytes, now),
            Event::Routine | Event::Session(_) => return,
        };
        match shared.mark.only(line) {
            Some(message @ Message { kind: Kind::Measured, .. }) => {
                if !said && self.clean.front {
                    self.look_in_front(shared, client, line, now);
                }
                self.measured(shared, client, message, now);
            }
            _ => self.judge_line(shared, client, line, said, now),
        }
    }

    /// Enters a whole message. Returns whether it is a delivery: due, or of the time before it was
    /// known to be, and no duplicate.
    #[inline]
    fn measured(
        &mut self,
        shared: &Shared,
        client: &mut Client,
        message: Message,
        now: u64,
    ) -> bool {
        if let Some(torn) = &mut client.torn {
            torn.fresh = false;
        }
        let Message { sender, number, .. } = message;
        let key = (sender, number);
        self.deliveries += 1;
        let seat = shared.audience.seat(sender, client.room());
        let Some(seat) = seat.filter(|_| number < shared.in_flight.sent(sender)) else {
            let why = "of another room, or never sent";
            self.seen(shared, Anomaly::Foreign, client, key, now, why);
            return false;
        };
        if client.is_itself(sender, shared) {
            self.seen(shared, Anomaly::Echoed, client, key, now, "came back to its sender");
            return false;
        }
        if !is_here(shared, client) {
            return false;
        }
        let arrival =
            if shared.verify { client.account.receive(seat, number) } else { Arrival::InOrder };
        let mut counted = client.is_counted();
        if arrival == Arrival::InOrder && !self.late {
            self.ok += 1;
        } else if let Some(completes) = self.not_in_order(shared, client, key, arrival, now) {
            counted &= completes;
        } else {
            return false;
        }
        if !shared.in_flight.is_local(sender) {
            if self.anomalies.elsewhere == 0 {
                self.anomalies.first_elsewhere = Some((now, sender, number));
            }
            self.anomalies.elsewhere += 1;
            return true;
        }
        if client.part == Part::Later {
            let times = shared.in_flight.times(sender, number);
            let counts = times.is_some_and(|times| shared.window.holds(times.intended));
            self.later += u64::from(counts);
        } else if client.session.is_some() && shared.in_flight.crosses(sender, number, client.since)
        {
            self.crossed(shared, key, counted);
        } else if let Some(taken) = self.latency.delivered(shared, key, now, counted) {
            client.received.add(taken.response);
            if let Some(server) = self.servers.get_mut(client.server as usize) {
                server.delivered(taken.response);
            }
        }
        if shared.total_order {
            self.compare_order(shared, client, key, now);
        }
        true
    }

    /// Counts a delivery that crossed a cut: it is not timed.
    #[cold]
    fn crossed(&mut self, shared: &Shared, (sender, number): (u32, u32), counted: bool) {
        let times = shared.in_flight.times(sender, number);
        if times.is_some_and(|times| shared.window.holds(times.intended)) {
            shared.seam.crossed.fetch_add(1, Ordering::Relaxed);
        }
        if counted {
            self.latency.missed(shared, sender, number);
        }
    }

    /// Classifies a message that is not the next one of its sender, or late. Gives whether it can
    /// complete the message; nothing if it is no delivery.
    #[cold]
    fn not_in_order(
        &mut self,
        shared: &Shared,
        client: &mut Client,
        key: (u32, u32),
        arrival: Arrival,
        now: u64,
    ) -> Option<bool> {
        self.forget(shared, client, now);
        let filled = arrival == Arrival::Late;
        self.anomalies.note_overtaken(&arrival);
        match arrival {
            // A closed loop goes on without them. An open loop waits for them: they may be late.
            Arrival::Ahead(missing) if client.is_counted() && self.closed => {
                self.missed(shared, key.0, missing);
            }
            Arrival::InOrder | Arrival::Late | Arrival::Ahead(_) => {}
            Arrival::NotDue => return None,
            Arrival::Again => {
                self.seen(shared, Anomaly::Duplicated, client, key, now, "arrived again");
                return None;
            }
        }
        if self.is_late(shared, key.0) {
            let why = "arrived after the drain's deadline";
            self.seen(shared, Anomaly::Late, client, key, now, why);
        } else if filled {
            let why = "arrived after a later one of its sender";
            self.seen(shared, Anomaly::Reordered, client, key, now, why);
        } else {
            self.ok += 1;
        }
        Some(!(filled && self.closed))
    }

    /// Records an anomaly of a known message.
    #[cold]
    fn seen(
        &mut self,
        shared: &Shared,
        anomaly: Anomaly,
        client: &Client,
        key: (u32, u32),
        now: u64,
        what: &str,
    ) {
        let (message, second) = (Some(key), second(shared, anomaly, Some(key), now));
        let seen = || sighting(shared, client, message, now, what.to_owned());
        self.anomalies.record(anomaly, second, seen);
    }

    fn corrupt(
        &mut self,
        shared: &Shared,
        client: &mut Client,
        message: Option<Message>,
        text: &[u8],
        now: u64,
    ) {
        let known = message.filter(|message| message.kind == Kind::Measured);
        let key = known.map(|message| (message.sender, message.number));
        if message.is_some() && key.is_none() || client.presence != Presence::Here {
            return; // A probe, or nothing that was due.
        }
        self.deliveries += 1;
        let mut found = |client: &Client, anomaly, what: &str| {
            let detail = || format!("{what}: {}", quoted(text));
            let seen = || sighting(shared, client, key, now, detail());
            self.anomalies.record(anomaly, second(shared, anomaly, key, now), seen);
        };
        let seat = key.and_then(|(sender, number)| {
            let seat = shared.audience.seat(sender, client.room())?;
            (number < shared.in_flight.sent(sender)).then_some((seat, sender, number))
        });
        let Some((seat, sender, number)) = seat else {
            // Counted when it is known whether anything is missing.
            client.unattributed += 1;
            let detail = || sighting(shared, client, key, now, quoted(text));
            return self.anomalies.keep(Anomaly::Corrupt, detail);
        };
        if client.is_itself(sender, shared) {
            return found(client, Anomaly::Echoed, "came back damaged");
        }
        let arrival = client.account.receive(seat, number);
        match arrival {
            Arrival::Again => return found(client, Anomaly::Duplicated, "arrived again, damaged"),
            Arrival::NotDue => return,
            _ => found(client, Anomaly::Corrupt, "arrived damaged"),
        }
        self.anomalies.note_overtaken(&arrival);
        self.forget(shared, client, now);
        let counted = client.is_counted();
        match arrival {
            Arrival::Ahead(missing) if counted && self.closed => {
                self.missed(shared, sender, missing.start..number + 1);
            }
            Arrival::Late if self.closed => {}
            _ if counted => self.missed(shared, sender, number..number + 1),
            _ => {}
        }
    }

    /// Records messages that will not reach a client that is counted for completion.
    fn missed(&mut self, shared: &Shared, sender: u32, numbers: Range<u32>) {
        if !shared.in_flight.is_local(sender) {
            return;
        }
        let remembered = u32::try_from(shared.in_flight.slots()).unwrap_or(u32::MAX);
        let first = numbers.start.max(numbers.end.saturating_sub(remembered));
        for number in first..numbers.end {
            self.latency.missed(shared, sender, number);
        }
    }

    fn compare_order(&mut self, shared: &Shared, client: &mut Client, key: (u32, u32), now: u64) {
        if client.witness {
            let Some(rank) = client.room().map(|room| &mut self.ranks[room as usize]) else {
                return;
            };
            *rank += 1;
            shared.in_flight.rank(key.0, key.1, *rank);
        }
        let Some(mut total_order) = client.total_order.take() else { return };
        for key in total_order.received(key, &shared.in_flight) {
            self.seen(shared, Anomaly::Disorder, client, key, now, DISORDER);
        }
        client.total_order = Some(total_order);
    }
}

/// What is wrong with a message that is out of the room's order.
const DISORDER: &str = "arrived in another order than at the room's witness";

/// Returns whether messages are due to a client. The first message that a churner hears shows that
/// it is back.
#[inline]
fn is_here(shared: &Shared, client: &mut Client) -> bool {
    if client.presence == Presence::Coming && client.part == Part::Churner {
        let senders = shared.audience.senders(client.room());
        client.account.open_late(|seat| shared.in_flight.sent(senders[seat]));
        client.presence = Presence::Here;
    }
    client.presence == Presence::Here
}

#[cfg(test)]
mod tests;
