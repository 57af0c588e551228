//! Whether a run's figures can be believed, by bounds that are stated here and in `--help`.
//!
//! Whatever makes the generator late makes the server look slow, so past these bounds a run is
//! invalid, not slow. They are about the generator alone: a server that does not take messages, or
//! takes long to pass them on, is what is being measured.

use crate::figures;
use crate::record::{Record, Status, Verdict};

/// Pacing lag, 99th percentile, that is never too much, in nanoseconds: a millisecond.
pub const LATENESS: u64 = 1_000_000;
/// The share of the response's 99th percentile up to which it is not too much either.
pub const LATENESS_SHARE: f64 = 0.1;
/// Messages that were due and that it never came to, as a share of those it sent.
pub const MISSED: f64 = 0.01;
/// Share of a CPU that a thread of the generator may use when it has to keep to a schedule.
pub const BUSY: f64 = 0.95;
/// Share of the window for which a thread may have to wait for a CPU that others use.
pub const STARVED: f64 = 0.1;
/// How much longer than the canary all others may wait on average, in nanoseconds: half a
/// millisecond.
pub const DELAY: f64 = 500_000.0;
/// The share of the canary's mean up to which it is not too much either.
pub const DELAY_SHARE: f64 = 0.5;

/// The bounds in words, for `--help`.
pub const BOUNDS: &str = "\
A run is INVALID when the generator was late by more than 1 ms at the 99th percentile (and a tenth of
the response's) or left out more than 1 % of the messages, when a thread of it used more than 95 % of
a CPU while it had to keep to a rate or waited more than 10 % of the time for a CPU that other programs
used, when most receivers waited half a millisecond (and by half) longer than the canary on a thread of
its own, or when times of messages had to be forgotten before they arrived.";

/// Judges everything else that the record holds.
pub fn of(record: &Record, interrupted: bool) -> Verdict {
    let mut reasons = doubts(record);
    let status = if !reasons.is_empty() {
        Status::Invalid
    } else if interrupted {
        Status::Partial
    } else if record.ledger.wrong() > 0 {
        Status::Faulty
    } else {
        Status::Valid
    };
    if interrupted {
        reasons.push("interrupted: the figures are those of the time before".to_owned());
    }
    reasons.extend(remarks(record));
    Verdict { status, reasons }
}

/// Why the figures mean nothing.
fn doubts(record: &Record) -> Vec<String> {
    let generator = &record.generator;
    let paced = record.traffic.offered_rate.is_some();
    let mut reasons = Vec::new();
    let late = generator.pacing.p99;
    let bound = figures::float(record.latency.response.p99) * LATENESS_SHARE;
    if late > LATENESS && figures::float(late) > bound {
        reasons.push(format!(
            "the generator sent late: {} at the 99th percentile (bound: {})",
            figures::time(late),
            figures::time_of(bound.max(figures::float(LATENESS))),
        ));
    }
    if figures::float(generator.missed) > MISSED * figures::float(record.traffic.messages) {
        reasons.push(format!(
            "the generator had no time for {} messages that were due",
            figures::count(generator.missed),
        ));
    }
    if let Some(starved) = generator.starved.filter(|&starved| starved > STARVED) {
        reasons.push(format!(
            "other programs kept the generator from its CPU: it waited {} of the time (bound: {})",
            figures::share(starved),
            figures::share(STARVED),
        ));
    }
    if paced && generator.busiest_thread > BUSY {
        reasons.push(format!(
            "the generator was too busy: {} of a CPU (bound: {}); give it more --threads, or less \
             to do",
            figures::share(generator.busiest_thread),
            figures::share(BUSY),
        ));
    }
    let delay = generator.bulk.mean - generator.canary.mean;
    let bound = DELAY.max(generator.canary.mean * DELAY_SHARE);
    if paced && generator.canary.count > 0 && delay > bound {
        reasons.push(format!(
            "the generator delayed what it received: by {} on average, compared with a receiver on \
             a thread of its own (bound: {})",
            figures::time_of(delay),
            figures::time_of(bound),
        ));
    }
    if generator.untimed > 0 {
        reasons.push(format!(
            "{} deliveries came so late that their times had been forgotten",
            figures::count(generator.untimed),
        ));
    }
    if record.traffic.deliveries == 0 && record.traffic.messages == 0 {
        reasons.push("no message was sent within the measuring window".to_owned());
    }
    reasons
}

/// What else a reader should know.
fn remarks(record: &Record) -> Vec<String> {
    let mut remarks = Vec::new();
    let traffic = &record.traffic;
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
    let wanted = record.workload.clients;
    if traffic.connected < wanted {
        remarks.push(format!("{} of {wanted} clients took part", traffic.connected));
    }
    if record.workload.total_order && record.ledger.disorder.is_none() {
        remarks
            .push("the order was not looked at to the end: who witnessed it was lost".to_owned());
    }
    remarks
}
