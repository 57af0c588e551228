//! Makes the workers' accounts of deliveries, words and slow readers into those of the record.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use crate::plan::Plan;
use crate::record::joined::{SentBy, Share, Tail};
use crate::record::{
    AtAddress, Ledger, LedgerState, Nodes, Record, Seam, SlowReader, Summary, Witness, Words,
};
use crate::roles::Role;
use crate::traffic::client::Client;
use crate::traffic::clock::nanoseconds;
use crate::traffic::ledger::anomalies::{Anomalies, Anomaly, Sighting};
use crate::traffic::shared::Shared;
use crate::traffic::timing::servers::AtServer;
use crate::traffic::worker::Fate;

/// The accounts of all workers.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub(super) anomalies: Anomalies,
    /// Deliveries that were as they should be.
    pub(super) ok: u64,
    /// Clients that took part and lost their connection, however often.
    pub(super) disconnected: u64,
    /// Figures of each address of the server, where there are several.
    pub(super) servers: Vec<AtServer>,
    /// The fate of each slow reader.
    pub(super) fates: Vec<Fate>,
}

/// The ledger of deliveries, without what the clients themselves show.
pub(super) fn ledger(plan: &Plan, all: &Accounts, shared: &Shared) -> Ledger {
    const KINDS: [Anomaly; 12] = [
        Anomaly::Lost,
        Anomaly::Late,
        Anomaly::Reordered,
        Anomaly::Corrupt,
        Anomaly::CutOff,
        Anomaly::DiedWithNode,
        Anomaly::Undecided,
        Anomaly::Duplicated,
        Anomaly::Echoed,
        Anomaly::Foreign,
        Anomaly::Merged,
        Anomaly::Disorder,
    ];
    let Accounts { anomalies, ok, disconnected, .. } = all;
    let disconnected = *disconnected;
    if !plan.verify {
        return Ledger { state: LedgerState::NotJudged, disconnected, ..Ledger::default() };
    }
    let count = |anomaly| anomalies.count(anomaly);
    let mut ledger = Ledger {
        expected: anomalies.due,
        ok: *ok,
        lost: count(Anomaly::Lost),
        late: count(Anomaly::Late),
        duplicated: count(Anomaly::Duplicated),
        reordered: count(Anomaly::Reordered),
        echoed: count(Anomaly::Echoed),
        corrupt: count(Anomaly::Corrupt),
        foreign: count(Anomaly::Foreign),
        merged: count(Anomaly::Merged),
        cut_off: count(Anomaly::CutOff),
        died_with_node: count(Anomaly::DiedWithNode),
        undecided: count(Anomaly::Undecided),
        disconnected,
        disorder: plan.total_order.then(|| count(Anomaly::Disorder)),
        ..Ledger::default()
    };
    for anomaly in KINDS.into_iter().filter(|&anomaly| count(anomaly) > 0) {
        let witnesses = witnesses(plan, anomalies.witnesses(anomaly), shared);
        ledger.witnesses.insert(anomaly.name().replace(' ', "_"), witnesses);
    }
    ledger
}

/// Figures of each address of the server; those of the only one are the run's.
pub(super) fn addresses(plan: &Plan, all: &Accounts, clients: &[Client]) -> Vec<AtAddress> {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let figures = (0..).zip(&plan.addresses).zip(&all.servers);
    let roles = if plan.addresses.len() > 1 { plan.roles() } else { Vec::new() };
    let figures = figures.map(|((index, address), figures)| {
        // A client that went on at another server counts where it began.
        let is_here = |client: &Client| {
            roles.get(client.index as usize).is_some_and(|role| role.server == index)
        };
        let here = clients.iter().filter(|client| is_here(client) && client.took_part());
        AtAddress {
            address: address.to_string(),
            connected: number(here.clone().count()),
            senders: number(here.filter(|client| client.sender.is_some()).count()),
            deliveries: figures.response.len(),
            disconnected: figures.disconnected,
            response: Summary::of(&figures.response),
        }
    });
    figures.collect()
}

/// The only address, whose figures are the run's.
pub(super) fn only_address(address: &SocketAddr, record: &Record) -> AtAddress {
    AtAddress {
        address: address.to_string(),
        connected: record.traffic.connected,
        senders: record.workload.senders,
        deliveries: record.traffic.deliveries,
        disconnected: record.ledger.disconnected,
        response: record.latency.response,
    }
}

/// Cuts, and what became of the clients that were cut off.
pub(super) fn seam(plan: &Plan, shared: &Shared) -> Option<Seam> {
    let seam = &shared.seam;
    plan.resumes().then(|| Seam {
        cuts: seam.cuts.load(Ordering::Relaxed),
        within_a_line: seam.within_a_line.load(Ordering::Relaxed),
        kills: seam.kills.load(Ordering::Relaxed),
        resumed: seam.resumed.load(Ordering::Relaxed),
        crossed: seam.crossed.load(Ordering::Relaxed),
        accepted_lost: seam.forgotten.load(Ordering::Relaxed),
    })
}

