//! The end of a command line: reports, thresholds, the baseline, the exit status.

use crate::app::files::Outputs;
use crate::app::reports::{print_summary, write_reports, write_to};
use crate::app::{Conclusion, Error};
use crate::cli::CheckOptions;
use crate::exit_status::Exit;
use crate::record::comparison::baseline::compare;
use crate::record::{Histograms, Record, SearchState, Status};
use crate::report::{json, summary};

/// Writes the reports and decides the exit status. A file that cannot be written, or a baseline that
/// the run cannot be compared with, does not suppress the other results.
pub(super) fn conclude(
    checks: &CheckOptions,
    (outputs, baseline): (&Outputs, Option<&Record>),
    (record, histograms): (&mut Record, &Histograms),
    [not_found, interrupted]: [bool; 2],
) -> Conclusion {
    let allowed = checks.fail_on_regression;
    let compared = baseline.filter(|_| record.ended_early.is_none());
    let compared = compared.map(|baseline| compare(baseline, record, allowed)).transpose();
    if let Ok(Some(comparison)) = &compared {
        comparison.doubt(record);
    }
    let record = &*record;
    let mut complaints = write_reports(outputs, record, histograms);
    let mut text = summary::summary(record);
    let mut exits = exits_of_run(checks, record);
    if interrupted {
        exits.push(Exit::Interrupted);
    }
    if not_found || record.ended_early.is_some() {
        exits.push(Exit::Threshold);
    }
    for words in failed_conditions(checks, record) {
        text += &words;
        exits.push(Exit::Threshold);
    }
    let mut regressed = false;
    if baseline.is_some() && record.ended_early.is_some() {
        text += "the run ended early: it is not compared with the baseline\n";
    }
    match compared {
        Ok(Some(comparison)) => {
            text += &comparison.to_string();
            regressed = comparison.regressed();
            exits.extend(regressed.then_some(Exit::Regression));
        }
        Ok(None) => {}
        Err(error) => complaints.push(error.into()),
    }
    match save_baseline(outputs, record, regressed) {
        Ok(words) => text += words,
        Err(error) => complaints.push(error),
    }
    complaints.extend(print_summary(outputs, &text).err());
    exits.extend((!complaints.is_empty()).then_some(Exit::Error));
    Conclusion { exit: exits.into_iter().min().unwrap_or(Exit::Pass), complaints }
}

/// Exit statuses that follow from the run itself: interrupted, incorrect, invalid.
fn exits_of_run(checks: &CheckOptions, record: &Record) -> Vec<Exit> {
    let status = record.verdict.status;
    let shortcomings = [
        (status == Status::Partial && record.ended_early.is_none(), Exit::Interrupted),
        (record.any_wrong() && checks.find_max.is_none(), Exit::Incorrect),
        (status == Status::Invalid && !checks.allow_invalid, Exit::Invalid),
        (is_undecided(record) && !checks.allow_invalid, Exit::Invalid),
    ];
    shortcomings.into_iter().filter(|(holds, _)| *holds).map(|(_, exit)| exit).collect()
}

/// Returns whether a search could not tell the server's limit.
fn is_undecided(record: &Record) -> bool {
    record.search_result.as_ref().is_some_and(|result| result.state == SearchState::Undecided)
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

/// Saves the record as a baseline (`--save-baseline`), unless the run is not valid or worse than
/// the baseline before. Gives a remark for the user.
fn save_baseline(
    outputs: &Outputs,
    record: &Record,
    regressed: bool,
) -> Result<&'static str, Error> {
    match &outputs.save_baseline {
        Some(_) if record.verdict.status != Status::Valid => {
            Ok("the run is no baseline: it is not VALID; nothing was saved\n")
        }
        Some(_) if regressed => {
            Ok("the run is no baseline: it is worse than the one before; nothing was saved\n")
        }
        Some(output) => write_to(output, |out| json::write(record, out)).map(|()| ""),
        None => Ok(""),
    }
}
