//! An output file: opened before the run, emptied only when there is something to write.
//!
//! So a run that fails leaves an old file as it was. Links, permissions, devices and pipes are kept,
//! and an interval log can be followed, which a file that is renamed at the end would not allow.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
#[cfg(unix)]
use std::os::fd::AsFd;
#[cfg(unix)]
use std::os::unix::fs::{FileTypeExt, MetadataExt};
#[cfg(windows)]
use std::os::windows::io::AsHandle;
use std::path::{Path, PathBuf};

/// The path that stands for standard output.
pub(crate) const STANDARD_OUTPUT: &str = "-";

/// An output file, or standard output. A file that it made is removed if nothing is written to it.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    file: File,
    /// The file's real path, if it was made here.
    made: Option<PathBuf>,
    begun: Cell<bool>,
}

impl Output {
    /// Opens a file for writing, and makes it if there is none; what it holds stays.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut made = None;
        let file = if path == Path::new(STANDARD_OUTPUT) {
            standard_output()?
        } else {
            match OpenOptions::new().write(true).open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let file =
                        OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
                    made = path.canonicalize().ok();
                    file
                }
                opened => opened?,
            }
        };
        Ok(Self { path: path.to_owned(), file, made, begun: Cell::new(false) })
    }

    /// Its path as it was given.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether this is standard output.
    pub(crate) fn is_standard(&self) -> bool {
        self.path == Path::new(STANDARD_OUTPUT)
    }

    /// Returns whether both are one file, also by different paths. Devices can be shared.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.is_standard() && other.is_standard() || self.is_file(&other.path, &other.file)
    }

    /// Returns whether that opened file is this one.
    pub(crate) fn is_file(&self, path: &Path, file: &File) -> bool {
        let own = identity(&self.path, &self.file);
        own.is_some() && own == identity(path, file)
    }

    /// Empties the file, for a writer that has to be flushed. A file that was removed meanwhile is made
    /// again.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub(crate) fn begin(&self) -> io::Result<BufWriter<File>> {
        self.begun.set(true);
        if is_removed(&self.file)? && !self.is_standard() {
            return File::create(&self.path).map(BufWriter::new);
        }
        if self.file.metadata()?.is_file() && !self.is_standard() {
            self.file.set_len(0)?;
        }
        self.file.try_clone().map(BufWriter::new)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(path) = self.made.take()
            && !self.begun.get()
        {
            // An empty file is left if it cannot be removed.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(unix)]
fn standard_output() -> io::Result<File> {
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn standard_output() -> io::Result<File> {
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

/// Device and number of a file; nothing for a character device.
#[cfg(unix)]
fn identity(_: &Path, file: &File) -> Option<(u64, u64)> {
    let metadata = file.metadata().ok()?;
    (!metadata.file_type().is_char_device()).then(|| (metadata.dev(), metadata.ino()))
}

/// Real path of a file.
#[cfg(not(unix))]
fn identity(path: &Path, _: &File) -> Option<PathBuf> {
    path.canonicalize().ok()
}

#[cfg(unix)]
fn is_removed(file: &File) -> io::Result<bool> {
    let metadata = file.metadata()?;
    Ok(metadata.is_file() && metadata.nlink() == 0)
}

#[cfg(not(unix))]
fn is_removed(_: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    fn write(output: &Output, text: &str) {
        let mut out = output.begin().unwrap();
        out.write_all(text.as_bytes()).unwrap();
        out.flush().unwrap();
    }

    #[test]
    fn an_old_file_stays_until_there_is_something_to_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old");
        fs::write(&path, "something long").unwrap();
        drop(Output::open(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "something long");
        let output = Output::open(&path).unwrap();
        write(&output, "new");
        drop(output);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_file_that_was_made_for_nothing_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        drop(Output::open(&path).unwrap());
        assert!(!path.exists());
        write(&Output::open(&path).unwrap(), "");
        assert!(path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn one_file_is_recognised_by_each_of_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "").unwrap();
        fs::hard_link(path("a"), path("hard")).unwrap();
        std::os::unix::fs::symlink("a", path("soft")).unwrap();
        let [a, dotted, hard, soft, b] =
            ["a", "./a", "hard", "soft", "b"].map(|name| Output::open(&path(name)).unwrap());
        assert!([&dotted, &hard, &soft].into_iter().all(|other| a.is_same(other)));
        assert!(!a.is_same(&b));
        let device = || Output::open(Path::new("/dev/null")).unwrap();
        assert!(!device().is_same(&device()), "a device may be written by several");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_removed_meanwhile_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let output = Output::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        write(&output, "text");
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }
}
