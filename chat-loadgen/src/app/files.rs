//! The files of a command: outputs are opened and the baseline is read before anything is started.

use std::path::{Path, PathBuf};

use crate::app::Error;
use crate::cli::{CheckOptions, RunOptions};
use crate::input::{self, Unreadable};
use crate::plan::Plan;
use crate::record::comparison::baseline;
use crate::record::{Environment, Record};
use crate::report::json;
use crate::report::output::Output;

/// The opened outputs of a run, by their options.
#[derive(Debug)]
pub(super) struct Outputs {
    pub(super) json: Option<Output>,
    pub(super) csv: Option<Output>,
    pub(super) hgrm: Option<Output>,
    pub(super) hlog: Option<Output>,
    pub(super) html: Option<Output>,
    pub(super) save_baseline: Option<Output>,
}

/// Two options that name one file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SameFile {
    /// Two outputs would be written over each other.
    #[error("{0} and {1} name the same file: {path}", path = .2.display())]
    Outputs(&'static str, &'static str, PathBuf),
    /// A file would count twice.
    #[error("{path} is named twice", path = .0.display())]
    Inputs(PathBuf),
    /// A file that is read would be replaced.
    #[error("{0} would overwrite a file that is read: {path}", path = .1.display())]
    Input(&'static str, PathBuf),
    /// The baseline would be replaced by any run, even by one that is no baseline.
    #[error(
        "{0} would overwrite the --baseline, whatever the run is like: {path}; --save-baseline \
         replaces it by a run that is valid and no worse", path = .1.display()
    )]
    Baseline(&'static str, PathBuf),
}

impl Outputs {
    /// Opens them all.
    ///
    /// # Errors
    ///
    /// When one cannot be written, or two are one file, by whichever paths.
    pub(super) fn open(run: &RunOptions) -> Result<Self, Error> {
        let RunOptions { checks, output, .. } = run;
        Self {
            json: open(output.json.as_deref())?,
            csv: open(output.csv.as_deref())?,
            hgrm: open(output.hgrm.as_deref())?,
            hlog: open(output.hlog.as_deref())?,
            html: open(output.html.as_deref())?,
            save_baseline: open(checks.save_baseline.as_deref())?,
        }
        .distinct()
    }

    /// Opens those of a command that reads files.
    ///
    /// # Errors
    ///
    /// As [`Self::open`]; or a file is read twice, or both read and written.
    pub(super) fn beside<'a>(
        inputs: impl IntoIterator<Item = &'a PathBuf>,
        [json, html, hgrm]: [&Option<PathBuf>; 3],
    ) -> Result<Self, Error> {
        let outputs = Self {
            json: open(json.as_deref())?,
            csv: None,
            hgrm: open(hgrm.as_deref())?,
            hlog: None,
            html: open(html.as_deref())?,
            save_baseline: None,
        };
        let mut inputs_read = Vec::new();
        for path in inputs {
            let unread = |error: Unreadable| Error::Read(path.clone(), error.into());
            let file = input::open(path).map_err(unread)?;
            let found = path.canonicalize().map_err(|error| unread(error.into()))?;
            if inputs_read.contains(&found) {
                return Err(SameFile::Inputs(path.clone()).into());
            }
            let overwrites = |(_, output): &(_, &Output)| output.is_file(path, &file);
            if let Some((option, _)) = outputs.named().find(overwrites) {
                return Err(SameFile::Input(option, path.clone()).into());
            }
            inputs_read.push(found);
        }
        outputs.distinct()
    }

    fn distinct(self) -> Result<Self, Error> {
        match self.named_twice() {
            Some(same) => Err(same.into()),
            None => Ok(self),
        }
    }

    /// Returns whether one of them is standard output.
    pub(super) fn use_standard_output(&self) -> bool {
        self.named().any(|(_, output)| output.is_standard())
    }

    /// The outputs that were asked for, with their options.
    fn named(&self) -> impl Iterator<Item = (&'static str, &Output)> {
        let all = [
            ("--json", &self.json),
            ("--csv", &self.csv),
            ("--hgrm", &self.hgrm),
            ("--hlog", &self.hlog),
            ("--html", &self.html),
            ("--save-baseline", &self.save_baseline),
        ];
        all.into_iter().filter_map(|(option, output)| Some((option, output.as_ref()?)))
    }

    fn named_twice(&self) -> Option<SameFile> {
        let named: Vec<_> = self.named().collect();
        named.iter().enumerate().find_map(|(i, (first, output))| {
            let (second, _) = named[i + 1..].iter().find(|(_, other)| output.is_same(other))?;
            Some(SameFile::Outputs(first, second, output.path().to_owned()))
        })
    }
}

fn open(path: Option<&Path>) -> Result<Option<Output>, Error> {
    let unwritten = |path: &Path, error| Error::Write(path.to_owned(), error);
    path.map(|path| Output::open(path).map_err(|error| unwritten(path, error))).transpose()
}

/// Reads the baseline (`--baseline`), and checks that a run of this plan can be compared with it.
///
/// # Errors
///
/// When it is no record, or of another workload or machine, or not valid; or an output would overwrite
/// it.
pub(super) fn baseline(
    checks: &CheckOptions,
    plan: &Plan,
    environment: &Environment,
    outputs: &Outputs,
) -> Result<Option<Record>, Error> {
    let Some(path) = &checks.baseline else { return Ok(None) };
    let unread = |error| Error::Read(path.clone(), error);
    let file = input::open(path).map_err(|error| unread(error.into()))?;
    let replaces = |(option, _): &(_, _)| *option == "--save-baseline";
    let overwrites = |(_, output): &(_, &Output)| output.is_file(path, &file);
    if let Some((option, _)) = outputs.named().filter(|named| !replaces(named)).find(overwrites) {
        return Err(SameFile::Baseline(option, path.clone()).into());
    }
    let baseline = json::read_file(path).map_err(unread)?;
    baseline::check(&baseline, &plan.workload(), environment)?;
    Ok(Some(baseline))
}
