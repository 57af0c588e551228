//! Judges each delivery to one worker's clients: the message's sender, whether it was due, and
//! whether it came once, in order and intact.

use std::ops::Range;
use std::sync::atomic::Ordering;

use crate::roles::Part;
use crate::traffic::client::{Client, Presence};
use crate::traffic::ledger::Arrival;
use crate::traffic::ledger::anomalies::{Anomalies, Anomaly};
use crate::traffic::shared::Shared;
use crate::traffic::timing::latency::LatencyRecorder;
use crate::wire::dialects::{Event, Stage};
use crate::wire::payload::{Found, Kind, Message};

/// Reasons for which a client's account is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The run is over: missing messages are lost.
    Over,
    /// The client leaves, or stops reading: missing messages might have come.
    Leaving,
    /// The client's connection ended: missing messages are cut off.
    CutOff,
}

/// Judges the deliveries to one worker's clients.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) latency: LatencyRecorder,
    pub(crate) anomalies: Anomalies,
    /// Deliveries that were due and came as they should, or late.
    pub(crate) ok: u64,
    /// True in a closed loop: the next message waits until an earlier one is complete.
    closed: bool,
    /// Deliveries judged since this was last asked.
    deliveries: u64,
    /// Messages that the witness of each room has seen, for witnesses that this worker serves.
    ranks: Box<[u32]>,
}

impl Judge {
    /// A judge that has seen nothing yet.
    pub(crate) fn new(worker: usize, rooms: u32, closed: bool, shared: &Shared) -> Self {
        Self {
            latency: LatencyRecorder::new(worker, shared.audience.all_senders(), &shared.in_flight),
            anomalies: Anomalies::new(shared.witnesses),
            ok: 0,
            closed,
            deliveries: 0,
            ranks: vec![0; rooms as usize].into(),
        }
    }

    /// Takes the number of deliveries judged since the last call.
    pub(crate) fn take_deliveries(&mut self) -> u64 {
        std::mem::take(&mut self.deliveries)
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
        let (text, said) = match event {
            Event::Said(text) => (text, true),
            Event::Other(text) => (text, false),
            Event::Refused(text) => return refused(shared, client, text),
        };
        match shared.mark.find(text) {
            Found::Intact(message @ Message { kind: Kind::Measured, .. }) => {
                client.torn = false;
                self.measured(shared, client, message, now);
            }
            Found::Intact(message) => heard_probe(shared, client, message.sender),
            Found::Corrupt(message) => self.corrupt(shared, client, message, text, now),
            Found::Torn(message) => {
                client.torn = true;
                self.corrupt(shared, client, message, text, now);
            }
            // It has been counted with its beginning.
            Found::Rest if client.torn => client.torn = false,
            Found::Rest => self.corrupt(shared, client, None, text, now),
            Found::Strange(Kind::Measured) => {
                self.anomalies.record(Anomaly::Foreign, client.index, None, now, || quoted(text));
            }
            Found::Nothing if said => {
                self.anomalies.record(Anomaly::Foreign, client.index, None, now, || quoted(text));
            }
            Found::Strange(Kind::Probe) | Found::Nothing => {}
        }
    }

    #[inline]
    fn measured(&mut self, shared: &Shared, client: &mut Client, message: Message, now: u64) {
        let Message { sender, number, .. } = message;
        let key = (sender, number);
        self.deliveries += 1;
        let seat = shared.audience.seat(sender, client.room());
        let Some(seat) = seat.filter(|_| number < shared.in_flight.sent(sender)) else {
            let why = || "another room's, or never sent".to_owned();
            return self.anomalies.record(Anomaly::Foreign, client.index, Some(key), now, why);
        };
        if client.is_itself(sender, shared) {
            return self.seen(Anomaly::Echoed, client, key, now);
        }
        if !is_here(shared, client) {
            return;
        }
        let arrival =
            if shared.verify { client.account.receive(seat, number) } else { Arrival::InOrder };
        let mut counted = client.is_counted();
        match arrival {
            Arrival::InOrder => self.ok += 1,
            Arrival::Ahead(missing) => {
                self.ok += 1;
                // A closed loop goes on without them. An open loop waits for them: they may be
                // late.
                if counted && self.closed {
                    self.missed(shared, sender, missing);
                }
            }
            Arrival::Late => {
                counted &= !self.closed;
                self.seen(Anomaly::Reordered, client, key, now);
            }
            Arrival::NotDue => return,
            Arrival::Again => {
                return self.seen(Anomaly::Duplicated, client, key, now);
            }
        }
        if let Some(taken) = self.latency.delivered(shared, key, now, counted) {
            client.received.add(taken.response);
        }
        if shared.total_order {
            self.compare_order(shared, client, key, now);
        }
    }

