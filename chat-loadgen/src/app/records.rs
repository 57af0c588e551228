//! The subcommands that read what runs have written: `merge` and `compare`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::app::files::Outputs;
use crate::app::reports::{print_summary, write_reports, write_to};
use crate::app::{Conclusion, Error};
use crate::cli::{CompareOptions, MergeOptions};
use crate::exit_status::Exit;
use crate::input::{self, Unreadable};
use crate::record::comparison::between;
use crate::record::{Record, Status, merging};
use crate::report::hlog::MergeError;
use crate::report::{comparison, hgrm, hlog, html, json, summary};

/// Sums records, or interval logs. The exit status of a merged record is that of a run.
///
/// # Errors
///
/// Files cannot be read or written, are of both kinds, or cannot be summed.
pub(super) fn merge(options: &MergeOptions) -> Result<Conclusion, Error> {
    let kinds: Vec<bool> =
        options.files.iter().map(|path| is_record(path)).collect::<Result<_, _>>()?;
    let are_records = kinds.iter().all(|is_record| *is_record);
    if !are_records && kinds.contains(&true) {
        return Err(Error::MixedKinds);
    }
    if !are_records && (options.json.is_some() || options.html.is_some()) {
        return Err(Error::NoRecord);
    }
    let written = [&options.json, &options.html, &options.hgrm];
    let outputs = Outputs::beside(&options.files, written)?;
    if are_records {
        return merge_records(options, &outputs);
    }
    let sum = hlog::merge(&options.files)?;
    if let Some(output) = &outputs.hgrm {
        write_to(output, |out| hgrm::write(&sum, out))?;
    }
    print_summary(&outputs, &hlog::merged_summary(&sum)).map(|()| Conclusion::PASS)
}

fn merge_records(options: &MergeOptions, outputs: &Outputs) -> Result<Conclusion, Error> {
    let records = read_all(options.files.iter())?;
    let record = merging::merge(&records)?;
    let exit = exit(&records, &record);
    let histograms = record.histograms.as_ref();
    let mut complaints =
        histograms.map_or_else(Vec::new, |all| write_reports(outputs, &record, all));
    complaints.extend(print_summary(outputs, &summary::summary(&record)).err());
    let exit = if complaints.is_empty() { exit } else { exit.min(Exit::Error) };
    Ok(Conclusion { exit, complaints })
}

/// The gravest exit status that follows from the records and their sum: that of a run. A generator
/// without a record makes the sum invalid, because nothing proves what it has sent and heard.
fn exit(records: &[(String, Record)], sum: &Record) -> Exit {
    let interrupted =
        |record: &Record| record.verdict.status == Status::Partial && record.ended_early.is_none();
    if records.iter().any(|(_, record)| interrupted(record)) {
        Exit::Interrupted
    } else if sum.any_wrong() {
        Exit::Incorrect
    } else if sum.verdict.status == Status::Invalid {
        Exit::Invalid
    } else if sum.ended_early.is_some() {
        Exit::Threshold
    } else {
        Exit::Pass
    }
}

/// Compares records with the first of them.
///
/// # Errors
///
/// Files cannot be read or written, or the records cannot be compared.
pub(super) fn compare(options: &CompareOptions) -> Result<Conclusion, Error> {
    let files = || [&options.first].into_iter().chain(&options.others);
    let outputs = Outputs::beside(files(), [&None, &options.html, &None])?;
    let records = read_all(files())?;
    let rows = between::compare(&records)?;
    if let Some(output) = &outputs.html {
        let page = html::render_comparison(&records, &rows);
        write_to(output, |out| out.write_all(page.as_bytes()))?;
    }
    print_summary(&outputs, &comparison::text(&records, &rows)).map(|()| Conclusion::PASS)
}

/// Reads records, each with its path as its name.
fn read_all<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Result<Vec<(String, Record)>, Error> {
    let record = |path: &PathBuf| {
        let record = json::read_file(path).map_err(|error| Error::Read(path.clone(), error))?;
        Ok((path.display().to_string(), record))
    };
    paths.map(record).collect()
}

/// Bytes at the beginning of a file, of which the first that is no blank tells what the file is.
const BEGINNING: u64 = 1024;

/// Returns whether a file begins as a record does, and not as an interval log.
fn is_record(path: &Path) -> Result<bool, MergeError> {
    let begins = |path| -> Result<_, Unreadable> {
        let mut beginning = Vec::new();
        input::open(path)?.take(BEGINNING).read_to_end(&mut beginning)?;
        Ok(beginning.trim_ascii_start().starts_with(b"{"))
    };
    begins(path).map_err(|source| MergeError::Unreadable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn the_exit_status_of_a_sum_is_that_of_a_run() {
        let of = |status, early: bool| {
            let mut record = Record { ended_early: None, ..sample::record() };
            record.verdict.status = status;
            record.ended_early = early.then(|| sample::full().ended_early).flatten();
            record
        };
        let exit = |first: Record, mut second: Record| {
            second.workload.seed += 1;
            let records = [("a".to_owned(), first), ("b".to_owned(), second)];
            exit(&records, &merging::merge(&records).expect("a sum"))
        };
        let valid = || of(Status::Valid, false);
        assert_eq!(exit(valid(), valid()), Exit::Pass);
        assert_eq!(exit(valid(), of(Status::Invalid, false)), Exit::Invalid);
        assert_eq!(exit(valid(), of(Status::Partial, false)), Exit::Interrupted);
        assert_eq!(exit(valid(), of(Status::Partial, true)), Exit::Threshold);
        assert_eq!(exit(of(Status::Partial, true), of(Status::Partial, false)), Exit::Interrupted);
    }
}
