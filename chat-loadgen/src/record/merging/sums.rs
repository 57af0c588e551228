//! Sums of the parts of records.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::record::figures::float;
use crate::record::{
    AtAddress, Generator, Histograms, Interval, Latency, Ledger, Nodes, Receiver, Record, Seam,
    Server, Summary, Tally, Traffic, Words, Workload,
};

/// Error: the sum of this field is too large.
pub(super) struct TooLarge(pub(super) &'static str);

/// Maximum number of worst receivers.
const WORST: usize = 10;
/// Maximum number of words of a kind.
const WORDS: usize = 5;

pub(super) fn traffic(sum: &mut Traffic, part: &Traffic) -> Result<(), TooLarge> {
    add!(sum, part, connected);
    sum.offered_rate = sum.offered_rate.zip(part.offered_rate).map(|(a, b)| a + b);
    sum.achieved_rate += part.achieved_rate;
    add!(sum, part, messages, unsent, incomplete, deliveries);
    sum.delivery_rate += part.delivery_rate;
    add!(sum, part, bytes);
    Ok(())
}

/// Adds the figures of each address.
pub(super) fn addresses(sum: &mut Vec<AtAddress>, part: &[AtAddress]) -> Result<(), TooLarge> {
    for at in part {
        match sum.iter_mut().find(|known| known.address == at.address) {
            Some(known) => {
                add!(known, at, connected, senders, deliveries, disconnected);
                known.response = bound(&known.response, &at.response);
            }
            None => sum.push(at.clone()),
        }
    }
    Ok(())
}

/// Adds the counts, and the witnesses with the record's name.
pub(super) fn ledger(sum: &mut Ledger, name: &str, part: &Ledger) -> Result<(), TooLarge> {
    add!(
        sum,
        part,
        expected,
        ok,
        lost,
        late,
        duplicated,
        reordered,
        echoed,
        corrupt,
        foreign,
        merged,
        cut_off,
        died_with_node,
        undecided
    );
    sum.still_arriving |= part.still_arriving;
    add!(sum, part, disconnected, forgotten);
    sum.disorder = sum.disorder.zip(part.disorder).map(|(a, b)| a.saturating_add(b));
    let mut part = part.clone();
    mark(&mut part, name);
    for (kind, witnesses) in part.witnesses {
        sum.witnesses.entry(kind).or_default().extend(witnesses);
    }
    Ok(())
}

/// Adds the counts of cuts, where there are any.
pub(super) fn seam(sum: &mut Option<Seam>, part: Option<Seam>) -> Result<(), TooLarge> {
    if let Some(part) = part {
        let sum = sum.get_or_insert_default();
        add!(sum, part, cuts, within_a_line, kills, resumed, crossed, accepted_lost);
    }
    Ok(())
}

/// Adds the faults of nodes, where there are any.
pub(super) fn nodes(sum: &mut Option<Nodes>, part: Option<Nodes>) -> Result<(), TooLarge> {
    if let Some(part) = part {
        let sum = sum.get_or_insert_default();
        add!(sum, part, kills, cuts, broker_kills);
    }
    Ok(())
}

/// Gives the witnesses the name of their record.
pub(super) fn mark(ledger: &mut Ledger, name: &str) {
    for witness in ledger.witnesses.values_mut().flatten() {
        witness.detail = format!("{} ({name})", witness.detail);
    }
}

pub(super) fn words(
    sum: &mut BTreeMap<String, Words>,
    part: &BTreeMap<String, Words>,
) -> Result<(), TooLarge> {
    for (kind, words) in part {
        let none = || Words { count: 0, first: Vec::new() };
        let all = sum.entry(kind.clone()).or_insert_with(none);
        add!(all, words, count);
        all.first.extend(words.first.iter().cloned());
        all.first.truncate(WORDS);
    }
    Ok(())
}

pub(super) fn worst(sum: &mut Vec<Receiver>, part: &[Receiver]) {
    sum.extend(part.iter().cloned());
    sum.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    sum.truncate(WORST);
}

/// Adds the seconds, second by second since the windows opened.
pub(super) fn intervals(sum: &mut Vec<Interval>, part: &[Interval]) -> Result<(), TooLarge> {
    for interval in part {
        let at = sum.partition_point(|known| known.start < interval.start - 0.5);
        match sum.get_mut(at) {
            Some(known) if (known.start - interval.start).abs() < 0.5 => {
                known.length = known.length.max(interval.length);
                add!(known, interval, messages);
                known.ledger = tally(known.ledger, interval.ledger);
                known.response = bound(&known.response, &interval.response);
                known.service = bound(&known.service, &interval.service);
                let rows = known.heat.iter_mut().zip(&interval.heat);
                rows.for_each(|(row, more)| *row = row.saturating_add(*more));
            }
            _ => sum.insert(at, interval.clone()),
        }
    }
    Ok(())
}

/// Adds the ledger's part of a second, or of the time before all, where both are known.
pub(super) fn tally(sum: Option<Tally>, part: Option<Tally>) -> Option<Tally> {
    sum.zip(part).map(|(sum, part)| sum.plus(&part))
}

/// The generators' figures as one: the worst of each, and the sum of what is counted.
pub(super) fn generator(sum: &mut Generator, part: &Generator) -> Result<(), TooLarge> {
    let worse = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).max_by(f64::total_cmp);
    sum.pacing = bound(&sum.pacing, &part.pacing);
    add!(sum, part, missed);
    sum.cpu += part.cpu;
    sum.busiest_thread = sum.busiest_thread.max(part.busiest_thread);
    sum.starved = worse(sum.starved, part.starved);
    sum.delay = worse(sum.delay, part.delay);
    add!(sum, part, forgotten_gaps);
    sum.waits = bound(&sum.waits, &part.waits);
    sum.bulk = bound(&sum.bulk, &part.bulk);
    sum.canary = bound(&sum.canary, &part.canary);
    add!(sum, part, untimed);
    let merged = |a: Option<Summary>, b| a.zip(b).map(|(a, b)| bound(&a, &b)).or(a).or(b);
    sum.disturbance = merged(sum.disturbance, part.disturbance);
    sum.disturbance_of_messages = merged(sum.disturbance_of_messages, part.disturbance_of_messages);
    sum.throttled = worse(sum.throttled, part.throttled);
    sum.memory_per_client = sum.memory_per_client.max(part.memory_per_client);
    Ok(())
}