    /// Records an anomaly of a known message, without further details.
    #[cold]
    fn seen(&mut self, anomaly: Anomaly, client: &Client, key: (u32, u32), now: u64) {
        self.anomalies.record(anomaly, client.index, Some(key), now, String::new);
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
        self.anomalies.record(Anomaly::Corrupt, client.index, key, now, || quoted(text));
        if key.is_some_and(|(sender, _)| client.is_itself(sender, shared)) {
            return; // An echo, which was not due either.
        }
        let seat = key.and_then(|(sender, number)| {
            let seat = shared.audience.seat(sender, client.room())?;
            (number < shared.in_flight.sent(sender)).then_some((seat, sender, number))
        });
        let Some((seat, sender, number)) = seat else {
            client.unattributed += 1;
            return;
        };
        let counted = client.is_counted();
        match client.account.receive(seat, number) {
            Arrival::Ahead(missing) if counted && self.closed => {
                self.missed(shared, sender, missing.start..number + 1);
            }
            Arrival::Again | Arrival::NotDue => return,
            Arrival::Late if self.closed => {}
            _ if counted => self.missed(shared, sender, number..number + 1),
            _ => {}
        }
        self.anomalies.replaced += 1;
    }

    /// Records messages that will not reach a client that is counted for completion.
    fn missed(&mut self, shared: &Shared, sender: u32, numbers: Range<u32>) {
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
            self.seen(Anomaly::Disorder, client, key, now);
        }
        client.total_order = Some(total_order);
    }

    /// Handles messages of a sender that have not come to a client whose account ends so. Gives the
    /// number of lost ones: at the end all, before that the old ones. The others might have come.
    fn not_received(
        &mut self,
        shared: &Shared,
        client: &Client,
        (sender, numbers): (u32, Range<u32>),
        ending: Ending,
        now: u64,
    ) -> u64 {
        if ending != Ending::Over && client.is_counted() {
            self.missed(shared, sender, numbers.clone());
        }
        let lost = match ending {
            Ending::Over => numbers.end,
            Ending::Leaving | Ending::CutOff => {
                numbers.start + overdue(shared, sender, &numbers, now)
            }
        };
        if ending == Ending::CutOff {
            self.anomalies.cut_off += u64::from(numbers.end - lost);
        }
        let lost = numbers.start..lost;
        let number = lost.len() as u64;
        self.anomalies.keep_lost(client.index, sender, lost, now);
        number
    }

    /// Closes a client's account. Nothing is due to it any more.
    pub(crate) fn close_account(
        &mut self,
        shared: &Shared,
        client: &mut Client,
        ending: Ending,
        now: u64,
    ) {
        if client.presence != Presence::Here {
            return;
        }
        client.presence = Presence::Away;
        if !shared.verify {
            return;
        }
        self.anomalies.forgotten += client.account.forgotten();
        let senders = shared.audience.senders(client.room());
        let gaps: Vec<(u32, Range<u32>)> =
            client.account.gaps().map(|(seat, gap)| (senders[seat], gap)).collect();
        let remembered: u64 = gaps.iter().map(|(_, gap)| gap.len() as u64).sum();
        // Gaps that had to be forgotten are old.
        let mut missing = client.account.missing() - remembered;
        for (sender, gap) in gaps {
            missing += self.not_received(shared, client, (sender, gap), ending, now);
        }
        for (seat, &sender) in senders.iter().enumerate() {
            let awaited = client.account.awaited(seat, shared.in_flight.sent(sender));
            if !client.is_itself(sender, shared) {
                let ending = if ending == Ending::Over && !shared.audience.has(sender) {
                    Ending::CutOff
                } else {
                    ending
                };
                missing += self.not_received(shared, client, (sender, awaited), ending, now);
            }
        }
        let damaged = client.unattributed.min(missing);
        self.anomalies.replaced += damaged;
        self.anomalies.lost += missing - damaged;
        if let Some(mut total_order) = client.total_order.take() {
            for key in total_order.finish(&shared.in_flight) {
                self.seen(Anomaly::Disorder, client, key, now);
            }
        }
        client.account.close();
        client.unattributed = 0;
    }
}

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

/// Number of these messages that have been in flight for longer than the patience, and count as
/// lost.
fn overdue(shared: &Shared, sender: u32, numbers: &Range<u32>, now: u64) -> u32 {
    let is_overdue = |number: &u32| {
        let times = shared.in_flight.times(sender, *number);
        times.is_none_or(|times| times.written.saturating_add(shared.patience) < now)
    };
    u32::try_from(numbers.clone().take_while(is_overdue).count()).unwrap_or(u32::MAX)
}

/// Keeps the server's words when it refuses a client, for the first refusal only.
#[cold]
fn refused(shared: &Shared, client: &Client, text: &[u8]) {
    if client.stage != Stage::Ready || client.presence == Presence::Coming {
        let _ = shared.refusal.set(quoted(text));
    }
}

/// Opens a client's account with a sender whose probe it has heard: all later messages are due to
/// it.
#[cold]
fn heard_probe(shared: &Shared, client: &mut Client, sender: u32) {
    let Some(seat) = shared.audience.seat(sender, client.room()) else { return };
    let own = client.is_itself(sender, shared);
    let first = client.presence != Presence::Away && client.part != Part::Idle;
    if !own && first && shared.in_flight.sent(sender) == 0 && client.account.open(seat) {
        client.presence = Presence::Here;
        shared.progress.unproven.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A line as a witness quotes it: harmless, and not too long.
fn quoted(text: &[u8]) -> String {
    const LONGEST: usize = 200;
    let cut = &text[..text.len().min(LONGEST)];
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{more}", cut.escape_ascii())
}
