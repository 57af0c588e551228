//! Batch: a folder of submissions. Each is found, built and checked, side by side where each can
//! have a network of its own. None can delay the others, and each has its report as soon as it is
//! done.

mod archive;
mod build;
mod files;
mod find;
mod java;
mod language;
mod make;
mod recipe;
mod record;
mod submission;
mod wording;

use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::checks::check::Side;
use crate::exit::{self, AppError};
use crate::grade::grading::Settings;
use crate::grade::result::Report;
use crate::grade::rubric::Rubric;
use crate::options::BatchArgs;
use crate::sandbox::isolation::Isolation;
use find::Names;
use record::Record;
use submission::{Submission, Wanted};

/// Polling interval for a submission's time limit.
const POLL: Duration = Duration::from_millis(50);

/// Checks all that was handed in.
///
/// # Errors
///
/// The folder or a pattern cannot be used, or no report can be written.
pub(crate) fn run(
    folder: &Path,
    args: &BatchArgs,
    course: Option<&Path>,
    settings: &Settings,
    stop: &Arc<AtomicBool>,
) -> Result<ExitCode, AppError> {
    let names = Names::parse(&args.server_pattern, &args.client_pattern)
        .map_err(|error| AppError::Usage(error.to_string()))?;
    if args.out.exists() && !args.out.is_dir() {
        let why = wording::NO_FOLDER.to(settings.lang);
        return Err(AppError::Usage(format!("{}: {why}", args.out.display())));
    }
    let record = Record::new(&args.out).map_err(|e| failed(&args.out, &e))?;
    let submissions = submissions(folder, &record)
        .map_err(|error| AppError::Usage(format!("{}: {error}", folder.display())))?;
    if submissions.is_empty() {
        return Err(AppError::Usage(format!("{}: no submissions in it", folder.display())));
    }
    let wanted = Wanted::of(&submissions, &names);
    let (rubric, rules) = args.rubric.read(course)?;
    let time_limit = args.time_limit(settings.idle);
    let found_by = (&args.server_pattern, &args.client_pattern, time_limit, wanted);
    let Settings { profile, given, idle, slow, selection, .. } = settings;
    let judged_by = (profile, given, idle, slow, selection);
    let run_in = (settings.lang, settings.limits, &settings.variables, settings.isolation);
    let class = Class {
        names: &names,
        rubric: &rubric,
        wanted,
        args,
        time_limit,
        settings,
        record: &record,
        // Everything that changes a report is part of this.
        options: format!("{:?}", (rules, found_by, judged_by, run_in)),
        stop,
        done: AtomicUsize::new(0),
        unwritten: AtomicBool::new(false),
        of: submissions.len(),
    };
    let reports = class.run(&submissions)?;
    record.write_class(&reports).map_err(|e| failed(&args.out, &e))?;
    let pages = wording::pages(&args.out.join("index.html").display().to_string());
    // Standard output may be closed; the reports are there anyway.
    let _ = writeln!(std::io::stdout(), "{}", pages.to(settings.lang));
    Ok(if stop.load(Ordering::Relaxed) {
        ExitCode::from(exit::INTERRUPTED)
    } else if class.unwritten.load(Ordering::Relaxed) {
        ExitCode::from(exit::UNCHECKED)
    } else {
        ExitCode::SUCCESS
    })
}

fn failed(path: &Path, error: &std::io::Error) -> AppError {
    AppError::Checker(format!("{}: {error}", path.display()))
}

/// Lists the submissions in a folder: every entry but hidden ones, and archives beside what is
/// unpacked of them. The results may be in the same folder, and are left out.
fn submissions(folder: &Path, record: &Record) -> std::io::Result<Vec<Submission>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_hidden = name.starts_with('.') || name == "__MACOSX";
        let is_unpacked = files::unpacked(&name).is_some_and(|name| folder.join(name).is_dir());
        if !is_hidden && !is_unpacked && !record.is(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths.into_iter().map(Submission::at).collect())
}

/// The settings and the progress of a batch, common to all its submissions.
struct Class<'a> {
    names: &'a Names,
    rubric: &'a Rubric,
    wanted: Wanted,
    args: &'a BatchArgs,
    time_limit: Duration,
    settings: &'a Settings,
    record: &'a Record,
    options: String,
    stop: &'a Arc<AtomicBool>,
    done: AtomicUsize,
    /// Set when a report could not be written.
    unwritten: AtomicBool,
    of: usize,
}