/// A summary of two sets of samples without their histograms: mean and extremes are exact, and each
/// percentile is the larger one, which that of the mixture does not exceed.
fn bound(a: &Summary, b: &Summary) -> Summary {
    match (a.count, b.count) {
        (_, 0) => *a,
        (0, _) => *b,
        (some, more) => Summary {
            count: some.saturating_add(more),
            min: a.min.min(b.min),
            mean: (a.mean * float(some) + b.mean * float(more)) / (float(some) + float(more)),
            p50: a.p50.max(b.p50),
            p90: a.p90.max(b.p90),
            p99: a.p99.max(b.p99),
            p999: a.p999.max(b.p999),
            p9999: a.p9999.max(b.p9999),
            max: a.max.max(b.max),
        },
    }
}

/// Adds histograms of the same resolution.
pub(super) fn histograms(sum: &mut Histograms, part: &Histograms) -> Result<(), TooLarge> {
    for (sum, part) in sum.all_mut().into_iter().zip(part.all()) {
        // The library adds up to the largest count and says nothing of what is more.
        sum.len().checked_add(part.len()).ok_or(TooLarge("histograms"))?;
        // What was read from a file has the size that it needed there.
        sum.auto(true);
        let added = sum.add(part);
        debug_assert!(added.is_ok(), "it grows");
    }
    Ok(())
}

/// The latencies of the summed histograms. Extremes may be known more exactly than a bin's width.
pub(super) fn latency(sum: &mut Latency, histograms: &Histograms, part: &Latency) {
    let each = |sum: &mut Summary, histogram: &Histogram<u64>, part: &Summary| {
        let Summary { min, max, .. } = bound(sum, part);
        let whole = Summary::of(histogram);
        let [p50, p90, p99, p999, p9999] =
            [whole.p50, whole.p90, whole.p99, whole.p999, whole.p9999].map(|value| value.min(max));
        *sum = Summary { min, p50, p90, p99, p999, p9999, max, ..whole };
    };
    each(&mut sum.response, &histograms.response, &part.response);
    each(&mut sum.service, &histograms.service, &part.service);
    each(&mut sum.lag, &histograms.lag, &part.lag);
    each(&mut sum.first, &histograms.first, &part.first);
    each(&mut sum.last, &histograms.last, &part.last);
    each(&mut sum.spread, &histograms.spread, &part.spread);
}

/// The servers that were measured, each process once, with all generators' deliveries and clients.
pub(super) fn server(records: &[(String, Record)]) -> Option<Server> {
    let mut servers: Vec<Server> = Vec::new();
    for server in records.iter().filter_map(|(_, record)| record.server) {
        if servers.iter().all(|known| known.pid != server.pid) {
            servers.push(server);
        }
    }
    let (mut sum, rest) = servers.split_first().map(|(first, rest)| (*first, rest))?;
    for server in rest {
        sum.cpu += server.cpu;
        sum.memory_before = sum.memory_before.saturating_add(server.memory_before);
        sum.memory = sum.memory.saturating_add(server.memory);
    }
    let all = |of: fn(&Record) -> f64| records.iter().map(|(_, record)| of(record)).sum::<f64>();
    let deliveries = all(in_window);
    let clients =
        all(|record| f64::from(record.traffic.connected) + f64::from(record.workload.idle_clients));
    sum.cpu_per_delivery = sum.cpu * 1e9 / deliveries.max(1.0);
    sum.memory_per_client = (float(sum.memory) - float(sum.memory_before)) / clients.max(1.0);
    Some(sum)
}

/// Deliveries within the measuring window. Those of other generators' messages are known from the
/// warm-up on only, in which as many come in each second.
fn in_window(record: &Record) -> f64 {
    let Workload { warm_up, duration, .. } = record.workload;
    let elsewhere = record.share.as_ref().map_or(0, |share| share.elsewhere);
    record.traffic.delivery_rate * duration + float(elsewhere) * duration / (warm_up + duration)
}
