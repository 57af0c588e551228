//! The runs that a command line asks for: one; one after the bare relay (`--calibrate`); one after
//! the same without slow readers; several times the same (`--runs`); or a search for the highest rate that holds (`--find-max`).

mod abort;
mod repeat;
mod search;
mod watch;

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::door::EntranceError;
use crate::experiment::search::RECOVERY;
use crate::experiment::watch::Watch;
use crate::metrics::Metrics;
use crate::plan::Plan;
use crate::record::{Environment, Floor, Histograms, Record, Status};
use crate::report::output::Output;
use crate::roles::Numbers;
use crate::run::barrier::Failure;
use crate::run::findings::{self, Surroundings};
use crate::run::run;
use crate::system::machine;
use crate::system::target::{Servers, Target, TargetError};

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
    /// The relay's door cannot be used.
    #[error(transparent)]
    Entrance(#[from] EntranceError),
    /// The server has still work of the run before.
    #[error("the server has not recovered from the run before within {RECOVERY:?}")]
    NotRecovered,
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
    /// Live figures of the runs, if they were asked for.
    pub(crate) metrics: Option<Arc<Metrics>>,
    complaints: RefCell<Vec<Error>>,
}

impl<'a> Experiment<'a> {
    /// Runs in that environment.
    pub(crate) fn new(environment: Environment, stop: &'a AtomicBool) -> Self {
        Self { environment, stop, metrics: None, complaints: RefCell::default() }
    }

    /// Errors that did not end the runs, such as a report that could not be written.
    pub(crate) fn complaints(self) -> Vec<Error> {
        self.complaints.into_inner()
    }

    /// One run. The interval log goes to `hlog`.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn run_once(
        &self,
        plan: &Plan,
        target: Option<&Servers>,
        hlog: Option<&Output>,
    ) -> Result<(Record, Histograms), Error> {
        let path = || hlog.map(|log| log.path().to_owned()).unwrap_or_default();
        let unwritten = |error| Error::Write(path(), error);
        // A server that is killed has no usage: each of its processes has one of its own.
        let watched = target.filter(|_| !plan.faults.kills_servers());
        let mut watch = Watch::new(watched, plan, hlog, self.metrics.as_deref());
        let mark = plan.joined.map_or_else(rand::random, |joined| joined.mark);
        let measurements = run(plan, mark, target, &mut watch, self.stop);
        // The run is worth something without its log.
        self.complaints.borrow_mut().extend(watch.finish().map_err(unwritten).err());
        let around = Surroundings {
            environment: self.environment.clone(),
            cpu: watch.cpu(),
            memory: watch.memory(),
            throttled: watch.throttled(),
            server: watch.server(),
            ended_early: watch.ended_early(),
            intervals: std::mem::take(&mut watch.intervals),
        };
        let measurements = measurements?;
        if let Some(metrics) = &self.metrics {
            metrics.finish(&measurements.shared);
        }
        let (mut record, histograms) = findings::record(plan, measurements, around);
        watch.doubt(&mut record);
        Ok((record, histograms))
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
        target: Option<&Servers>,
        hlog: Option<&Output>,
    ) -> Result<(Record, Histograms), Error> {
        if plan.numbers.slow == 0 {
            return self.run_once(plan, target, hlog);
        }
        let without = Plan { numbers: Numbers { slow: 0, ..plan.numbers }, ..plan.clone() };
        let (without, histograms) = self.run_once(&without, target, None)?;
        if self.interrupted() || without.ended_early.is_some() {
            return Ok((without, histograms));
        }
        let (mut record, histograms) = self.run_once(plan, target, hlog)?;
        record.without_slow_readers = Some(without.latency);
        record.own_without_slow_readers = without.own_figures;
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
        let door = plan.entrances[0].door;
        let mut command = vec![&*program, "relay", "--bind", "127.0.0.1:{port}"];
        command.extend(door.has_frames().then_some("--ws"));
        command.extend(door.is_encrypted().then_some("--tls"));
        let relay = Target::spawn(&shell_words::join(command), plan.address())?;
        let entrances = vec![plan.entrances[0].trusting()?];
        let numbers = Numbers { slow: 0, servers: 1, ..plan.numbers };
        let relay = Servers::from(relay);
        let addresses = relay.addresses();
        let plan = Plan {
            addresses,
            entrances,
            churn: 0.0,
            numbers,
            abort_if: Vec::new(),
            ..plan.clone()
        };
        let (record, _) = self.run_once(&plan, Some(&relay), None)?;
        let Record { verdict, traffic, latency, own_figures, server, .. } = record;
        Ok(Floor { verdict, traffic, latency, own_figures, server })
    }

    fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
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
