//! Working directory of a running program: a temporary folder with a copy of the program's own.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary folder: with a copy of the program's own, a home, a place for temporary files.
/// Dropping it removes it, whatever the program did to it.
pub(crate) struct WorkDir {
    folder: TempDir,
    /// Locked for as long as this process lives. A process that gets the lock knows that it is
    /// gone.
    _held: File,
    /// Files that were not copied because they cannot be read.
    unreadable: Vec<PathBuf>,
}

/// Prefix of the names of these folders.
pub(crate) const PREFIX: &str = "chat-check-";

/// The file in it that is locked.
pub(crate) const HELD: &str = "held";

impl WorkDir {
    /// Makes a new one, with a copy of this folder if one is given.
    pub(crate) fn new(copied: Option<&Path>) -> io::Result<Self> {
        let folder = TempDir::with_prefix(PREFIX)?;
        for name in ["home", "tmp", "work"] {
            fs::create_dir(folder.path().join(name))?;
        }
        // It has its name only once it is locked: a process that finds it unlocked may take the
        // folder for left behind.
        let unnamed = folder.path().join("unnamed");
        let held = File::create(&unnamed)?;
        held.lock()?;
        fs::rename(unnamed, folder.path().join(HELD))?;
        let mut workdir = Self { folder, _held: held, unreadable: Vec::new() };
        if let Some(copied) = copied {
            workdir.unreadable = crate::sandbox::copy::copy(copied, &workdir.folder("work"))?;
        }
        Ok(workdir)
    }

    /// Returns the files that were not copied because they cannot be read.
    pub(crate) fn unreadable(&self) -> &[PathBuf] {
        &self.unreadable
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// One of its folders: `home`, `tmp` or `work`.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        remove(self.path());
    }
}

/// Shortens the paths of files in copies of a program's folder to the paths inside of that folder,
/// which its author knows.
pub(crate) fn without_copy(text: &str) -> String {
    let prefix = std::env::temp_dir().join(PREFIX).display().to_string();
    let mut pieces = text.split(&prefix);
    let mut short = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let behind = piece.trim_start_matches(char::is_alphanumeric);
        match behind.strip_prefix("/work/") {
            Some(path) => short.push_str(path),
            // Cut short there.
            None if behind.starts_with('…') => short.push_str(behind),
            None => short.extend([&prefix, piece]),
        }
    }
    short
}

/// Removes the folders that earlier checkers have left among the temporary files.
pub(crate) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let held = entry.path().join(HELD);
        let is_home = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|data| is_own_folder(&data))
            // A program may have put a file there that blocks when it is opened.
            && fs::symlink_metadata(&held).is_ok_and(|data| data.is_file());
        let Some(held) = is_home.then(|| File::open(held).ok()).flatten() else { continue };
        if held.try_lock().is_ok() {
            remove(&entry.path());
        }
    }
}

#[cfg(unix)]
fn is_own_folder(data: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    data.is_dir() && data.uid() == rustix::process::geteuid().as_raw()
}

/// Returns whether this is a folder: users have folders for temporary files of their own here.
#[cfg(not(unix))]
fn is_own_folder(data: &fs::Metadata) -> bool {
    data.is_dir()
}

/// Removes a folder, even if its contents are write-protected.
pub(crate) fn remove(folder: &Path) {
    if fs::remove_dir_all(folder).is_err() {
        open_up(folder);
        let _ = fs::remove_dir_all(folder);
    }
}

/// Makes all folders in this one writable.
fn open_up(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_nobody_holds_any_more_is_swept() {
        let folder = TempDir::new().unwrap();
        let workdir = |name: &str| {
            let workdir = folder.path().join(name);
            fs::create_dir_all(workdir.join("work/a")).unwrap();
            (File::create(workdir.join(HELD)).unwrap(), workdir)
        };
        let (_, left) = workdir("chat-check-left");
        let (_, foreign) = workdir("other-left");
        let (held, alive) = workdir("chat-check-alive");
        held.lock().unwrap();
        let begun = folder.path().join("chat-check-begun");
        fs::create_dir(&begun).unwrap();
        sweep(folder.path());
        assert!(!left.exists() && foreign.exists() && alive.exists() && begun.exists());
    }

    #[test]
    fn the_path_of_a_copy_is_not_shown() {
        let workdir = WorkDir::new(None).unwrap();
        let file = workdir.folder("work").join("red/servidor.py");
        let line = format!("File \"{0}\", line 3 ({0})", file.display());
        assert_eq!(without_copy(&line), "File \"red/servidor.py\", line 3 (red/servidor.py)");
        let cut = format!("File \"{}… (592 bytes)", workdir.path().display());
        assert_eq!(without_copy(&cut), "File \"… (592 bytes)");
        for other in ["/tmp/x/work/a.py", "work", &workdir.folder("home").display().to_string()] {
            assert_eq!(without_copy(other), other);
        }
    }

    #[test]
    fn who_holds_a_home_is_seen() {
        let workdir = WorkDir::new(None).unwrap();
        let held = File::open(workdir.path().join(HELD)).unwrap();
        assert!(held.try_lock().is_err());
    }

    #[test]
    fn goes_even_when_it_was_shut() {
        let workdir = WorkDir::new(None).unwrap();
        let path = workdir.path().to_owned();
        fs::create_dir_all(workdir.folder("work").join("a/b")).unwrap();
        for shut in ["a/b", "a"] {
            let shut = workdir.folder("work").join(shut);
            fs::set_permissions(shut, fs::Permissions::from_mode(0o0)).unwrap();
        }
        drop(workdir);
        assert!(!path.exists());
    }
}
