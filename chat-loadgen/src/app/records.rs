//! The subcommands that read what runs have written: `merge` and `compare`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::app::reports::{print, write};
use crate::app::{Conclusion, Error};
use crate::cli::{CompareOptions, MergeOptions};
use crate::exit_status::Exit;
use crate::record::comparison::between;
use crate::record::{Histograms, Record, Status, merging};
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
    if kinds.iter().all(|is_record| *is_record) {
        return merge_records(options);
    }
    if kinds.contains(&true) {
        return Err(Error::MixedKinds);
    }
    if options.json.is_some() || options.html.is_some() {
        return Err(Error::NoRecord);
    }
    let sum = hlog::merge(&options.files)?;
    if let Some(path) = &options.hgrm {
        write(path, |out| hgrm::write(&sum, out))?;
    }
    print(&hlog::merged_summary(&sum)).map(|()| Conclusion::PASS)
}

fn merge_records(options: &MergeOptions) -> Result<Conclusion, Error> {
    let record = merging::merge(&read_all(options.files.iter())?)?;
    let text = summary::summary(&record);
    if let Some(Histograms { response, .. }) = &record.histograms
        && let Some(path) = &options.hgrm
    {
        write(path, |out| hgrm::write(response, out))?;
    }
    if let Some(histograms) = &record.histograms
        && let Some(path) = &options.html
    {
        write(path, |out| out.write_all(html::render(&record, histograms).as_bytes()))?;
    }
    match &options.json {
        Some(path) if path == Path::new("-") => {
            let written = json::write(&record, &mut io::stdout().lock());
            written.map_err(Error::Summary)?;
            let _ = io::stderr().write_all(text.as_bytes());
        }
        Some(path) => {
            write(path, |out| json::write(&record, out))?;
            print(&text)?;
        }
        None => print(&text)?,
    }
    Ok(Conclusion { exit: exit(&record), complaints: Vec::new() })
}

/// The gravest exit status that follows from a record itself.
fn exit(record: &Record) -> Exit {
    match record.verdict.status {
        Status::Partial => Exit::Interrupted,
        _ if record.any_wrong() => Exit::Incorrect,
        Status::Invalid => Exit::Invalid,
        Status::Valid | Status::Faulty => Exit::Pass,
    }
}

/// Compares records with the first of them.
///
/// # Errors
///
/// Files cannot be read or written, or the records cannot be compared.
pub(super) fn compare(options: &CompareOptions) -> Result<Conclusion, Error> {
    let records = read_all([&options.first].into_iter().chain(&options.others))?;
    let rows = between::compare(&records)?;
    if let Some(path) = &options.html {
        let page = html::render_comparison(&records, &rows);
        write(path, |out| out.write_all(page.as_bytes()))?;
    }
    print(&comparison::text(&records, &rows)).map(|()| Conclusion::PASS)
}

/// Reads records, each with its path as its name.
fn read_all<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Result<Vec<(String, Record)>, Error> {
    let record = |path: &PathBuf| {
        let unread = |error| Error::Read(path.clone(), error);
        let mut file = std::fs::File::open(path).map_err(|error| unread(error.into()))?;
        Ok((path.display().to_string(), json::read(&mut file).map_err(unread)?))
    };
    paths.map(record).collect()
}

/// Returns whether a file begins as a record does, and not as an interval log.
fn is_record(path: &Path) -> Result<bool, MergeError> {
    let content =
        std::fs::read(path).map_err(|source| MergeError::Io { path: path.to_owned(), source })?;
    Ok(content.trim_ascii_start().starts_with(b"{"))
}
