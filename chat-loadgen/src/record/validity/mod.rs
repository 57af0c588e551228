//! Validity of a run: bounds beyond which its figures mean nothing, stated here and in `--help`.
//!
//! Whatever makes the generator late makes the server look slow, so past these bounds a run is
//! invalid, not slow. They are about the generator alone: a server that does not take messages, or
//! takes long to pass them on, is what is being measured.

mod clocks;
mod own;

use crate::record::comparison::transient;
use crate::record::figures;
use crate::record::{EndedEarly, Record, Status, Verdict};

pub(crate) use own::{is_own, own_figures};

/// Maximum pacing lag, 99th percentile, in nanoseconds: a millisecond.
pub(crate) const LATENESS: u64 = 1_000_000;
/// Maximum pacing lag as a share of the response's 99th percentile, where that allows more.
pub(crate) const LATENESS_SHARE: f64 = 0.1;
/// Maximum number of messages that were due and never sent by the generator, as a share of those it
/// sent.
pub(crate) const MISSED: f64 = 0.01;
/// Maximum share of a CPU that a generator thread may use when it has to keep to a schedule.
pub(crate) const BUSY: f64 = 0.95;
/// Maximum share of the window for which a thread may wait for a CPU that others use.
pub(crate) const STARVED: f64 = 0.1;
/// Minimum share of the window for which a CPU quota is the reason for waiting.
const THROTTLED: f64 = 0.01;
/// Maximum mean delay of the median receiver against the canary, in nanoseconds: half a
/// millisecond.
pub(crate) const DELAY: f64 = 500_000.0;
/// Maximum delay as a share of the canary's mean, where that allows more.
pub(crate) const DELAY_SHARE: f64 = 0.5;

/// The bounds in words, for `--help`.
pub(crate) const BOUNDS: &str = "\
A run is INVALID when the generator was late by more than 1 ms at the 99th percentile (and a tenth \
of the response's) or left out more than 1 % of the messages, when threads of it waited more than \
10 % of the time for a CPU that other programs used or a CPU quota kept from them, or when it had to forget times or gaps before \
what belonged to them arrived. With a rate to keep also when a thread used more than 95 % of a CPU, \
waited for one for more than 1 ms at the 99th percentile (and a tenth of the \
response's), or when the median receiver waited half a millisecond (and by half) longer than the \
canary on a thread of its own.
A run of several generators (--join) also when a message of another one came more than half a second \
before it was due: the machines' clocks differ.
Any single figure is the generator's own (marked with *) where the generator's disturbance at the \
same percentile, its standstills and its lateness (for lag: its lateness alone), is more than 1 ms \
and a tenth of the figure; for a mean, more than 0.1 ms and a tenth. A figure within 1 ms, or a mean within 0.1 ms, is not marked: no \
more of it can be the generator's. A condition or baseline that a marked figure decides makes the run \
INVALID.";

/// Judges a run by everything else that its record holds, its own figures included.
pub(crate) fn of(record: &Record, interrupted: bool) -> Verdict {
    let early = record.ended_early.as_ref();
    let ended = interrupted || early.is_some();
    let mut reasons = doubts(record, ended);
    let status = if !reasons.is_empty() {
        Status::Invalid
    } else if ended {
        Status::Partial
    } else if record.ledger.wrong() > 0 {
        Status::Faulty
    } else {
        Status::Valid
    };
    reasons.extend(early.map(|EndedEarly { condition, figures, at }| {
        let at = figures::seconds(*at);
        format!("ended early after {at}, by --abort-if '{condition}': {figures}")
    }));
    if interrupted {
        reasons.push("interrupted: the figures are those of the time before".to_owned());
    }
    reasons.extend(remarks(record));
    Verdict { status, reasons }
}

/// Reasons for which the figures mean nothing.
fn doubts(record: &Record, interrupted: bool) -> Vec<String> {
    let generator = &record.generator;
    let mut reasons = Vec::from_iter(held_up(record));
    if record.traffic.offered_rate.is_some() {
        // What holds the generator up delays what it receives as well.
        if reasons.is_empty() {
            reasons.extend(delayed(record));
        }
        reasons.extend(too_busy(record));
    }
    if generator.untimed > 0 {
        reasons.push(format!(
            "{} deliveries came so late that their times had been forgotten",
            figures::count(generator.untimed),
        ));
    }
    if generator.forgotten_gaps > 0 {
        reasons.push(format!(
            "{} gaps had to be forgotten: what filled them late counts as lost and as duplicated",
            figures::count(generator.forgotten_gaps),
        ));
    }
    reasons.extend(clocks::disagreement(record));
    if !record.ledger.closes() {
        reasons.push("the ledger does not close: this is a fault of the generator".to_owned());
    }
    if !interrupted && record.traffic.deliveries == 0 && record.traffic.messages == 0 {
        reasons.push("no message was sent within the measuring window".to_owned());
    }
    reasons
}

