//! Unpacks the zip archives in the copy of a submission, within limits.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::files::files;
use super::wording;
use crate::text::Words;

/// Limit on what all archives of a submission may hold together, in bytes. It is written to the
/// folder for temporary files.
const BYTES: u64 = 512 << 20;

/// Limit on the entries of all archives of a submission together.
const ENTRIES: usize = 20_000;

/// Limit on archives within archives.
const LEVELS: usize = 3;

/// Error: an archive that is not unpacked.
#[derive(Debug, Error)]
pub(super) enum ArchiveError {
    /// It would write outside its own folder.
    #[error("an entry leads outside")]
    Outside,
    /// It is larger than the limits allow.
    #[error("too large")]
    TooLarge,
    /// It is damaged, encrypted or compressed in an unknown way.
    #[error("{0}")]
    Damaged(#[from] ZipError),
    /// A file cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl ArchiveError {
    /// The error in both languages.
    pub(super) fn words(&self) -> Words {
        match self {
            Self::Outside => wording::LEADS_OUTSIDE.into(),
            Self::TooLarge => wording::TOO_LARGE.into(),
            Self::Damaged(_) => wording::DAMAGED.into(),
            Self::Io(error) if is_of_content(error) => wording::DAMAGED.into(),
            Self::Io(error) => Words::new(error, error),
        }
    }
}

/// Returns whether an error is one of what was read, and not of the file.
fn is_of_content(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

/// What may still be unpacked.
struct Left {
    bytes: u64,
    entries: usize,
}

/// Returns whether this is the name of an archive that can be unpacked.
pub(super) fn is_zip(file: &Path) -> bool {
    file.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip"))
}

/// Unpacks every archive in this folder, and those inside of them, each into a folder beside it.
/// Returns those that cannot be unpacked.
///
/// # Errors
///
/// The folder cannot be read.
pub(super) fn unpack_all(folder: &Path) -> io::Result<Vec<(PathBuf, ArchiveError)>> {
    let mut left = Left { bytes: BYTES, entries: ENTRIES };
    let mut failed: Vec<(PathBuf, ArchiveError)> = Vec::new();
    for _ in 0..LEVELS {
        let is_new = |file: &PathBuf| is_zip(file) && !failed.iter().any(|(path, _)| path == file);
        let archives: Vec<PathBuf> = files(folder)?.into_iter().filter(is_new).collect();
        for path in archives {
            let archive = folder.join(&path);
            let into = archive.with_extension("");
            if into.is_dir() && !files(&into)?.is_empty() {
                // Its author has unpacked it.
                fs::remove_file(archive)?;
                continue;
            }
            match unpack(&archive, &into, &mut left) {
                Ok(()) => fs::remove_file(archive)?,
                Err(error) => {
                    let _ = fs::remove_dir_all(into);
                    failed.push((path, error));
                }
            }
        }
    }
    Ok(failed)
}

fn unpack(archive: &Path, into: &Path, left: &mut Left) -> Result<(), ArchiveError> {
    let mut archive = ZipArchive::new(File::open(archive)?)?;
    fs::create_dir_all(into)?;
    for index in 0..archive.len() {
        left.entries = left.entries.checked_sub(1).ok_or(ArchiveError::TooLarge)?;
        let mut entry = archive.by_index(index)?;
        let path = into.join(entry.enclosed_name().ok_or(ArchiveError::Outside)?);
        if entry.is_dir() {
            fs::create_dir_all(path)?;
        } else if !entry.is_symlink() {
            write(&mut entry, &path, left)?;
        }
    }
    Ok(())
}

fn write(entry: &mut ZipFile<'_, File>, path: &Path, left: &mut Left) -> Result<(), ArchiveError> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut file = File::create(path)?;
    // The archive may be wrong about an entry's size.
    let written = io::copy(&mut entry.by_ref().take(left.bytes + 1), &mut file)?;
    left.bytes = left.bytes.checked_sub(written).ok_or(ArchiveError::TooLarge)?;
    #[cfg(unix)]
    if entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0) {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// An archive with these files.
    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn unpacked(archive: &[u8]) -> (tempfile::TempDir, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        fs::write(folder.path().join("work/tp.zip"), archive).unwrap();
        let failed = unpack_all(&folder.path().join("work")).unwrap();
        let failed = failed.iter().map(|(path, e)| format!("{}: {e}", path.display())).collect();
        (folder, failed)
    }

    #[test]
    fn archives_within_archives_are_unpacked_up_to_a_limit() {
        let mut archive = zipped(&[("a b/ñandú.py", b"hola")]);
        for _ in 0..2 {
            archive = zipped(&[("más.ZIP", &archive), ("._más.zip", b"")]);
        }
        let (folder, failed) = unpacked(&archive);
        assert_eq!(failed, [""; 0]);
        let file = folder.path().join("work/tp/más/más/a b/ñandú.py");
        assert_eq!(fs::read(file).unwrap(), b"hola");
        let (folder, _) = unpacked(&zipped(&[("uno.zip", &archive)]));
        assert!(folder.path().join("work/tp/uno/más/más.ZIP").exists());
    }

    #[test]
    fn nothing_is_written_outside_its_folder() {
        for name in ["../fuera.py", "a/../../fuera.py", "..\\fuera.py"] {
            let (folder, failed) = unpacked(&zipped(&[(name, b"")]));
            assert_eq!(failed, ["tp.zip: an entry leads outside"], "{name}");
            assert!(!folder.path().join("work/fuera.py").exists());
            assert!(!folder.path().join("work/tp").exists());
        }
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_symlink("enlace", "/etc", SimpleFileOptions::default()).unwrap();
        zip.start_file("servidor.py", SimpleFileOptions::default()).unwrap();
        let (folder, _) = unpacked(&zip.finish().unwrap().into_inner());
        let is_there = |name| fs::symlink_metadata(folder.path().join(name)).is_ok();
        assert!(is_there("work/tp/servidor.py") && !is_there("work/tp/enlace"));
    }

    #[test]
    fn an_archive_that_is_too_large_or_damaged_is_told() {
        let zeros = vec![0; 1 << 10];
        let folder = tempfile::tempdir().unwrap();
        let (archive, into) = (folder.path().join("a.zip"), folder.path().join("a"));
        fs::write(&archive, zipped(&[("a", &zeros), ("b", b"")])).unwrap();
        for (bytes, entries) in [(1023, 2), (1024, 1)] {
            let unpacked = unpack(&archive, &into, &mut Left { bytes, entries });
            assert!(matches!(unpacked, Err(ArchiveError::TooLarge)), "{unpacked:?}");
            fs::remove_dir_all(&into).unwrap();
        }
        unpack(&archive, &into, &mut Left { bytes: 1024, entries: 2 }).unwrap();
        assert_eq!(unpacked(b"PK no es un zip").1.len(), 1);
    }
}