/// Faults that were made of nodes and their broker.
pub(super) fn nodes(plan: &Plan, shared: &Shared) -> Option<Nodes> {
    let seam = &shared.seam;
    plan.faults.are_of_nodes().then(|| Nodes {
        kills: seam.kills.load(Ordering::Relaxed),
        cuts: seam.node_cuts.load(Ordering::Relaxed),
        broker_kills: seam.broker_kills.load(Ordering::Relaxed),
    })
}

/// This generator's share in a run of several.
pub(super) fn share(
    plan: &Plan,
    all: &Accounts,
    shared: &Shared,
    interrupted: bool,
) -> Option<Share> {
    let joined = plan.joined?;
    let (number, of) = joined.share.numbered();
    let planned = plan.planned();
    let sent = |sender| SentBy {
        sender,
        name: plan.sender_name(sender),
        sent: shared.in_flight.sent(sender),
        disconnected: !shared.audience.has(sender),
    };
    let tail = |(&(sender, from, cut_off), &receivers): (&(u32, u32, bool), &u32)| Tail {
        sender,
        from,
        planned: planned(sender),
        receivers,
        cut_off,
    };
    Some(Share {
        number,
        of,
        run: joined.mark,
        elsewhere: all.anomalies.elsewhere,
        first_elsewhere: first_elsewhere(plan, &all.anomalies, shared),
        interrupted,
        senders: plan.senders().map(sent).collect(),
        tails: all.anomalies.tails.iter().map(tail).collect(),
    })
}

/// Time from when the first message of another generator was due to its arrival.
fn first_elsewhere(plan: &Plan, anomalies: &Anomalies, shared: &Shared) -> Option<i64> {
    let (arrived, sender, number) = anomalies.first_elsewhere?;
    let start = shared.window.start();
    let begin = start.saturating_sub(nanoseconds(plan.warm_up.as_secs_f64()));
    // All senders of the run take turns.
    let turn = u64::from(number) * u64::from(plan.all_senders()) + u64::from(sender);
    let due = plan.schedule(begin, start)?.nth(usize::try_from(turn).ok()?)?;
    Some(arrived.cast_signed().saturating_sub_unsigned(due))
}

/// The server's other words.
pub(super) fn words(plan: &Plan, all: &Accounts, shared: &Shared) -> BTreeMap<String, Words> {
    let seen = Anomaly::WORDS.into_iter().filter(|&kind| all.anomalies.count(kind) > 0);
    let words = seen.map(|kind| {
        let first = witnesses(plan, all.anomalies.witnesses(kind), shared);
        (kind.name().to_owned(), Words { count: all.anomalies.count(kind), first })
    });
    words.collect()
}

/// The fate of each slow reader, those that were cut off first.
pub(super) fn slow_readers(plan: &Plan, all: &Accounts, shared: &Shared) -> Vec<SlowReader> {
    let mut fates = all.fates.clone();
    fates.sort_by_key(|fate| (!fate.cut_off, fate.at.unwrap_or(u64::MAX), fate.client));
    let since = |at: u64| at.cast_signed().saturating_sub_unsigned(shared.window.start());
    let reader = |fate: Fate| SlowReader {
        name: plan.name(fate.client),
        cut_off: fate.cut_off,
        at: fate.at.map(since),
        behind: fate.behind,
    };
    fates.into_iter().map(reader).collect()
}

fn witnesses(plan: &Plan, sightings: &[Sighting], shared: &Shared) -> Vec<Witness> {
    let roles = if plan.addresses.len() > 1 { plan.roles() } else { Vec::new() };
    let server = |role: &Role| plan.addresses[role.server as usize].to_string();
    let of_receiver = |client: u32| roles.get(client as usize).map(server);
    let of_sender = |sender: u32| roles.iter().find(|role| role.sender == Some(sender)).map(server);
    let since = |time: u64| time.cast_signed().saturating_sub_unsigned(shared.window.start());
    let witness = |sighting: &Sighting| Witness {
        receiver: plan.name(sighting.receiver),
        receiver_server: of_receiver(sighting.receiver),
        sender: sighting.message.map(|(sender, _)| plan.sender_name(sender)),
        sender_server: sighting.message.and_then(|(sender, _)| of_sender(sender)),
        number: sighting.message.map(|(_, number)| number),
        sent: sighting.sent.map(since),
        at: since(sighting.at),
        detail: sighting.detail.clone(),
    };
    sightings.iter().map(witness).collect()
}
