//! Carries out a command line: runs, reports, an exit status.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_terminal::descriptors;

use crate::cli::{CheckOptions, Cli, MergeOptions, Other, OutputOptions, RunOptions};
use crate::exit_status::{Exit, INTERRUPTED};
use crate::plan::Plan;
use crate::record::baseline::{self, Comparison, Incomparable};
use crate::record::{Histograms, Record, Status};
use crate::relay::{self, RelayError};
use crate::report::hlog::MergeError;
use crate::report::{csv, hgrm, hlog, html, json, summary};
use crate::request::{self, Impossible};
use crate::run::barrier::Failure;
use crate::run::experiment::{self, Experiment};
use crate::system::preflight::{self, Shortage};
use crate::system::target::{self, Target, TargetError};

/// The reasons for which a command gives no report.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The options ask for a run that is impossible.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// The system has not enough of something.
    #[error(transparent)]
    Shortage(#[from] Shortage),
    /// Nothing could be measured.
    #[error(transparent)]
    Measuring(#[from] experiment::Error),
    /// A server could not be started or watched.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The relay could not listen.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// Interval logs could not be summed.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The baseline cannot be read.
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] json::ReadError),
    /// The run cannot be compared.
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
            Error::Impossible(_) => Exit::Usage,
            Error::Measuring(experiment::Error::Run(Failure::Interrupted)) => Exit::Interrupted,
            _ => Exit::Error,
        }
    }
}

