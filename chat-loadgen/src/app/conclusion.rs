//! The end of a command line: reports, thresholds, the baseline, the exit status.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::app::reports::{print, write, write_reports};
use crate::app::{Conclusion, Error};
use crate::cli::{CheckOptions, OutputOptions, RunOptions};
use crate::exit_status::Exit;
use crate::record::baseline::{self, Comparison};
use crate::record::{Histograms, Record, Status};
use crate::report::{json, summary};

/// Writes the reports and decides the exit status. A file that cannot be written or compared with
/// does not suppress the other results.
pub(super) fn conclude(
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
            let doubtful = comparison.is_doubtful() && !checks.allow_invalid;
            exits.extend(doubtful.then_some(Exit::Invalid));
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
