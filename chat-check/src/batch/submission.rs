//! One submission: from a folder or a file to a report.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_protocol::options::profile::Profile;

use super::archive::{self, ArchiveError};
use super::files::{self, NOTEBOOK, unpacked};
use super::find::{Found, Names};
use super::language::Language;
use super::recipe::Recipe;
use super::{SIDES, build, make, wording};
use crate::checks::check::Side;
use crate::dialect::Dialect;
use crate::grade::grading::{Job, Settings};
use crate::grade::result::{NotStarted, Part, Report};
use crate::sandbox::workdir::{WorkDir, without_copy};
use crate::text::Words;

/// A submission: a folder or a file.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    /// The name of its folder or file.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// The sides that the class has: a side that no student has handed in costs nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    server: bool,
    client: bool,
}

/// Limit on the size of a submission that is copied, in bytes and in entries.
const MOST: (u64, usize) = (1 << 30, 100_000);

/// A copy of a submission, in which its archives are unpacked.
struct Copy {
    workdir: WorkDir,
    /// The archives that could not be unpacked.
    unopened: Vec<(PathBuf, ArchiveError)>,
}

impl Copy {
    /// The folder of the copy.
    fn folder(&self) -> PathBuf {
        self.workdir.folder("work")
    }
}

impl Wanted {
    /// Returns the sides found in any of these.
    pub(crate) fn of(submissions: &[Submission], names: &Names) -> Self {
        let mut found = Self { server: false, client: false };
        for submission in submissions {
            // What is in an archive is seen once it is unpacked, for as long as the copy is there.
            let copy = submission.has_archives().then(|| submission.copy().ok()).flatten();
            let folder = copy.as_ref().map_or(submission.path.clone(), Copy::folder);
            let has = |side| matches!(submission.find(&folder, names, side), Ok(Some(_)));
            found.server = found.server || has(Side::Server);
            found.client = found.client || has(Side::Client);
            if found.server && found.client {
                break;
            }
        }
        // If there is neither, servers are missing.
        Self { server: found.server || !found.client, ..found }
    }

    fn has(self, side: Side) -> bool {
        match side {
            Side::Server => self.server,
            Side::Client => self.client,
        }
    }
}

