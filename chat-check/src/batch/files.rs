//! Files of a submission: found, read, and what their names tell.

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::checks::check::Side;

/// File name extension of notebooks, which are no programs that could be started.
pub(super) const NOTEBOOK: &str = "ipynb";

/// Limit on the depth of folders that are searched. A package of Maven has nine folders above it.
const DEPTH: usize = 16;

/// Limit on the entries that are examined in all.
const ENTRIES: usize = 20_000;

/// Folders of libraries and build output, which are not searched.
const FOREIGN: [&str; 9] = [
    "node_modules",
    "venv",
    "env",
    "site-packages",
    "target",
    "build",
    "dist",
    "__pycache__",
    "__MACOSX",
];

/// Limit on the bytes of a file that are searched for its entry point.
const LOOKED_AT: usize = 1 << 20;

/// File name extensions of archives.
const ARCHIVES: [&str; 8] =
    [".zip", ".rar", ".7z", ".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".tgz"];

/// Returns the name of an archive without its extension; `None` for any other file.
pub(super) fn unpacked(name: &str) -> Option<&str> {
    let small = name.to_ascii_lowercase();
    let ends = |end: &&str| small.ends_with(*end);
    // The longest: `x.tar.gz` is unpacked to `x`.
    let end = ARCHIVES.into_iter().filter(ends).max_by_key(|end| end.len())?;
    Some(&name[..name.len() - end.len()])
}

/// The files in a folder and those below, relative to it, and links in it to others of them.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let whole = folder.canonicalize()?;
    let leads_to_file = |path: &Path| {
        let target = whole.join(path).canonicalize();
        target.is_ok_and(|target| target.starts_with(&whole) && target.is_file())
    };
    let (mut files, mut folders, mut seen) = (Vec::new(), vec![PathBuf::new()], 0);
    while let Some(inner) = folders.pop() {
        let entries = match fs::read_dir(folder.join(&inner)) {
            Err(error) if inner.as_os_str().is_empty() => return Err(error),
            entries => entries.into_iter().flatten(),
        };
        for entry in entries {
            let entry = entry?;
            seen += 1;
            if seen > ENTRIES {
                return Ok(files);
            }
            let (name, kind) = (entry.file_name(), entry.file_type()?);
            let path = inner.join(&name);
            let name = name.to_string_lossy();
            let is_own = !name.starts_with('.') && !FOREIGN.contains(&&*name);
            if is_own && (kind.is_file() || kind.is_symlink() && leads_to_file(&path)) {
                files.push(path);
            } else if kind.is_dir() && is_own && path.components().count() < DEPTH {
                folders.push(path);
            }
        }
    }
    Ok(files)
}

/// Returns the beginning of a file's text.
pub(super) fn text(file: &Path) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]).into_owned()
}

/// Words in the file names of programs of this side.
pub(crate) fn words(side: Side) -> [&'static str; 2] {
    match side {
        Side::Server => ["servidor", "server"],
        Side::Client => ["cliente", "client"],
    }
}

/// Returns the side that a name shows: in `cliente_del_servidor` the first word counts.
pub(super) fn side_of_name(name: &str) -> Option<Side> {
    let at = |side| words(side).iter().filter_map(|word| name.find(word)).min();
    let found = [Side::Server, Side::Client].map(|side| Some((Reverse(at(side)?), side)));
    found.into_iter().flatten().max_by_key(|(at, _)| *at).map(|(_, side)| side)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_told_by_its_name() {
        assert_eq!(unpacked("Lopez_Ana.ZIP"), Some("Lopez_Ana"));
        assert_eq!(unpacked("tp ñandú.tar.gz"), Some("tp ñandú"));
        assert_eq!(unpacked("zip.py"), None);
    }
}
