//! Record of a batch on the disk: a folder for each submission, and the tables of the class.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use xxhash_rust::xxh3::Xxh3;

use super::SIDES;
use crate::checks::catalogue::checks;
use crate::grade::result::{FORMAT, Report};
use crate::report;

/// The results folder.
pub(crate) struct Record {
    folder: PathBuf,
}

/// The file with the key that a report was made from.
const MADE_FROM: &str = "made-from.txt";

const REPORT: &str = "report.json";

/// Size in bytes above which a file counts with its time instead of its content.
const LONG: u64 = 4 << 20;

impl Record {
    /// Opens the folder, or creates it.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.canonicalize()? })
    }

    /// Returns whether this is the folder of the results.
    pub(crate) fn is(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|path| path == self.folder)
    }

    /// Returns the report of an earlier run, if it is complete and has the same key.
    pub(crate) fn earlier(&self, name: &str, made_from: &str) -> Option<Report> {
        let folder = self.folder.join(name);
        let before = fs::read_to_string(folder.join(MADE_FROM)).ok()?;
        let report = fs::read_to_string(folder.join(REPORT)).ok()?;
        let mut report: Report = serde_json::from_str(&report).ok()?;
        // The file has the name in its escaped form, and folders have any names.
        report.submission = Some(name.to_owned());
        (before == made_from && report.format == FORMAT).then_some(report)
    }

    /// Writes the report of one submission. With `made_from` it is complete, and need not be made
    /// again.
    pub(crate) fn write(
        &self,
        name: &str,
        report: &Report,
        made_from: Option<&str>,
    ) -> io::Result<()> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        // A report that is being replaced must not be taken for complete.
        let _ = fs::remove_file(folder.join(MADE_FROM));
        put(&folder.join(REPORT), &report::json::render(report))?;
        put(&folder.join("index.html"), &report::html::render(report))?;
        put(&folder.join("report.md"), &report::markdown::render(report))?;
        made_from.map_or(Ok(()), |made_from| put(&folder.join(MADE_FROM), made_from))
    }

    /// Writes the report of the class.
    pub(crate) fn write_class(&self, reports: &[Report]) -> io::Result<()> {
        put(&self.folder.join("index.html"), &report::class::html(reports))?;
        put(&self.folder.join("class.csv"), &report::class::csv(reports))?;
        put(&self.folder.join("class.md"), &report::class::markdown(reports))
    }
}

/// Replaces a file atomically: readers see the old file or the new one, never half of one.
fn put(file: &Path, text: &str) -> io::Result<()> {
    let part = file.with_extension("part");
    fs::write(&part, text)?;
    fs::rename(part, file)
}

/// The key of a report, as a line of text: its files, its options, this program and its checks.
pub(crate) fn made_from(submission: &Path, options: &str) -> io::Result<String> {
    let mut hash = Xxh3::new();
    hash.update(options.as_bytes());
    hash.update(catalogue().as_bytes());
    add(&mut hash, submission, submission)?;
    Ok(format!("chat-check {} {:032x}\n", env!("CARGO_PKG_VERSION"), hash.digest128()))
}

/// Returns the text of all checks, so that another build of this version, with other checks, does
/// not reuse this one's reports.
fn catalogue() -> String {
    let checks = SIDES.into_iter().flat_map(checks).map(|check| {
        let texts = (check.title, check.explanation);
        format!("{:?}", (check.id, check.side, check.level, check.profiles, check.needs, texts))
    });
    checks.collect()
}

fn add(hash: &mut Xxh3, root: &Path, path: &Path) -> io::Result<()> {
    let data = fs::symlink_metadata(path)?;
    hash.update(path.strip_prefix(root).unwrap_or(path).as_os_str().as_encoded_bytes());
    if data.is_dir() {
        // A folder that cannot be read is not checked either.
        let entries = fs::read_dir(path).into_iter().flatten();
        let entries = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
        entries.retain(|entry| !crate::sandbox::copy::is_left_out(entry));
        entries.sort();
        entries.iter().try_for_each(|entry| add(hash, root, entry))?;
        return Ok(());
    }
    hash.update(&data.len().to_le_bytes());
    let short = data.is_file() && data.len() <= LONG;
    if let Some(content) = short.then(|| fs::read(path).ok()).flatten() {
        hash.update(&content);
    } else {
        let changed = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        hash.update(&changed.unwrap_or_default().as_nanos().to_le_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_checks_count_with_all_that_is_said_of_them() {
        let all = catalogue();
        for check in SIDES.into_iter().flat_map(checks) {
            for text in [check.id, check.title.es, check.explanation.en] {
                assert!(all.contains(&format!("{text:?}")), "{}: {text}", check.id);
            }
            let needs = format!("{:?}, {:?}, {:?}", check.level, check.profiles, check.needs);
            assert!(all.contains(&needs), "{}", check.id);
        }
    }

    #[test]
    fn what_a_report_is_made_from_changes_with_any_file_and_option() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        file("a", "uno");
        let made = |options| made_from(folder.path(), options).unwrap();
        let first = made("");
        assert_eq!(made(""), first);
        assert_ne!(made("--idle 1s"), first);
        file("a", "dos");
        assert_ne!(made(""), first);
        file("a", "uno");
        file("b", "");
        assert_ne!(made(""), first);
    }
}