/// Carries out the process's command line, and prints errors on standard error.
///
/// The first Ctrl-C ends the run early; the second ends the process, and what it has started.
pub fn main() -> ExitCode {
    let cli = Cli::parse_or_exit();
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let handler = move || {
        if told.swap(true, Ordering::Relaxed) {
            target::kill_all_started();
            std::process::exit(INTERRUPTED.into());
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        complain(&error);
        return Exit::Error.into();
    }
    match execute(&cli, &stop) {
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

/// Does what the command line asks for, until `stop` becomes true.
///
/// # Errors
///
/// When there is nothing to report.
fn execute(cli: &Cli, stop: &AtomicBool) -> Result<Conclusion, Error> {
    match &cli.command {
        Some(Other::Relay(options)) => relay::run(options, stop)?,
        Some(Other::Merge(merge)) => merge_logs(merge)?,
        None => return run_load(&cli.run, stop),
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

fn merge_logs(merge: &MergeOptions) -> Result<(), Error> {
    let sum = hlog::merge(&merge.files)?;
    if let Some(path) = &merge.hgrm {
        write(path, |out| hgrm::write(&sum, out))?;
    }
    print(&hlog::merged_summary(&sum))
}

fn run_load(run: &RunOptions, stop: &AtomicBool) -> Result<Conclusion, Error> {
    let mut plan = request::plan(run, request::resolve(&run.target.server)?)?;
    if run.load.dry_run {
        return print(&request::describe(&plan)).map(|()| Conclusion::PASS);
    }
    let descriptors = descriptors::raise();
    preflight::check(request::connections(&plan), plan.address)?;
    let target = target(run, plan.address)?;
    if let Some(address) = target.as_ref().and_then(Target::address) {
        plan.address = address;
    }
    let experiment = Experiment::new(experiment::environment(descriptors), stop);
    let (record, histograms, found) = measure(&experiment, run, &plan, target.as_ref())?;
    drop(target);
    let interrupted = stop.load(Ordering::Relaxed);
    let mut ended = conclude(run, &record, &histograms, [!found, interrupted]);
    for complaint in experiment.complaints() {
        ended.complaints.push(complaint.into());
        ended.exit = ended.exit.min(Exit::Error);
    }
    Ok(ended)
}

fn target(run: &RunOptions, address: SocketAddr) -> Result<Option<Target>, Error> {
    Ok(match (&run.target.spawn, run.target.pid) {
        (Some(command), _) => Some(Target::spawn(command, address)?),
        (None, Some(pid)) => Some(Target::attach(pid)?),
        (None, None) => None,
    })
}

/// Measures what was asked for: the run, its comparison runs, or the search for the highest rate.
/// Also gives whether a search found a rate that holds.
fn measure(
    experiment: &Experiment<'_>,
    run: &RunOptions,
    plan: &Plan,
    target: Option<&Target>,
) -> Result<(Record, Histograms, bool), Error> {
    let RunOptions { checks, output, load, .. } = run;
    if let (Some(condition), Some(first)) = (&checks.find_max, load.rate.constant_rate()) {
        return Ok(experiment.find_highest_rate(plan, first, condition, target)?);
    }
    let floor = checks.calibrate.then(|| experiment.noise_floor(plan)).transpose()?;
    let (mut record, histograms) =
        experiment.run_with_comparison(plan, target, output.hlog.as_deref())?;
    record.floor = floor;
    Ok((record, histograms, true))
}

/// Writes the reports and decides the exit status. A file that cannot be written or compared with
/// does not suppress the other results.
fn conclude(
    run: &RunOptions,
    record: &Record,
    histograms: &Histograms,
    [not_found, interrupted]: [bool; 2],
) -> Conclusion {
    let RunOptions { checks, output, .. } = run;
    let mut complaints = write_reports(output, record, histograms);
    let mut text = summary::summary(record);
    let mut exits = exits_of_run(checks, record);
    if interrupted {
        exits.push(Exit::Interrupted);
    }
    if not_found {
        exits.push(Exit::Threshold);
    }
    for words in failed_conditions(checks, record) {
        text += &words;
        exits.push(Exit::Threshold);
    }
    let mut regressed = false;
    match compare(checks, record) {
        Ok(Some(comparison)) => {
            text += &comparison.to_string();
            regressed = comparison.regressed();
            exits.extend(regressed.then_some(Exit::Regression));
        }
        Ok(None) => {}
        Err(error) => complaints.push(error),
    }
    match save_baseline(checks, record, regressed) {
        Ok(words) => text += words,
        Err(error) => complaints.push(error),
    }
    complaints.extend(print_summary(output, &text).err());
    exits.extend((!complaints.is_empty()).then_some(Exit::Error));
    Conclusion { exit: exits.into_iter().min().unwrap_or(Exit::Pass), complaints }
}

/// Exit statuses that follow from the run itself: interrupted, incorrect, invalid.
fn exits_of_run(checks: &CheckOptions, record: &Record) -> Vec<Exit> {
    let status = record.verdict.status;
    let shortcomings = [
        (status == Status::Partial, Exit::Interrupted),
        (record.ledger.wrong() > 0 && checks.find_max.is_none(), Exit::Incorrect),
        (status == Status::Invalid && !checks.allow_invalid, Exit::Invalid),
    ];
    shortcomings.into_iter().filter(|(holds, _)| *holds).map(|(_, exit)| exit).collect()
}

/// Prints the summary on standard output, or on standard error if the JSON goes to standard output.
fn print_summary(output: &OutputOptions, text: &str) -> Result<(), Error> {
    if output.json.as_deref() == Some(Path::new("-")) {
        let _ = io::stderr().write_all(text.as_bytes());
        return Ok(());
    }
    print(text)
}

/// Failed conditions of `--fail-if`, in words. A condition that cannot be judged fails as well:
/// nothing arrived, or its figure was not measured.
fn failed_conditions(checks: &CheckOptions, record: &Record) -> Vec<String> {
    let failed = checks.fail_if.iter().filter_map(|condition| match condition.holds(record) {
        Ok(false) => None,
        Ok(true) => Some(format!("failed: {}\n", condition.actual(record))),
        Err(unknown) => Some(format!("failed: {unknown} (condition: {condition})\n")),
    });
    failed.collect()
}

/// The comparison with the baseline.
fn compare(checks: &CheckOptions, record: &Record) -> Result<Option<Comparison>, Error> {
    let Some(path) = &checks.baseline else { return Ok(None) };
    let unread = |error| Error::Read(path.clone(), error);
    let mut file = File::open(path).map_err(|error| unread(error.into()))?;
    let baseline = json::read(&mut file).map_err(unread)?;
    Ok(Some(baseline::compare(&baseline, record, checks.fail_on_regression)?))
}

/// Saves the record as a baseline (`--save-baseline`), unless the run is not valid or worse than
/// the baseline before. Gives a remark for the user.
fn save_baseline(
    checks: &CheckOptions,
    record: &Record,
    regressed: bool,
) -> Result<&'static str, Error> {
    match &checks.save_baseline {
        Some(_) if record.verdict.status != Status::Valid => {
            Ok("the run is no baseline: it is not VALID; nothing was saved\n")
        }
        Some(_) if regressed => {
            Ok("the run is no baseline: it is worse than the one before; nothing was saved\n")
        }
        Some(path) => write(path, |out| json::write(record, out)).map(|()| ""),
        None => Ok(""),
    }
}

/// Writes all reports; an error in one does not stop the others.
fn write_reports(output: &OutputOptions, record: &Record, histograms: &Histograms) -> Vec<Error> {
    let to = |path: &Option<PathBuf>, content: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
        let path = path.as_deref()?;
        if path == Path::new("-") {
            return content(&mut io::stdout().lock()).map_err(Error::Summary).err();
        }
        write(path, |out| content(out)).err()
    };
    let written = [
        to(&output.json, &|mut out| json::write(record, &mut out)),
        to(&output.csv, &|mut out| csv::write(record, &mut out)),
        to(&output.hgrm, &|mut out| hgrm::write(&histograms.response, &mut out)),
        to(&output.html, &|out| out.write_all(html::render(record, histograms).as_bytes())),
    ];
    written.into_iter().flatten().collect()
}

fn write(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Error> {
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        content(&mut out)?;
        out.flush()
    });
    written.map_err(|error| Error::Write(path.to_owned(), error))
}

fn print(text: &str) -> Result<(), Error> {
    io::stdout().write_all(text.as_bytes()).map_err(Error::Summary)
}