impl Submission {
    pub(crate) fn at(path: PathBuf) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { name, path }
    }

    /// Makes a report that says that the checker failed.
    pub(crate) fn lost(wanted: Wanted, settings: &Settings, stop: &AtomicBool) -> Report {
        let sides = SIDES.into_iter().filter(|side| wanted.has(*side));
        let lost = |side| unchecked(side, settings, &wording::LOST.into());
        settings.report(sides.map(lost).collect(), stop)
    }

    /// Builds and checks a copy of it.
    pub(crate) fn check(
        &self,
        names: &Names,
        wanted: Wanted,
        settings: &Settings,
        stop: &Arc<AtomicBool>,
    ) -> Report {
        let copy = self.copy();
        let sides = SIDES.into_iter().filter(|side| wanted.has(*side));
        let mut parts = Vec::new();
        for side in sides {
            let mut part = match &copy {
                Ok(copy) => {
                    let (folder, mut settings) = (copy.folder(), settings.after(&parts));
                    settings.server.take_if(|_| !self.is_in_one_place(&folder, names));
                    self.side(copy, names, side, &settings, stop)
                }
                Err(why) => unchecked(side, settings, why),
            };
            part.remarks.extend(copy.iter().flat_map(|copy| self.left_out(copy, settings)));
            parts.push(part);
        }
        settings.report(parts, stop)
    }

    fn side(
        &self,
        copy: &Copy,
        names: &Names,
        side: Side,
        settings: &Settings,
        stop: &Arc<AtomicBool>,
    ) -> Part {
        let folder = copy.folder();
        match self.find(&folder, names, side) {
            Ok(Some(found)) => self.part(&folder, &found, side, settings, stop),
            Ok(None) => {
                let files = names_in(&folder);
                let why = wording::not_found(side, &files);
                let other = SIDES.into_iter().find(|other| *other != side);
                let has_other =
                    other.is_some_and(|o| matches!(self.find(&folder, names, o), Ok(Some(_))));
                // It may be in what is not opened: only a submission that shows the other program
                // is without this one.
                if has_other && !files.iter().any(|file| may_hold_program(Path::new(file))) {
                    missing(side, settings, &why, Vec::new())
                } else {
                    unchecked(side, settings, &why)
                }
            }
            Err(error) => unchecked(side, settings, &Words::new(&error, &error)),
        }
    }

    /// Returns whether server and client are started from the same folder.
    fn is_in_one_place(&self, copy: &Path, names: &Names) -> bool {
        let places = SIDES.map(|side| {
            let found = self.find(copy, names, side).ok().flatten()?;
            Some(found.language.recipe(copy, &found.path, side).folder)
        });
        places[0].is_some() && places[0] == places[1]
    }

    /// Copies it, so that the submission itself is not changed.
    fn copy(&self) -> Result<Copy, Words> {
        let workdir = self.workdir()?;
        let unopened = archive::unpack_all(&workdir.folder("work"));
        let unopened = unopened.map_err(|error| Words::new(&error, &error))?;
        Ok(Copy { workdir, unopened })
    }

    /// Returns whether there are archives in it to unpack.
    fn has_archives(&self) -> bool {
        let files = files::files(&self.path).unwrap_or_default();
        archive::is_zip(&self.path) || files.iter().any(|file| archive::is_zip(file))
    }

    /// Returns whether it is a file that can be a program, and nothing else.
    fn is_alone(&self) -> bool {
        self.path.is_file() && !archive::is_zip(&self.path)
    }

    fn workdir(&self) -> Result<WorkDir, Words> {
        let broken = |error: std::io::Error| Words::new(&error, &error);
        if self.path.is_file() {
            let workdir = WorkDir::new(None).map_err(broken)?;
            fs::copy(&self.path, workdir.folder("work").join(&self.name)).map_err(broken)?;
            return Ok(workdir);
        }
        if crate::sandbox::copy::is_small(&self.path, MOST).map_err(broken)? {
            WorkDir::new(Some(&self.path)).map_err(broken)
        } else {
            Err(wording::TOO_LARGE.into())
        }
    }

    /// The program of one side, in the submission or a copy of it.
    fn find(&self, copy: &Path, names: &Names, side: Side) -> std::io::Result<Option<Found>> {
        if !self.is_alone() {
            return names.find(copy, side);
        }
        let path = PathBuf::from(&self.name);
        let language = Language::of(&path).filter(|_| names.side_of(&path) == side);
        Ok(language.map(|language| Found { path, language, others: Vec::new() }))
    }

    fn part(
        &self,
        copy: &Path,
        found: &Found,
        side: Side,
        settings: &Settings,
        stop: &Arc<AtomicBool>,
    ) -> Part {
        let mut recipe = found.language.recipe(copy, &found.path, side);
        let folder = copy.join(&recipe.folder);
        if let Some(tool) = build::missing_tool(&recipe) {
            return unchecked(side, settings, &wording::no_tool(tool));
        }
        let before = make::executables(&folder);
        let built = build::build(&recipe, &folder, settings, stop);
        let is_built = built.is_ok();
        if let Some(source) = recipe.made_from.as_ref().filter(|_| is_built) {
            match make::made(&folder, &before, source, side) {
                Some(made) => {
                    let start = format!("./{}", made.display());
                    recipe.start = shell_words::quote(&start).into_owned();
                }
                None if folder.join(source).is_file() => {}
                None => return unchecked(side, settings, &wording::UNKNOWN_PROGRAM.into()),
            }
        }
        let mut part = match built {
            Ok(()) => {
                let job = Job { side, command: recipe.start.clone(), folder, is_guessed: true };
                job.run(settings, stop, &|_| {}).unwrap_or_else(|error| {
                    missing(side, settings, &Words::new(&error, &error), Vec::new())
                })
            }
            Err(NotStarted { why, printed }) => {
                let printed = printed.iter().map(|line| without_copy(line)).collect();
                missing(side, settings, &Words::new(&why, &why), printed)
            }
        };
        if stop.load(Ordering::Relaxed) {
            // A program that was stopped by the run did not fail.
            part.not_started = None;
        }
        if part.command.is_empty() {
            part.command.clone_from(&recipe.start);
        }
        let others = found.others.iter().map(|other| other.to_string_lossy().into_owned());
        part.others = others.collect();
        part.remarks.extend(self.remarks(&recipe, is_built, &part.others, settings));
        part
    }

    /// The remarks on files that could not be copied, and on archives that were not unpacked.
    fn left_out(&self, copy: &Copy, settings: &Settings) -> Vec<String> {
        let unread = copy.workdir.unreadable().iter();
        let unread = unread.map(|path| path.strip_prefix(&self.path).unwrap_or(path));
        let unread: Vec<_> = unread.map(Path::to_string_lossy).collect();
        let mut remarks = Vec::new();
        remarks.extend((!unread.is_empty()).then(|| wording::unreadable(&unread.join(", "))));
        let unopened = copy.unopened.iter();
        remarks.extend(
            unopened
                .map(|(path, error)| wording::unopened(&path.to_string_lossy(), &error.words())),
        );
        remarks.iter().map(|remark| remark.to(settings.lang).to_owned()).collect()
    }

    /// The remarks that a reader needs to do the same by hand.
    fn remarks(
        &self,
        recipe: &Recipe,
        is_built: bool,
        others: &[String],
        settings: &Settings,
    ) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.is_alone() && recipe.folder.components().next().is_some() {
            remarks.push(wording::folder(&recipe.folder.to_string_lossy()));
        }
        remarks.extend(recipe.build.as_deref().filter(|_| is_built).map(wording::built));
        remarks.extend(recipe.in_windows_1252.then(|| wording::IN_WINDOWS_1252.into()));
        if !others.is_empty() {
            remarks.push(wording::others(&others.join(", ")));
        }
        remarks.iter().map(|remark| remark.to(settings.lang).to_owned()).collect()
    }
}

