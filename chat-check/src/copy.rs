//! Copies of folders, so that a program can do what it likes to its own.

use std::fs;
use std::io;
use std::path::Path;

/// What no program needs to run, and what can be very large.
const LEFT_OUT: [&str; 2] = [".git", "__pycache__"];

/// Whether a folder has at most so many bytes in so many entries. Looks no further than it must.
pub(crate) fn is_small(folder: &Path, (bytes, entries): (u64, usize)) -> io::Result<bool> {
    let (mut size, mut count) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
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

/// Copies what is in a folder into one that exists. Links stay links; sockets and the like are
/// left out.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if is_left_out(&entry.path()) {
            continue;
        }
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        } else {
            #[cfg(unix)]
            if kind.is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(entry.path())?, target)?;
            }
        }
    }
    Ok(())
}

/// Whether a file is none of a program's.
pub(crate) fn is_left_out(path: &Path) -> bool {
    LEFT_OUT.iter().any(|name| path.file_name().is_some_and(|file| file == *name))
}
