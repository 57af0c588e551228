//! What one worker's clients hear is judged here: whose message it is, whether it was due, whether
//! it came once, in order and unharmed.

use std::ops::Range;
use std::sync::atomic::Ordering;

use crate::roles::Part;
use crate::traffic::client::{Client, Presence};
use crate::traffic::ledger::Arrival;
use crate::traffic::ledger::anomalies::{Fault, Faults};
use crate::traffic::shared::Trial;
use crate::traffic::timing::latency::Tally;
use crate::wire::dialects::{Event, Stage};
use crate::wire::payload::{Found, Kind, Message};

/// How a client's account ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The run is over: what has not come is lost.
    Over,
    /// It leaves, or stops reading: what has not come might have.
    Leaving,
    /// Its connection ended: what has not come is cut off.
    CutOff,
}

/// One worker's view of what its clients hear.
#[derive(Debug)]
pub struct Judge {
    /// The times.
    pub tally: Tally,
    /// The faults.
    pub faults: Faults,
    /// Deliveries that were due and came as they should, or late.
    pub ok: u64,
    /// Whether somebody waits for a message to have reached everybody before the next is sent.
    closed: bool,
    /// Deliveries judged since this was last asked.
    deliveries: u64,
    /// The rooms' orders, as far as this worker looks after their witnesses: how many messages each
    /// has seen.
    ranks: Box<[u32]>,
}

impl Judge {
    /// One that has seen nothing yet.
    pub fn new(worker: usize, rooms: u32, closed: bool, trial: &Trial) -> Self {
        Self {
            tally: Tally::new(worker, trial.audience.all_senders(), &trial.flight),
            faults: Faults::new(trial.witnesses),
            ok: 0,
            closed,
            deliveries: 0,
            ranks: vec![0; rooms as usize].into(),
        }
    }

    /// How many deliveries were judged since the last call.
    pub fn take_deliveries(&mut self) -> u64 {
        std::mem::take(&mut self.deliveries)
    }

    /// A client has heard something.
    #[inline]
    pub fn hear(&mut self, trial: &Trial, client: &mut Client, event: Event<'_>, now: u64) {
        let (text, said) = match event {
            Event::Said(text) => (text, true),
            Event::Other(text) => (text, false),
            Event::Refused(text) => return refused(trial, client, text),
        };
        match trial.mark.find(text) {
            Found::Intact(message @ Message { kind: Kind::Measured, .. }) => {
                client.torn = false;
                self.measured(trial, client, message, now);
            }
            Found::Intact(message) => prove(trial, client, message.sender),
            Found::Corrupt(message) => self.corrupt(trial, client, message, text, now),
            Found::Torn(message) => {
                client.torn = true;
                self.corrupt(trial, client, message, text, now);
            }
            // It has been counted with its beginning.
            Found::Rest if client.torn => client.torn = false,
            Found::Rest => self.corrupt(trial, client, None, text, now),
            Found::Strange(Kind::Measured) => {
                self.faults.see(Fault::Foreign, client.index, None, now, || quoted(text));
            }
            Found::Nothing if said => {
                self.faults.see(Fault::Foreign, client.index, None, now, || quoted(text));
            }
            Found::Strange(Kind::Probe) | Found::Nothing => {}
        }
    }

    #[inline]
    fn measured(&mut self, trial: &Trial, client: &mut Client, message: Message, now: u64) {
        let Message { sender, number, .. } = message;
        let key = (sender, number);
        self.deliveries += 1;
        let seat = trial.audience.seat(sender, client.room());
        let Some(seat) = seat.filter(|_| number < trial.flight.sent(sender)) else {
            let why = || "another room's, or never sent".to_owned();
            return self.faults.see(Fault::Foreign, client.index, Some(key), now, why);
        };
        if client.sender == Some(sender) && !trial.audience.echoes() {
            return self.faults.see(Fault::Echoed, client.index, Some(key), now, String::new);
        }
        match client.presence {
            Presence::Here => {}
            // The first that a churner hears shows that it is back.
            Presence::Coming if client.part == Part::Churner => {
                let senders = trial.audience.senders(client.room());
                client.account.open_late(|seat| trial.flight.sent(senders[seat]));
                client.presence = Presence::Here;
            }
            _ => return,
        }
        let arrival =
            if trial.verify { client.account.receive(seat, number) } else { Arrival::InOrder };
        let mut counted = client.is_counted();
        match arrival {
            Arrival::InOrder => self.ok += 1,
            Arrival::Ahead(missing) => {
                self.ok += 1;
                // A closed loop goes on without them. Elsewhere they are waited for: they may be late.
                if counted && self.closed {
                    self.missed(trial, sender, missing);
                }
            }
            Arrival::Late => {
                counted &= !self.closed;
                self.faults.see(Fault::Reordered, client.index, Some(key), now, String::new);
            }
            Arrival::NotDue => return,
            Arrival::Again => {
                return self.faults.see(
                    Fault::Duplicated,
                    client.index,
                    Some(key),
                    now,
                    String::new,
                );
            }
        }
        if let Some(taken) = self.tally.delivered(trial, key, now, counted) {
            client.received.add(taken.response);
        }
        if trial.total_order {
            self.order(trial, client, key, now);
        }
    }