/// The names of the files in a folder, programs first.
fn names_in(folder: &Path) -> Vec<String> {
    let mut files = files::files(folder).unwrap_or_default();
    files.sort_by_cached_key(|file| (Language::of(file).is_none(), file.clone()));
    files.iter().map(|file| file.to_string_lossy().into_owned()).collect()
}

/// Returns whether a program may be in this file, which is not opened.
fn may_hold_program(file: &Path) -> bool {
    let is_notebook = file.extension().is_some_and(|end| end == NOTEBOOK);
    is_notebook || unpacked(&file.to_string_lossy()).is_some()
}

/// A part that the checker could not check: it gets no marks, neither good nor bad.
fn unchecked(side: Side, settings: &Settings, why: &Words) -> Part {
    let remarks = vec![wording::unchecked(why).to(settings.lang).to_owned()];
    Part { remarks, not_started: None, ..missing(side, settings, why, Vec::new()) }
}

/// A part without a program to check, which is the submission's own fault.
fn missing(side: Side, settings: &Settings, why: &Words, printed: Vec<String>) -> Part {
    let why = why.to(settings.lang).to_owned();
    Part {
        side,
        command: String::new(),
        profile: settings.profile.unwrap_or(Profile::Basico),
        dialect: Dialect::default(),
        remarks: Vec::new(),
        others: Vec::new(),
        not_started: Some(NotStarted { why, printed }),
        unsure: false,
        results: Vec::new(),
        seconds: 0.0,
    }
}
