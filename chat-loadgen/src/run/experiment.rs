//! The runs that a command line asks for: one; one after the bare relay (`--calibrate`); one after
//! the same without slow readers; or a search for the highest rate that holds (`--find-max`).

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::plan::{Pacing, Plan};
use crate::record::figures;
use crate::record::threshold::Condition;
use crate::record::{Environment, Floor, Histograms, Record, Status, Step};
use crate::roles::Numbers;
use crate::run::barrier::Failure;
use crate::run::findings::{self, Surroundings};
use crate::run::run;
use crate::run::watch::Watch;
use crate::system::machine;
use crate::system::target::{Target, TargetError};
use crate::traffic::sending::schedule::Shape;

/// Precision of `--find-max`: the search ends when the lowest rate that failed, divided by the
/// highest rate that held, is at most this.
const CLOSE: f64 = 1.05;
/// Maximum number of messages that the server may leave untaken at a rate that holds, as a share of
/// those it took.
const UNSENT: f64 = 0.01;
/// Maximum number of rates that are tried.
const MAX_STEPS: usize = 30;

/// The reasons for which a measurement failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A run could not be made.
    #[error(transparent)]
    Run(#[from] Failure),
    /// A server could not be started or watched.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// This program cannot be started a second time, as a relay.
    #[error("cannot start the relay")]
    Relay(#[source] io::Error),
    /// A file cannot be written.
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

/// All runs of one command line, in one environment.
#[derive(Debug)]
pub(crate) struct Experiment<'a> {
    /// Environment of the runs.
    pub(crate) environment: Environment,
    /// Becomes true when they are to end.
    pub(crate) stop: &'a AtomicBool,
    complaints: RefCell<Vec<Error>>,
}

impl<'a> Experiment<'a> {
    /// Runs in that environment.
    pub(crate) fn new(environment: Environment, stop: &'a AtomicBool) -> Self {
        Self { environment, stop, complaints: RefCell::default() }
    }

    /// Errors that did not end the runs, such as a report that could not be written.
    pub(crate) fn complaints(self) -> Vec<Error> {
        self.complaints.into_inner()
    }

    /// One run. The interval log goes to `hlog`.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or its log not be begun.
    pub(crate) fn run_once(
        &self,
        plan: &Plan,
        target: Option<&Target>,
        hlog: Option<&Path>,
    ) -> Result<(Record, Histograms), Error> {
        let unwritten = |error| Error::Write(hlog.map(Path::to_owned).unwrap_or_default(), error);
        let mut watch = Watch::new(target, plan.duration, hlog).map_err(unwritten)?;
        let measurements = run(plan, rand::random(), &mut watch, self.stop);
        // The run is worth something without its log.
        self.complaints.borrow_mut().extend(watch.finish().map_err(unwritten).err());
        let around = Surroundings {
            environment: self.environment.clone(),
            cpu: watch.cpu(),
            memory: watch.memory(),
            server: watch.server(),
            intervals: std::mem::take(&mut watch.intervals),
        };
        Ok(findings::record(plan, measurements?, around))
    }

    /// One run, after a run without its slow readers if it has any: shows their effect on the
    /// others.
    ///
    /// # Errors
    ///
    /// As [`Self::run_once`].
    pub(crate) fn run_with_comparison(
        &self,
        plan: &Plan,
        target: Option<&Target>,
        hlog: Option<&Path>,
    ) -> Result<(Record, Histograms), Error> {
        if plan.numbers.slow == 0 {
            return self.run_once(plan, target, hlog);
        }
        let without = Plan { numbers: Numbers { slow: 0, ..plan.numbers }, ..plan.clone() };
        let (without, histograms) = self.run_once(&without, target, None)?;
        if self.interrupted() {
            return Ok((without, histograms));
        }
        let (mut record, histograms) = self.run_once(plan, target, hlog)?;
        record.without_slow_readers = Some(without.latency);
        if without.verdict.status == Status::Invalid {
            let reason =
                "the run without slow readers was INVALID: there is nothing to compare with";
            record.verdict.reasons.push(reason.to_owned());
        }
        Ok((record, histograms))
    }

    /// The same workload against the bare relay, which this program starts.
    ///
    /// # Errors
    ///
    /// As [`Self::run_once`].
    pub(crate) fn noise_floor(&self, plan: &Plan) -> Result<Floor, Error> {
        let program = std::env::current_exe().map_err(Error::Relay)?;
        let program = program.to_string_lossy().into_owned();
        let command = [&*program, "relay", "--bind", "127.0.0.1:{port}"];
        let relay = Target::spawn(&shell_words::join(command), plan.address)?;
        let numbers = Numbers { slow: 0, ..plan.numbers };
        let address = relay.address().unwrap_or(plan.address);
        let plan = Plan { address, churn: 0.0, numbers, ..plan.clone() };
        let (record, _) = self.run_once(&plan, Some(&relay), None)?;
        let Record { verdict, traffic, latency, server, .. } = record;
        Ok(Floor { verdict, traffic, latency, server })
    }

    /// Searches for the highest rate at which `condition` holds: doubles or halves the rate until
    /// it is between one that holds and one that does not, then bisects geometrically.
    ///
    /// Gives the record of the highest that held, or of the last tried if none did; and whether one
    /// did.
    ///
    /// # Errors
    ///
    /// As [`Self::run_once`].
    pub(crate) fn find_highest_rate(
        &self,
        plan: &Plan,
        first: f64,
        condition: &Condition,
        target: Option<&Target>,
    ) -> Result<(Record, Histograms, bool), Error> {
        let mut search = Vec::new();
        let mut best = None;
        let mut last = None;
        let (mut holds_at, mut fails_at): (Option<f64>, Option<f64>) = (None, None);
        while search.len() < MAX_STEPS && !self.interrupted() {
            let Some(rate) = next_rate(first, holds_at, fails_at) else { break };
            let Pacing::Open(_, arrivals) = &plan.pacing else { break };
            let pacing = Pacing::Open(Shape::constant(rate), *arrivals);
            let plan = Plan { pacing, ..plan.clone() };
            let (record, histograms) = self.run_once(&plan, target, None)?;
            if self.interrupted() {
                last = Some((record, histograms));
                break;
            }
            let holds = is_sound(&record) && condition.holds(&record) == Ok(true);
            eprintln!(
                "{} {}: {}",
                figures::rate(rate),
                if holds { "holds" } else { "does not hold" },
                condition.actual(&record),
            );
            search.push(step(rate, holds, &record));
            if holds {
                holds_at = Some(rate);
                best = Some((record, histograms));
            } else {
                fails_at = Some(rate);
                last = Some((record, histograms));
            }
        }
        let found = best.is_some();
        let Some((mut record, histograms)) = best.or(last) else {
            return Err(Failure::Interrupted.into());
        };
        record.search = search;
        Ok((record, histograms, found))
    }

    fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Returns whether a run's figures hold for all its messages and clients. A client that the server
/// disconnects for lag is missing from the figures, and so are messages that the server does not
/// take.
fn is_sound(record: &Record) -> bool {
    let Record { verdict, ledger, traffic, .. } = record;
    let taken = figures::float(traffic.unsent) <= UNSENT * figures::float(traffic.messages);
    verdict.status != Status::Invalid && ledger.disconnected == 0 && taken
}

/// The rate to try next; none when the highest that holds is known well enough.
fn next_rate(first: f64, holds: Option<f64>, fails: Option<f64>) -> Option<f64> {
    match (holds, fails) {
        (None, None) => Some(first),
        (Some(holds), None) => Some(holds * 2.0),
        (None, Some(fails)) => Some(fails / 2.0).filter(|&rate| rate >= 1.0),
        (Some(holds), Some(fails)) => (fails / holds > CLOSE).then(|| (holds * fails).sqrt()),
    }
}

fn step(rate: f64, holds: bool, record: &Record) -> Step {
    Step {
        rate,
        holds,
        verdict: record.verdict.clone(),
        latency: record.latency,
        achieved_rate: record.traffic.achieved_rate,
        lost: record.ledger.lost,
    }
}

/// Environment of the runs: versions, machine, arguments.
pub(crate) fn environment(descriptors: Option<[u64; 2]>) -> Environment {
    Environment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: jiff::Timestamp::now().to_string(),
        arguments: std::env::args().skip(1).collect(),
        system: machine::system(),
        processor: machine::processor(),
        cpus: machine::cpus(),
        descriptors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_ends_next_to_the_rate_that_is_looked_for() {
        for (first, limit) in [(500.0, 1234.0), (500.0, 7.0), (1.0, 40_000.0), (500.0, 0.2)] {
            let (mut holds, mut fails) = (None, None);
            let mut steps = 0;
            while let Some(rate) = next_rate(first, holds, fails) {
                *(if rate <= limit { &mut holds } else { &mut fails }) = Some(rate);
                steps += 1;
            }
            assert!(steps < MAX_STEPS, "{steps}");
            match holds {
                Some(holds) => assert!(holds <= limit && holds * CLOSE >= limit, "{holds}"),
                None => assert!(limit < 1.0),
            }
        }
    }
}