    fn corrupt(
        &mut self,
        trial: &Trial,
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
        self.faults.see(Fault::Corrupt, client.index, key, now, || quoted(text));
        let own = |sender| client.sender == Some(sender) && !trial.audience.echoes();
        if key.is_some_and(|(sender, _)| own(sender)) {
            return; // An echo, which was not due either.
        }
        let seat = key.and_then(|(sender, number)| {
            let seat = trial.audience.seat(sender, client.room())?;
            (number < trial.flight.sent(sender)).then_some((seat, sender, number))
        });
        let Some((seat, sender, number)) = seat else {
            client.unattributed += 1;
            return;
        };
        let counted = client.is_counted();
        match client.account.receive(seat, number) {
            Arrival::Ahead(missing) if counted && self.closed => {
                self.missed(trial, sender, missing.start..number + 1);
            }
            Arrival::Again | Arrival::NotDue => return,
            Arrival::Late if self.closed => {}
            _ if counted => self.missed(trial, sender, number..number + 1),
            _ => {}
        }
        self.faults.replaced += 1;
    }

    /// Some messages will not reach one of those who are there all the time.
    fn missed(&mut self, trial: &Trial, sender: u32, numbers: Range<u32>) {
        let remembered = u32::try_from(trial.flight.slots()).unwrap_or(u32::MAX);
        let first = numbers.start.max(numbers.end.saturating_sub(remembered));
        for number in first..numbers.end {
            self.tally.missed(trial, sender, number);
        }
    }

    fn order(&mut self, trial: &Trial, client: &mut Client, key: (u32, u32), now: u64) {
        if client.witness {
            let Some(rank) = client.room().map(|room| &mut self.ranks[room as usize]) else {
                return;
            };
            *rank += 1;
            trial.flight.rank(key.0, key.1, *rank);
        }
        let Some(mut order) = client.order.take() else { return };
        for key in order.saw(key, &trial.flight) {
            self.faults.see(Fault::Disorder, client.index, Some(key), now, String::new);
        }
        client.order = Some(order);
    }

    /// Some messages of a sender have not come to a client whose account ends so. Gives how many of
    /// them are lost: at the end all, before that those that are old. The others might have come.
    fn miss(
        &mut self,
        trial: &Trial,
        client: &Client,
        (sender, numbers): (u32, Range<u32>),
        ending: Ending,
        now: u64,
    ) -> u64 {
        if ending != Ending::Over && client.is_counted() {
            self.missed(trial, sender, numbers.clone());
        }
        let lost = match ending {
            Ending::Over => numbers.end,
            Ending::Leaving | Ending::CutOff => numbers.start + old(trial, sender, &numbers, now),
        };
        if ending == Ending::CutOff {
            self.faults.cut_off += u64::from(numbers.end - lost);
        }
        let lost = numbers.start..lost;
        let number = lost.len() as u64;
        self.faults.lose(client.index, sender, lost, now);
        number
    }

    /// Closes a client's account. Nothing is due to it any more.
    pub fn settle(&mut self, trial: &Trial, client: &mut Client, ending: Ending, now: u64) {
        if client.presence != Presence::Here {
            return;
        }
        client.presence = Presence::Away;
        if !trial.verify {
            return;
        }
        self.faults.forgotten += client.account.forgotten();
        let senders = trial.audience.senders(client.room());
        let gaps: Vec<(u32, Range<u32>)> =
            client.account.gaps().map(|(seat, gap)| (senders[seat], gap)).collect();
        let remembered: u64 = gaps.iter().map(|(_, gap)| gap.len() as u64).sum();
        // Gaps that had to be forgotten are old.
        let mut missing = client.account.missing() - remembered;
        for (sender, gap) in gaps {
            missing += self.miss(trial, client, (sender, gap), ending, now);
        }
        for (seat, &sender) in senders.iter().enumerate() {
            let awaited = client.account.awaited(seat, trial.flight.sent(sender));
            if client.sender != Some(sender) || trial.audience.echoes() {
                let ending = if ending == Ending::Over && !trial.audience.has(sender) {
                    Ending::CutOff
                } else {
                    ending
                };
                missing += self.miss(trial, client, (sender, awaited), ending, now);
            }
        }
        let damaged = client.unattributed.min(missing);
        self.faults.replaced += damaged;
        self.faults.lost += missing - damaged;
        if let Some(mut order) = client.order.take() {
            for key in order.finish(&trial.flight) {
                self.faults.see(Fault::Disorder, client.index, Some(key), now, String::new);
            }
        }
        client.account.close();
        client.unattributed = 0;
    }
}

/// How many of these messages have been under way for too long to come any more.
fn old(trial: &Trial, sender: u32, numbers: &Range<u32>, now: u64) -> u32 {
    let is_old = |number: &u32| {
        let times = trial.flight.times(sender, *number);
        times.is_none_or(|times| times.written.saturating_add(trial.patience) < now)
    };
    u32::try_from(numbers.clone().take_while(is_old).count()).unwrap_or(u32::MAX)
}

/// The server does not want a client. The first that is said so is enough to know why.
#[cold]
fn refused(trial: &Trial, client: &Client, text: &[u8]) {
    if client.stage != Stage::Ready || client.presence == Presence::Coming {
        let _ = trial.refusal.set(quoted(text));
    }
}

/// A client has heard a sender's probe: whatever that one sends from now on is due to it.
#[cold]
fn prove(trial: &Trial, client: &mut Client, sender: u32) {
    let Some(seat) = trial.audience.seat(sender, client.room()) else { return };
    let own = client.sender == Some(sender) && !trial.audience.echoes();
    let first = client.presence != Presence::Away && client.part != Part::Idle;
    if !own && first && trial.flight.sent(sender) == 0 && client.account.open(seat) {
        client.presence = Presence::Here;
        trial.progress.unproven.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A line as a witness quotes it: harmless, and not too long.
fn quoted(text: &[u8]) -> String {
    const LONGEST: usize = 200;
    let cut = &text[..text.len().min(LONGEST)];
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{more}", cut.escape_ascii())
}
