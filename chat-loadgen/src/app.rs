//! What a command line leads to: runs, reports, an exit status.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::baseline::{self, Incomparable};
use crate::cli::{Checks, Cli, Merge, Other, Output, Run};
use crate::limits::{self, Shortage};
use crate::measuring::{self, Laboratory};
use crate::outcome::Exit;
use crate::plan::Plan;
use crate::record::{Histograms, Record, Status};
use crate::relay::{self, RelayError};
use crate::report::hlog::MergeError;
use crate::report::{csv, hgrm, hlog, html, json, summary};
use crate::request::{self, Impossible};
use crate::run::Failure;
use crate::target::{Target, TargetError};

/// Why there is nothing to report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for cannot be.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// The system has not enough of something.
    #[error(transparent)]
    Shortage(#[from] Shortage),
    /// Nothing could be measured.
    #[error(transparent)]
    Measuring(#[from] measuring::Error),
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
    /// Nobody reads the summary.
    #[error("cannot write the summary")]
    Summary(#[source] io::Error),
}

impl Error {
    /// The exit status.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Impossible(Impossible::Usage(_)) => Exit::Usage,
            Error::Measuring(measuring::Error::Run(Failure::Interrupted)) => Exit::Interrupted,
            _ => Exit::Error,
        }
    }
}

/// Does what the command line asks for, until `stop` becomes true.
///
/// # Errors
///
/// When there is nothing to report.
pub fn execute(cli: &Cli, stop: &AtomicBool) -> Result<Exit, Error> {
    match &cli.command {
        Some(Other::Relay(options)) => Ok(relay::run(options, stop).map(|()| Exit::Pass)?),
        Some(Other::Merge(merge)) => sum(merge),
        None => load(&cli.run, stop),
    }
}

fn sum(merge: &Merge) -> Result<Exit, Error> {
    let sum = hlog::merge(&merge.files)?;
    if let Some(path) = &merge.hgrm {
        write(path, |out| hgrm::write(&sum, out))?;
    }
    print(&hlog::merged_summary(&sum))?;
    Ok(Exit::Pass)
}

fn load(run: &Run, stop: &AtomicBool) -> Result<Exit, Error> {
    let mut plan = request::plan(run, request::resolve(&run.target.server)?)?;
    if run.load.dry_run {
        print(&request::describe(&plan))?;
        return Ok(Exit::Pass);
    }
    let descriptors = limits::raise_descriptors();
    limits::check(request::connections(&plan), plan.address)?;
    let target = target(run, plan.address)?;
    if let Some(address) = target.as_ref().and_then(Target::address) {
        plan.address = address;
    }
    let laboratory = Laboratory { environment: measuring::environment(descriptors), stop };
    let (record, histograms, found) = measure(&laboratory, run, &plan, target.as_ref())?;
    drop(target);
    let interrupted = stop.load(Ordering::Relaxed);
    conclude(run, &record, &histograms, [!found, interrupted])
}

fn target(run: &Run, address: SocketAddr) -> Result<Option<Target>, Error> {
    Ok(match (&run.target.spawn, run.target.pid) {
        (Some(command), _) => Some(Target::spawn(command, address)?),
        (None, Some(pid)) => Some(Target::attach(pid)?),
        (None, None) => None,
    })
}

/// The run and what is measured beside it; and, if the highest rate was looked for, whether there
/// is one.
fn measure(
    laboratory: &Laboratory<'_>,
    run: &Run,
    plan: &Plan,
    target: Option<&Target>,
) -> Result<(Record, Histograms, bool), Error> {
    let Run { checks, output, load, .. } = run;
    if let (Some(condition), Some(first)) = (&checks.find_max, load.rate.constant_rate()) {
        return Ok(laboratory.highest(plan, first, condition, target)?);
    }
    let floor = checks.calibrate.then(|| laboratory.floor(plan)).transpose()?;
    let (mut record, histograms) =
        laboratory.beside_itself(plan, target, output.hlog.as_deref())?;
    record.floor = floor;
    Ok((record, histograms, true))
}

