//! The ledger of a run by second.

use std::collections::BTreeMap;

use crate::record::figures::whole;
use crate::record::{Interval, Tally};
use crate::traffic::ledger::anomalies::{Anomalies, Anomaly};
use crate::traffic::ledger::seconds::Second;
use crate::traffic::shared::Shared;
use crate::traffic::timing::intervals::length;

/// Messages of each sender by second.
type Sent = BTreeMap<(u32, Second), u32>;

/// Gives each of the intervals its part of the ledger, adds those in which nothing arrived that is
/// timed, and returns the part of the time before the window, which is open for `window` seconds.
pub(super) fn enter(
    intervals: &mut Vec<Interval>,
    anomalies: &Anomalies,
    shared: &Shared,
    window: f64,
) -> Tally {
    let mut tallies = tallies(anomalies, shared);
    let before = tallies.remove(&None).unwrap_or_default();
    for interval in intervals.iter_mut() {
        let second = u32::try_from(whole(interval.start)).ok();
        interval.ledger = Some(tallies.remove(&second).unwrap_or_default());
    }
    let left = tallies.into_iter().filter(|(_, tally)| *tally != Tally::default());
    intervals.extend(left.filter_map(|(second, tally)| {
        let start = f64::from(second?);
        Some(Interval { ledger: Some(tally), ..Interval::empty(start, length(start, window)) })
    }));
    intervals.sort_by(|a, b| a.start.total_cmp(&b.start));
    before
}

/// The ledger's part of each second that has any.
fn tallies(anomalies: &Anomalies, shared: &Shared) -> BTreeMap<Second, Tally> {
    let mut sent = Sent::new();
    for sender in (0..).take(shared.audience.all_senders()) {
        let all = shared.seconds.split(sender, 0..shared.in_flight.sent(sender));
        sent.extend(all.into_iter().map(|(second, number)| ((sender, second), number)));
    }
    let mut tallies: BTreeMap<Second, Tally> = BTreeMap::new();
    let own = sent.iter().filter(|((sender, _), _)| shared.in_flight.is_local(*sender));
    for ((_, second), number) in own {
        tallies.entry(*second).or_default().sent += u64::from(*number);
    }
    for (second, due) in anomalies.due_seconds.by_second(&sent) {
        tallies.entry(second).or_default().expected = u64::try_from(due).unwrap_or(0);
    }
    for (anomaly, second, number) in anomalies.by_second() {
        if let Some(count) = count_of(tallies.entry(second).or_default(), anomaly) {
            *count += number;
        }
    }
    for tally in tallies.values_mut() {
        tally.ok = tally.expected.saturating_sub(tally.not_ok());
    }
    tallies
}

/// A tally's count of an anomaly. The server's other words have none.
fn count_of(tally: &mut Tally, anomaly: Anomaly) -> Option<&mut u64> {
    match anomaly {
        Anomaly::Lost => Some(&mut tally.lost),
        Anomaly::Late => Some(&mut tally.late),
        Anomaly::Reordered => Some(&mut tally.reordered),
        Anomaly::Corrupt => Some(&mut tally.corrupt),
        Anomaly::CutOff => Some(&mut tally.cut_off),
        Anomaly::DiedWithNode => Some(&mut tally.died_with_node),
        Anomaly::Undecided => Some(&mut tally.undecided),
        Anomaly::Duplicated => Some(&mut tally.duplicated),
        Anomaly::Echoed => Some(&mut tally.echoed),
        Anomaly::Foreign => Some(&mut tally.foreign),
        Anomaly::Merged => Some(&mut tally.merged),
        Anomaly::Disorder => Some(&mut tally.disorder),
        Anomaly::Refusal | Anomaly::Notice | Anomaly::Stranger | Anomaly::Garbage => None,
    }
}
