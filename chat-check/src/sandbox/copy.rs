//! Copies of folders, so that a program can change its own freely.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Folders that no program needs to run, and that can be very large.
const LEFT_OUT: [&str; 2] = [".git", "__pycache__"];

/// Returns whether a folder has at most so many bytes in so many entries, as far as it can be read.
/// Stops as soon as it has more.
pub(crate) fn is_small(folder: &Path, (bytes, entries): (u64, usize)) -> io::Result<bool> {
    let (mut size, mut count) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry?;
            let data = entry.metadata()?;
            if data.is_dir() && !is_left_out(&entry.path()) {
                folders.push(entry.path());
            }
            size += data.len();
            count += 1;
            if size > bytes || count > entries {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Copies the contents of a folder into one that exists. Links stay links; sockets and the like are
/// left out. Returns the paths that cannot be read, which are left out too.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<Vec<PathBuf>> {
    let mut unreadable = Vec::new();
    let Ok(entries) = fs::read_dir(from) else { return Ok(vec![from.to_owned()]) };
    for entry in entries {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if is_left_out(&entry.path()) {
            continue;
        }
        if kind.is_dir() {
            fs::create_dir(&target)?;
            unreadable.extend(copy(&entry.path(), &target)?);
        } else if kind.is_file() && File::open(entry.path()).is_err() {
            unreadable.push(entry.path());
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        } else {
            #[cfg(unix)]
            if kind.is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(entry.path())?, target)?;
            }
        }
    }
    Ok(unreadable)
}

/// Returns whether a file is left out of copies.
pub(crate) fn is_left_out(path: &Path) -> bool {
    LEFT_OUT.iter().any(|name| path.file_name().is_some_and(|file| file == *name))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_cannot_be_read_is_left_out_and_links_stay() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let shut = ["shut", "folder"].map(|name| from.path().join(name));
        fs::create_dir(&shut[1]).unwrap();
        for file in ["shut", "folder/file", "open"] {
            fs::write(from.path().join(file), "text").unwrap();
        }
        symlink("open", from.path().join("link")).unwrap();
        for shut in &shut {
            fs::set_permissions(shut, fs::Permissions::from_mode(0o0)).unwrap();
        }
        if File::open(&shut[0]).is_ok() {
            eprintln!("skipped: the superuser can read everything");
            return;
        }
        assert!(is_small(from.path(), (1 << 20, 10)).unwrap());
        let mut unreadable = copy(from.path(), to.path()).unwrap();
        unreadable.sort();
        assert_eq!(unreadable, [&shut[1], &shut[0]].map(Clone::clone));
        assert_eq!(fs::read_link(to.path().join("link")).unwrap(), Path::new("open"));
        assert!(!to.path().join("shut").exists());
        fs::set_permissions(&shut[1], fs::Permissions::from_mode(0o700)).unwrap();
    }
}