/// Writes the reports, and finds out how the program ends.
fn conclude(
    run: &Run,
    record: &Record,
    histograms: &Histograms,
    [not_found, interrupted]: [bool; 2],
) -> Result<Exit, Error> {
    let Run { checks, output, .. } = run;
    // A file that cannot be written, or not be compared with, is no reason to keep back what was
    // measured.
    let written = write_reports(output, record, histograms);
    let mut text = summary::summary(record);
    let mut exits = vec![Exit::Pass];
    if interrupted || record.verdict.status == Status::Partial {
        exits.push(Exit::Interrupted);
    }
    if record.ledger.wrong() > 0 && checks.find_max.is_none() {
        exits.push(Exit::Incorrect);
    }
    if record.verdict.status == Status::Invalid && !checks.allow_invalid {
        exits.push(Exit::Invalid);
    }
    if not_found {
        exits.push(Exit::Threshold);
    }
    for words in failed(checks, record) {
        text += &words;
        exits.push(Exit::Threshold);
    }
    let compared = compare(checks, record);
    if let Ok(Some((words, regressed))) = &compared {
        text += words;
        exits.extend(regressed.then_some(Exit::Regression));
    }
    let saved = save_baseline(checks, record);
    text += saved.as_ref().map_or("", |words| words);
    match &output.json {
        Some(path) if path == Path::new("-") => {
            // Standard output belongs to the JSON.
            let _ = io::stderr().write_all(text.as_bytes());
        }
        _ => print(&text)?,
    }
    written?;
    compared?;
    saved?;
    Ok(exits.into_iter().min().unwrap_or(Exit::Pass))
}

/// The conditions that hold and should not, in words. What cannot be judged, because nothing arrived
/// or nobody measured it, does not pass either.
fn failed(checks: &Checks, record: &Record) -> Vec<String> {
    let failed = checks.fail_if.iter().filter_map(|condition| match condition.holds(record) {
        Ok(false) => None,
        Ok(true) => Some(format!("failed: {}\n", condition.actual(record))),
        Err(unknown) => Some(format!("failed: {unknown} (condition: {condition})\n")),
    });
    failed.collect()
}

/// The comparison with the baseline in words, and whether it is worse.
fn compare(checks: &Checks, record: &Record) -> Result<Option<(String, bool)>, Error> {
    match &checks.baseline {
        None => Ok(None),
        Some(path) => {
            let unread = |error| Error::Read(path.clone(), error);
            let mut file = File::open(path).map_err(|error| unread(error.into()))?;
            let baseline = json::read(&mut file).map_err(unread)?;
            let comparison = baseline::compare(&baseline, record, checks.fail_on_regression)?;
            Ok(Some((comparison.to_string(), comparison.regressed())))
        }
    }
}

/// Keeps the record as a baseline, if others can be compared with it. What there is to say of that.
fn save_baseline(checks: &Checks, record: &Record) -> Result<&'static str, Error> {
    match &checks.save_baseline {
        Some(_) if record.verdict.status != Status::Valid => {
            Ok("the run is no baseline: it is not VALID; nothing was saved\n")
        }
        Some(path) => write(path, |out| json::write(record, out)).map(|()| ""),
        None => Ok(""),
    }
}

fn write_reports(output: &Output, record: &Record, histograms: &Histograms) -> Result<(), Error> {
    if let Some(path) = &output.json {
        if path == Path::new("-") {
            json::write(record, &mut io::stdout().lock()).map_err(Error::Summary)?;
        } else {
            write(path, |out| json::write(record, out))?;
        }
    }
    if let Some(path) = &output.csv {
        write(path, |out| csv::write(record, out))?;
    }
    if let Some(path) = &output.hgrm {
        write(path, |out| hgrm::write(&histograms.response, out))?;
    }
    if let Some(path) = &output.html {
        write(path, |out| out.write_all(html::html(record, histograms).as_bytes()))?;
    }
    Ok(())
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
