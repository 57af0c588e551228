//! The sum of records of generators that ran side by side, on one machine or on several.

/// Adds fields of the same name, unless a sum is too large.
macro_rules! add {
    ($sum:expr, $part:expr, $($field:ident),+ $(,)?) => {
        $(
            $sum.$field = $sum
                .$field
                .checked_add($part.$field)
                .ok_or(crate::record::merging::sums::TooLarge(stringify!($field)))?;
        )+
    };
}

mod sums;

use std::collections::BTreeSet;

use thiserror::Error;

use crate::record::comparison::workload::differences;
use crate::record::joined;
use crate::record::merging::sums::TooLarge;
use crate::record::{Environment, Histograms, Record, Status, Verdict, Workload};

/// Fields of a workload that may differ between the parts of a run.
const OWN: [&str; 6] = ["clients", "senders", "idle_clients", "slow_readers", "threads", "seed"];

/// Records that are not parts of one run, with all reasons.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the records cannot be merged: {}", .0.join("; "))]
pub(crate) struct CannotMerge(pub(crate) Vec<String>);

/// Merges records, each with the name by which it is called in reasons and witnesses (its file's).
///
/// Counts, rates, clients and senders are summed, and so are the histograms (`Record::histograms`),
/// from which the latencies come. The verdict is the worst, with the reasons of all. Of what has no
/// histogram (the seconds, the generator's own figures), percentiles are the largest of the records':
/// the percentile of a mixture is never above that.
///
/// # Errors
///
/// The workloads differ in more than clients, senders, threads and seed; a record has no histograms,
/// or no clients, or is of several runs or of a search; two are of the same run; a sum is too large.
pub(crate) fn merge(records: &[(String, Record)]) -> Result<Record, CannotMerge> {
    let [(first_name, first), rest @ ..] = records else {
        return Err(CannotMerge(vec!["there is none".to_owned()]));
    };
    let mut problems: Vec<_> =
        records.iter().flat_map(|(name, record)| unfit(name, record)).collect();
    for (name, record) in rest {
        problems.extend(differences((first_name, &first.workload), (name, &record.workload), &OWN));
    }
    problems.extend(copies(records));
    problems.extend(joined::problems(records));
    if !problems.is_empty() {
        return Err(CannotMerge(problems));
    }
    let mut records = records.to_vec();
    for (_, record) in &mut records {
        // The seconds of what is decided now are not known.
        if record.share.as_ref().is_some_and(|share| !share.tails.is_empty()) {
            record.before = None;
            record.intervals.iter_mut().for_each(|interval| interval.ledger = None);
        }
    }
    joined::decide(records.iter_mut().map(|(_, record)| record));
    sum(&records)
}

/// The sum of one or more records.
fn sum(records: &[(String, Record)]) -> Result<Record, CannotMerge> {
    let (first_name, first) = &records[0];
    let mut sum = Record {
        verdict: verdict(records),
        environment: environment(records),
        without_slow_readers: None,
        own_without_slow_readers: Vec::new(),
        floor: None,
        server: sums::server(records),
        share: None,
        ..first.clone()
    };
    sums::mark(&mut sum.ledger, first_name);
    for (name, record) in &records[1..] {
        add(&mut sum, name, record).map_err(|TooLarge(field)| {
            CannotMerge(vec![format!("with {name} the sum of `{field}` is too large")])
        })?;
    }
    if !sum.ledger.closes() {
        sum.verdict.status = Status::Invalid;
        sum.verdict.reasons.insert(0, "the merged ledger does not close".to_owned());
    }
    Ok(sum)
}

fn add(sum: &mut Record, name: &str, record: &Record) -> Result<(), TooLarge> {
    let (whole, part) = (&mut sum.workload, &record.workload);
    add!(whole, part, clients, senders, idle_clients, slow_readers, threads);
    sums::traffic(&mut sum.traffic, &record.traffic)?;
    sums::addresses(&mut sum.addresses, &record.addresses)?;
    sums::ledger(&mut sum.ledger, name, &record.ledger)?;
    sums::words(&mut sum.words, &record.words)?;
    sums::seam(&mut sum.seam, record.seam)?;
    sums::nodes(&mut sum.nodes, record.nodes)?;
    sum.slow_readers.extend(record.slow_readers.iter().cloned());
    sums::worst(&mut sum.worst, &record.worst);
    sums::intervals(&mut sum.intervals, &record.intervals)?;
    sum.before = sums::tally(sum.before, record.before);
    if sum.ended_early.is_none() {
        sum.ended_early.clone_from(&record.ended_early);
    }
    for own in &record.own_figures {
        if !sum.own_figures.contains(own) {
            sum.own_figures.push(own.clone());
        }
    }
    sums::generator(&mut sum.generator, &record.generator)?;
    if let (Some(whole), Some(part)) = (&mut sum.histograms, &record.histograms) {
        sums::histograms(whole, part)?;
        sums::latency(&mut sum.latency, whole, &record.latency);
    }
    Ok(())
}

