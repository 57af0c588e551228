//! Files that are read whole: regular ones, up to a size. A pipe or a device may have no end.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::record::figures::{bytes, float};

/// Maximum size of a record or an interval log in bytes: a second of a run takes up to 3 KiB, and a run
/// at most a day.
pub(crate) const MAX_RECORD: u64 = 256 << 20;

/// Maximum size of a dialect's file in bytes.
pub(crate) const MAX_DIALECT: u64 = 64 << 10;

/// The reasons for which a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// The system's error.
    #[error("{0}")]
    System(io::ErrorKind),
    /// It is a folder, a pipe or a device.
    #[error("this is no regular file")]
    NoRegularFile,
    /// It is larger than that.
    #[error("more than {}", bytes(float(*.0)))]
    TooLarge(u64),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::System(error.kind())
    }
}

/// Opens a regular file. Opening a pipe would wait for its writer.
///
/// # Errors
///
/// Those of the system; it is no regular file.
pub(crate) fn open(path: &Path) -> Result<File, Unreadable> {
    if !path.metadata()?.is_file() {
        return Err(Unreadable::NoRegularFile);
    }
    Ok(File::open(path)?)
}

/// Reads a regular file of at most so many bytes.
///
/// # Errors
///
/// See [`Unreadable`].
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>, Unreadable> {
    let mut content = Vec::new();
    open(path)?.take(max + 1).read_to_end(&mut content)?;
    if content.len() as u64 > max {
        return Err(Unreadable::TooLarge(max));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_a_size() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "12345").expect("written");
        assert_eq!(read(file.path(), 5), Ok(b"12345".to_vec()));
        assert_eq!(read(file.path(), 4), Err(Unreadable::TooLarge(4)));
        assert_eq!(Unreadable::TooLarge(MAX_DIALECT).to_string(), "more than 64.0 KiB");
    }

    #[test]
    fn what_may_have_no_end_is_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path(), 4), Err(Unreadable::NoRegularFile));
        #[cfg(unix)]
        assert_eq!(read(Path::new("/dev/zero"), 4), Err(Unreadable::NoRegularFile));
    }
}