impl Class<'_> {
    /// Checks submissions until all are done or it is to stop. Returns the reports that there are,
    /// in their order, older ones among them.
    fn run(&self, submissions: &[Submission]) -> Result<Vec<Report>, AppError> {
        let workers = match self.settings.isolation {
            Isolation::Own => self.args.submissions.get(),
            Isolation::Shared => 1,
        };
        let next = AtomicUsize::new(0);
        let reports: Mutex<Vec<(usize, Report)>> = Mutex::default();
        let work = || {
            while !self.stop.load(Ordering::Relaxed) {
                let which = next.fetch_add(1, Ordering::Relaxed);
                let Some(submission) = submissions.get(which) else { break };
                let report = self.one(submission);
                let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
                reports.push((which, report));
            }
        };
        thread::scope(|scope| {
            let workers: Vec<_> =
                (0..workers.min(submissions.len())).map(|_| scope.spawn(work)).collect();
            let lost = |_| AppError::Checker("a part of the checker was lost".to_owned());
            workers.into_iter().try_for_each(|worker| worker.join().map_err(lost))
        })?;
        let mut reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
        reports.sort_by_key(|(which, _)| *which);
        Ok(reports.into_iter().map(|(_, report)| report).collect())
    }

    /// The report of one submission: an earlier one if nothing has changed, or else a new one.
    fn one(&self, submission: &Submission) -> Report {
        let name = &submission.name;
        let made_from = record::made_from(&submission.path, &self.options).ok();
        let earlier = made_from.as_ref().filter(|_| !self.args.again);
        if let Some(report) = earlier.and_then(|from| self.record.earlier(name, from)) {
            self.tell(&report, true);
            return report;
        }
        let check =
            |stop: &Arc<AtomicBool>| submission.check(self.names, self.wanted, self.settings, stop);
        // A failure of the checker costs one report, and no other.
        let checked = catch_unwind(AssertUnwindSafe(|| self.in_time(check)));
        let lost = |_| Submission::lost(self.wanted, self.settings, self.stop);
        let mut report = checked.unwrap_or_else(lost);
        let stopped = self.stop.load(Ordering::Relaxed);
        if report.interrupted && !stopped {
            let remark = wording::TIME_IS_OVER.to(self.settings.lang);
            report.parts.iter_mut().for_each(|part| part.remarks.push(remark.to_owned()));
        }
        report.submission = Some(name.clone());
        report.marks = Some(self.rubric.marks(&report));
        // An incomplete report is made again by the next run.
        let made_from = made_from.as_deref().filter(|_| !report.interrupted && !stopped);
        let written = self.record.write(name, &report, made_from);
        self.tell(&report, false);
        if let Err(error) = written {
            self.unwritten.store(true, Ordering::Relaxed);
            let name = wording::shown(name);
            // Standard error may be closed; the exit status is returned anyway.
            let _ = writeln!(std::io::stderr(), "chat-check: {name}: {error}");
        }
        report
    }

    /// Runs work with a flag that tells it to stop: when the whole run stops, or when the
    /// submission's time is over.
    fn in_time<T>(&self, work: impl FnOnce(&Arc<AtomicBool>) -> T) -> T {
        let (begun, stop) = (Instant::now(), Arc::new(AtomicBool::new(false)));
        let (working, over) = channel::<()>();
        thread::scope(|scope| {
            let to_stop = Arc::clone(&stop);
            scope.spawn(move || {
                while over.recv_timeout(POLL) == Err(RecvTimeoutError::Timeout) {
                    let late = begun.elapsed() > self.time_limit;
                    if late || self.stop.load(Ordering::Relaxed) {
                        to_stop.store(true, Ordering::Relaxed);
                    }
                }
            });
            // The other thread ends when this is dropped, also if the work panics.
            let _working = working;
            work(&stop)
        })
    }

    /// Prints a line about the result of a submission.
    fn tell(&self, report: &Report, earlier: bool) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let line = wording::line(report, earlier);
        // Standard output may be closed; the reports are written anyway.
        let _ = writeln!(std::io::stdout(), "{done}/{} {line}", self.of);
    }
}

/// Both sides, in the order of a report.
const SIDES: [Side; 2] = [Side::Server, Side::Client];