/// The lateness of the generator and its causes, as one reason. In a closed loop messages have no
/// intended time, and threads wait for each other.
fn held_up(record: &Record) -> Option<String> {
    let generator = &record.generator;
    let open = record.traffic.offered_rate.is_some();
    let bound = figures::float(record.latency.response.p99) * LATENESS_SHARE;
    let bound = bound.max(figures::float(LATENESS));
    let too_long = |time: u64| open && figures::float(time) > bound;
    let at_p99 = |time: u64| format!("{} at the 99th percentile", figures::time(time));
    let bounded = |what: String| format!("{what} (bound: {})", figures::time_of(bound));
    let (late, waits) = (generator.pacing.p99, generator.waits.p99);
    let mut parts = Vec::new();
    if too_long(late) {
        parts.push(bounded(format!("the generator sent late: {}", at_p99(late))));
    }
    let mut kept = Vec::new();
    if too_long(waits) {
        kept.push(bounded(at_p99(waits)));
    }
    if let Some(starved) = generator.starved.filter(|&starved| starved > STARVED) {
        let [starved, bound] = [starved, STARVED].map(figures::share);
        kept.push(format!("it waited {starved} of the time (bound: {bound})"));
    }
    let noticed = THROTTLED * record.workload.duration;
    let throttled = generator.throttled.filter(|&throttled| throttled > noticed);
    if let (Some(throttled), false) = (throttled, kept.is_empty() && parts.is_empty()) {
        kept.push(format!("throttled for {}", figures::seconds(throttled)));
    }
    if !kept.is_empty() {
        let who = if throttled.is_some() { "a CPU quota" } else { "other programs" };
        parts.push(format!("{who} kept the generator from its CPU: {}", kept.join(", ")));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The generator's delay of what it received, in an open loop.
fn delayed(record: &Record) -> Option<String> {
    let generator = &record.generator;
    let bound = DELAY.max(generator.canary.mean * DELAY_SHARE);
    let delay = generator.delay.filter(|&delay| delay > bound)?;
    Some(format!(
        "the generator delayed what it received: by {} for the median receiver, compared with one \
         on a thread of its own (bound: {})",
        figures::time_of(delay),
        figures::time_of(bound),
    ))
}

/// Reasons for which the generator could not do all that was to be done in an open loop.
fn too_busy(record: &Record) -> Vec<String> {
    let generator = &record.generator;
    let mut reasons = Vec::new();
    if figures::float(generator.missed) > MISSED * figures::float(record.traffic.messages) {
        reasons.push(format!(
            "the generator had no time for {} messages that were due",
            figures::count(generator.missed),
        ));
    }
    if generator.busiest_thread > BUSY {
        reasons.push(format!(
            "the generator was too busy: {} of a CPU (bound: {}); give it more --threads, or less \
             to do",
            figures::share(generator.busiest_thread),
            figures::share(BUSY),
        ));
    }
    reasons
}

/// Remarks for the reader that do not change the verdict.
fn remarks(record: &Record) -> Vec<String> {
    let mut remarks = Vec::new();
    let traffic = &record.traffic;
    let own = &record.own_figures;
    if !own.is_empty() {
        remarks.push(format!(
            "{} figures marked * may be the generator's own, which stood still or was late for up \
             to {}",
            own.len(),
            figures::time(record.generator.disturbance.map_or(0, |disturbance| disturbance.max)),
        ));
    }
    if traffic.incomplete > 0 {
        remarks.push(format!(
            "{} messages did not reach all receivers: they have no `last` and no `spread`",
            figures::count(traffic.incomplete),
        ));
    }
    if traffic.offered_rate.is_none() && record.generator.busiest_thread > BUSY {
        remarks.push(
            "the generator was the bottleneck: the server can deliver at least as much as this, and \
             the latencies are partly the generator's"
                .to_owned(),
        );
    }
    if traffic.unsent > 0 {
        remarks.push(format!(
            "{} messages were due and the server did not take them",
            figures::count(traffic.unsent),
        ));
    }
    remarks.extend(clocks::remark(record));
    remarks.extend(remarks_on_deliveries(record));
    remarks.extend(transient::remark(record));
    let wanted = record.workload.clients;
    if traffic.connected < wanted {
        let [part, all] = [traffic.connected, wanted].map(|number| figures::count(number.into()));
        remarks.push(format!("{part} of {all} clients took part"));
    }
    if record.workload.total_order && record.ledger.disorder.is_none() {
        remarks
            .push("the order was not looked at to the end: who witnessed it was lost".to_owned());
    }
    remarks
}

/// Remarks on what is no fault of delivery.
fn remarks_on_deliveries(record: &Record) -> Vec<String> {
    let ledger = &record.ledger;
    let strangers = record.words.get("strangers").map_or(0, |words| words.count);
    let undecided = match &record.share {
        None => "the receiver was leaving or joining",
        Some(_) => "of other generators, whose records tell whether it was sent: `merge` them",
    };
    let remarks = [
        ("undecided", ledger.undecided, undecided),
        ("cut off", ledger.cut_off, "receiver or sender was disconnected"),
        (
            "died with node",
            ledger.died_with_node,
            "the sender's server died, and no client heard it",
        ),
        ("merged", ledger.merged, "on one line with another delivery"),
        ("strangers' lines", strangers, "others use this server, too"),
        ("late", ledger.late, "after the end of the drain"),
    ];
    let seen = remarks.into_iter().filter(|(_, number, _)| *number > 0);
    let remark = |(what, number, why)| format!("{what}: {} ({why})", figures::count(number));
    let mut remarks: Vec<_> = seen.map(remark).collect();
    if ledger.still_arriving {
        remarks.push(
            "deliveries were still arriving when the run ended: what is lost may only be late, \
             and a longer --drain-timeout tells"
                .to_owned(),
        );
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    const MS: u64 = 1_000_000;

    fn status(change: impl FnOnce(&mut Record)) -> (Status, String) {
        let mut record = sample::record();
        record.traffic.unsent = 0;
        record.generator.disturbance = None;
        change(&mut record);
        let verdict = of(&record, false);
        (verdict.status, verdict.reasons.join("; "))
    }

    #[test]
    fn a_run_without_doubts_is_valid() {
        assert_eq!(status(|_| {}), (Status::Valid, String::new()));
        // At each bound, and not beyond it.
        let at_the_bounds = status(|record| {
            record.generator.pacing.p99 = LATENESS;
            record.generator.starved = Some(STARVED);
            record.generator.busiest_thread = BUSY;
            record.generator.delay = Some(DELAY);
            record.generator.waits.p99 = LATENESS;
        });
        assert_eq!(at_the_bounds, (Status::Valid, String::new()));
    }

    #[test]
    fn beyond_each_bound_it_is_invalid_and_says_why() {
        type Change = fn(&mut Record);
        let beyond: [(Change, &str); 9] = [
            (|record| record.generator.pacing.p99 = 900 * MS, "sent late"),
            (|record| record.generator.missed = 1_000_000, "no time for 1,000,000 messages"),
            (|record| record.generator.starved = Some(0.11), "kept the generator from its CPU"),
            (|record| record.generator.busiest_thread = 0.96, "too busy"),
            (|record| record.generator.delay = Some(9e6), "delayed what it received"),
            (|record| record.generator.waits.p99 = 900 * MS, "kept the generator from its CPU"),
            (|record| record.generator.forgotten_gaps = 3, "3 gaps had to be forgotten"),
            (|record| record.generator.untimed = 1, "times had been forgotten"),
            (
                |record| (record.traffic.messages, record.traffic.deliveries) = (0, 0),
                "no message was sent",
            ),
        ];
        for (change, why) in beyond {
            let (status, reasons) = status(change);
            assert_eq!(status, Status::Invalid, "{why}");
            assert!(reasons.contains(why), "{reasons}");
        }
    }

    #[test]
    fn reasons_that_say_the_same_are_one_and_a_quota_is_called_so() {
        let held_up = |throttled| {
            status(|record| {
                record.generator.pacing.p99 = 900 * MS;
                record.generator.waits.p99 = 800 * MS;
                record.generator.starved = Some(0.5);
                record.generator.delay = Some(9e6);
                record.generator.throttled = throttled;
            })
        };
        let (_, reasons) = held_up(Some(0.0));
        let others = "; other programs kept the generator from its CPU: 800 ms at the 99th \
                      percentile (bound: 1.00 ms), it waited 50.0 % of the time (bound: 10.0 %)";
        assert!(reasons.starts_with("the generator sent late: 900 ms"), "{reasons}");
        assert!(reasons.ends_with(others), "{reasons}");
        let (_, reasons) = held_up(Some(2.5));
        assert!(reasons.contains("; a CPU quota kept the generator"), "{reasons}");
        assert!(reasons.ends_with(", throttled for 2.50 s"), "{reasons}");
    }

    #[test]
    fn a_slow_server_is_no_late_generator() {
        let slow = status(|record| {
            record.generator.pacing.p99 = 5 * MS;
            record.latency.response.p99 = 900 * MS;
            record.traffic.unsent = 7;
        });
        assert_eq!(slow.0, Status::Valid);
        assert!(slow.1.contains("7 messages were due and the server did not take them"));
    }

    #[test]
    fn a_closed_loop_may_use_all_of_its_cpu_and_says_what_that_means() {
        let (status, reasons) = status(|record| {
            record.traffic.offered_rate = None;
            record.generator.busiest_thread = 1.0;
            record.generator.delay = Some(9e6);
            record.generator.waits.p99 = 900 * MS;
        });
        assert_eq!(status, Status::Valid);
        assert!(reasons.contains("the generator was the bottleneck"), "{reasons}");
    }

    #[test]
    fn what_is_wrong_with_deliveries_is_less_than_what_is_wrong_with_the_figures() {
        assert_eq!(status(|record| record.ledger.echoed = 1).0, Status::Faulty);
        assert_eq!(status(|record| record.ledger.disconnected = 1).0, Status::Faulty);
        let both = status(|record| {
            record.ledger.lost = 1;
            record.generator.untimed = 1;
        });
        assert_eq!(both.0, Status::Invalid);
        assert_eq!(of(&sample::record(), true).status, Status::Partial);
    }
}