/// Pairs of records of the same run, which would count twice: it began at one moment, on one machine,
/// with one seed.
fn copies(records: &[(String, Record)]) -> Vec<String> {
    let run = |Record { environment, workload, .. }: &Record| {
        let Environment { started, system, processor, cpus, .. } = environment.clone();
        (started, system, processor, cpus, workload.seed)
    };
    let copy = |(at, (name, record)): (usize, &(String, Record))| {
        let before = records[..at].iter().find(|(_, other)| run(other) == run(record))?;
        Some(format!("{} and {name} are of the same run", before.0))
    };
    records.iter().enumerate().filter_map(copy).collect()
}

/// Reasons for which a record is no part of a merged one.
fn unfit(name: &str, record: &Record) -> Vec<String> {
    let reasons = [
        (record.workload.clients == 0, "has no clients"),
        (record.histograms.is_none(), "has no histograms: an older version wrote it"),
        (record.histograms.as_ref().is_some_and(is_coarse), "has histograms of another resolution"),
        (record.runs.is_some(), "is of several runs (--runs): merge single ones"),
        (!record.search.is_empty(), "is of a search (--find-max)"),
    ];
    let holds = reasons.into_iter().filter(|(holds, _)| *holds);
    holds.map(|(_, reason)| format!("{name} {reason}")).collect()
}

/// Returns whether values would have to move to other bins.
fn is_coarse(histograms: &Histograms) -> bool {
    histograms.all().iter().any(|histogram| histogram.sigfig() != 3 || histogram.low() != 1)
}

/// The worst verdict, with the reasons of all.
fn verdict(records: &[(String, Record)]) -> Verdict {
    let gravity = |status: &Status| match status {
        Status::Valid => 0,
        Status::Faulty => 1,
        Status::Partial => 2,
        Status::Invalid => 3,
    };
    let statuses = records.iter().map(|(_, record)| record.verdict.status);
    let is_incomplete = !joined::absent(records.iter().map(|(_, record)| record)).is_empty();
    // Nothing proves what a generator without a record has sent and heard.
    let statuses = statuses.chain(is_incomplete.then_some(Status::Invalid));
    let status = statuses.max_by_key(gravity).unwrap_or(Status::Invalid);
    let mut reasons = joined::remarks(records);
    if reasons.is_empty() {
        reasons.push(format!(
            "sum of {} records: pacing and churn of the workload are those of each",
            records.len()
        ));
        reasons.extend(not_together(records));
    }
    for (name, record) in records {
        let Verdict { status: own, reasons: words } = &record.verdict;
        if *own != Status::Valid {
            reasons.push(format!("{name} is {}", own.word()));
        }
        reasons.extend(words.iter().map(|reason| format!("{name}: {reason}")));
    }
    Verdict { status, reasons }
}

/// A remark if the runs cannot have gone on at the same time: then rates that are summed were never
/// reached together.
fn not_together(records: &[(String, Record)]) -> Option<String> {
    let started = |record: &Record| record.environment.started.parse::<jiff::Timestamp>().ok();
    let times: Option<Vec<_>> = records.iter().map(|(_, record)| started(record)).collect();
    let times = times?;
    let apart = times.iter().max()?.duration_since(*times.iter().min()?).as_secs_f64();
    let Workload { warm_up, duration, .. } = records[0].1.workload;
    (apart > warm_up + duration).then(|| {
        format!("the runs began {apart:.0} s apart, not side by side: the summed rates were never reached")
    })
}

/// The environments as one: what differs stands side by side.
fn environment(records: &[(String, Record)]) -> Environment {
    let all = || records.iter().map(|(_, record)| &record.environment);
    let joined = |of: fn(&Environment) -> Option<String>| {
        let distinct: BTreeSet<_> = all().filter_map(of).collect();
        (!distinct.is_empty()).then(|| Vec::from_iter(distinct).join(" + "))
    };
    let first = &records[0].1.environment;
    Environment {
        version: joined(|one| Some(one.version.clone())).unwrap_or_default(),
        started: all().map(|one| &one.started).min().cloned().unwrap_or_default(),
        system: joined(|one| Some(one.system.clone())).unwrap_or_default(),
        processor: joined(|one| one.processor.clone()),
        cpus: all().map(|one| one.cpus).max().unwrap_or_default(),
        ..first.clone()
    }
}

#[cfg(test)]
mod tests;
