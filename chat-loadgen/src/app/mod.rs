//! Carries out a command line: runs, reports, an exit status.

mod conclusion;
mod files;
mod records;
mod reports;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_protocol::options::endpoint::Endpoint;
use chat_terminal::descriptors;

use crate::app::conclusion::conclude;
use crate::app::files::{Outputs, SameFile};
use crate::app::reports::print;
use crate::cli::{Cli, Other, RunOptions, ServerOptions};
use crate::door::EntranceError;
use crate::exit_status::{Exit, INTERRUPTED};
use crate::experiment::{self, Experiment};
use crate::metrics::Metrics;
use crate::plan::Plan;
use crate::record::comparison::Incomparable;
use crate::record::merging::CannotMerge;
use crate::record::threshold::Condition;
use crate::record::{Histograms, Record};
use crate::relay::{self, RelayError};
use crate::report::hlog::MergeError;
use crate::report::json;
use crate::report::output::Output;
use crate::request::{self, Impossible};
use crate::run::barrier::Failure;
use crate::system::preflight::{self, Shortage};
use crate::system::target::{self, Commands, Servers, Target, TargetError};
use crate::visits;

/// The reasons for which a command gives no report.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The options ask for a run that is impossible.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// There is no way into a server.
    #[error(transparent)]
    Entrance(#[from] EntranceError),
    /// The system has not enough of something.
    #[error(transparent)]
    Shortage(#[from] Shortage),
    /// Nothing could be measured.
    #[error(transparent)]
    Measuring(#[from] experiment::Error),
    /// A server could not be started or watched.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The figures of `--metrics` cannot be given out.
    #[error("cannot listen on {0} for --metrics")]
    Metrics(Endpoint, #[source] io::Error),
    /// Signals cannot be handled.
    #[error("cannot wait for Ctrl-C")]
    Signals(#[from] ctrlc::Error),
    /// The relay could not listen.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// There could be no visits.
    #[error("cannot visit the server")]
    Visits(#[source] io::Error),
    /// Interval logs could not be summed.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// Records could not be summed.
    #[error(transparent)]
    CannotMerge(#[from] CannotMerge),
    /// Some files are records, and some interval logs.
    #[error("some files are records and some are interval logs; only one kind can be merged")]
    MixedKinds,
    /// A record was asked for, and there are only interval logs.
    #[error("--json and --html need records (--json of a run), and these are interval logs")]
    NoRecord,
    /// Two options name one file.
    #[error(transparent)]
    SameFile(#[from] SameFile),
    /// The baseline cannot be read.
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] json::ReadError),
    /// Records, or the run and its baseline, cannot be compared.
    #[error(transparent)]
    Incomparable(#[from] Incomparable),
    /// A report cannot be written.
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// The summary could not be written, for example because its pipe has no reader.
    #[error("cannot write the summary")]
    Summary(#[source] io::Error),
}

impl Error {
    /// The exit status.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Error::Impossible(Impossible::Address(_)) => Exit::Error,
            Error::Impossible(_)
            | Error::SameFile(_)
            | Error::Relay(RelayError::Senseless { .. }) => Exit::Usage,
            Error::Measuring(experiment::Error::Run(Failure::Interrupted)) => Exit::Interrupted,
            _ => Exit::Error,
        }
    }
}

/// Carries out the process's command line, and prints errors on standard error.
pub fn main() -> ExitCode {
    match execute(&Cli::parse_or_exit()) {
        Ok(Conclusion { exit, complaints }) => {
            for complaint in &complaints {
                complain(complaint);
            }
            exit.into()
        }
        Err(error) => {
            complain(&error);
            error.exit().into()
        }
    }
}

/// Writes the error and its causes in one line.
fn complain(error: &dyn std::error::Error) {
    let mut line = format!("chat-loadgen: {error}");
    let mut cause = error.source();
    while let Some(source) = cause {
        line += ": ";
        line += &source.to_string();
        cause = source.source();
    }
    // If standard error is closed, the exit status still tells the result.
    let _ = writeln!(io::stderr(), "{line}");
}

/// From now on the first Ctrl-C sets what is returned, which ends a run early; the second ends the
/// process, and what it has started. Until then the first one ends the process: files are read and
/// opened before, which may wait without end.
fn handle_signals() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if told.swap(true, Ordering::Relaxed) {
            target::kill_all_started();
            std::process::exit(INTERRUPTED.into());
        }
    })?;
    Ok(stop)
}

/// Does what the command line asks for.
///
/// # Errors
///
/// When there is nothing to report.
fn execute(cli: &Cli) -> Result<Conclusion, Error> {
    match &cli.command {
        Some(Other::Relay(options)) => relay::run(options, &*handle_signals()?)?,
        Some(Other::Visit(options)) => visits::run(options).map_err(Error::Visits)?,
        Some(Other::Merge(options)) => return records::merge(options),
        Some(Other::Compare(options)) => return records::compare(options),
        None => return run_load(&cli.run),
    }
    Ok(Conclusion::PASS)
}

/// Result of a command: the exit status, and errors that did not prevent the report.
#[derive(Debug)]
struct Conclusion {
    /// The exit status.
    pub(crate) exit: Exit,
    /// Errors that happened after the measurement.
    pub(crate) complaints: Vec<Error>,
}

impl Conclusion {
    const PASS: Self = Self { exit: Exit::Pass, complaints: Vec::new() };
}

fn run_load(run: &RunOptions) -> Result<Conclusion, Error> {
    let addresses = request::resolve(&run.target.server)?;
    let mut plan = request::plan(run, &addresses, request::entrances(&run.target)?)?;
    let environment = experiment::environment(descriptors::raise());
    let outputs = Outputs::open(run)?;
    let baseline = files::baseline(&run.checks, &plan, &environment, &outputs)?;
    if run.load.dry_run {
        return print(&request::describe(&plan)).map(|()| Conclusion::PASS);
    }
    let stop = &*handle_signals()?;
    let metrics = run.output.metrics.as_ref().map(serve_metrics).transpose()?;
    preflight::check(request::connections(&plan), &plan.addresses, plan.from.len())?;
    let target = start(run, &mut plan)?;
    let mut experiment = Experiment::new(environment, stop);
    experiment.metrics = metrics;
    let (mut record, histograms, found) =
        measure(&experiment, run, plan, (target, outputs.hlog.as_ref()))?;
    for condition in &run.checks.fail_if {
        condition.doubt(&mut record);
    }
    let interrupted = stop.load(Ordering::Relaxed);
    let files = (&outputs, baseline.as_ref());
    let mut ended = conclude(&run.checks, files, (&mut record, &histograms), [!found, interrupted]);
    for complaint in experiment.complaints() {
        ended.complaints.push(complaint.into());
        ended.exit = ended.exit.min(Exit::Error);
    }
    Ok(ended)
}

/// Begins to give out live figures, and says where.
fn serve_metrics(at: &Endpoint) -> Result<Arc<Metrics>, Error> {
    let metrics = Arc::new(Metrics::default());
    let address = metrics.serve(at).map_err(|error| Error::Metrics(at.clone(), error))?;
    // Without standard error the figures are there all the same.
    let _ = writeln!(io::stderr(), "chat-loadgen: metrics at http://{address}/metrics");
    Ok(metrics)
}

/// Starts the server or the nodes, or looks at the server, where that was asked for; the plan gets the addresses.
fn start(run: &RunOptions, plan: &mut Plan) -> Result<Option<Servers>, TargetError> {
    let ServerOptions { spawn, spawn_nodes, spawn_broker, pid, .. } = &run.target;
    let servers: Option<Servers> = match (spawn, spawn_nodes, pid) {
        (Some(node), &Some(nodes), _) => {
            let (broker, is_cut) = (spawn_broker.as_deref(), plan.faults.cut_node.is_some());
            Some(Servers::spawn(Commands { node, nodes, broker, is_cut }, plan.address())?)
        }
        (Some(command), None, _) => Some(Target::spawn(command, plan.address())?.into()),
        (None, _, &Some(pid)) => Some(Target::attach(pid)?.into()),
        (None, _, None) => None,
    };
    if let Some(addresses) = servers.as_ref().map(Servers::addresses).filter(|it| !it.is_empty()) {
        plan.addresses = addresses;
    }
    Ok(servers)
}

/// Measures what was asked for: the run, its comparison runs, or the search for the highest rate.
/// Also gives whether a search found a rate that holds.
fn measure(
    experiment: &Experiment<'_>,
    run: &RunOptions,
    mut plan: Plan,
    (mut target, hlog): (Option<Servers>, Option<&Output>),
) -> Result<(Record, Histograms, bool), Error> {
    let RunOptions { checks, load, .. } = run;
    if let (Some(condition), Some(first)) = (&checks.find_max, load.rate.constant_rate()) {
        return Ok(experiment.find_highest_rate(&plan, first, condition, target.as_ref())?);
    }
    let floor = checks.calibrate.then(|| experiment.noise_floor(&plan)).transpose()?;
    let conditions: Vec<_> = checks.fail_if.iter().flat_map(Condition::metrics).collect();
    let (mut record, histograms) = experiment.repeat(checks.runs, &conditions, |number| {
        if number > 1 && run.target.spawn.is_some() {
            // The old one has to be gone first: it may have the port.
            target = None;
            target = start(run, &mut plan)?;
        }
        experiment.run_with_comparison(&plan, target.as_ref(), hlog)
    })?;
    record.floor = floor;
    Ok((record, histograms, true))
}
