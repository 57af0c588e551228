//! The known-hosts file: the keys of the servers that the user has accepted, a line `HOST:PORT sha256:DIGITS` each.
//! Behind a `#` is a comment.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chat_tls::Fingerprint;
use tempfile::NamedTempFile;

/// The lines of one host in the known-hosts file.
pub(super) struct KnownHosts {
    path: PathBuf,
    /// `HOST:PORT`
    host: String,
}

/// What the file says about the key of a host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// Nothing.
    None,
    /// The host has this key.
    Same,
    /// The host has another key.
    Other {
        /// The first one.
        known: Fingerprint,
        /// The number of its line.
        line: usize,
    },
}

/// The reason why the file cannot be used.
#[derive(Debug)]
pub enum KnownHostsError {
    /// It has no folder.
    NoPlace,
    /// It cannot be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A line is not of the form.
    Damaged {
        /// The file.
        path: PathBuf,
        /// The number of the line.
        line: usize,
    },
}

impl KnownHosts {
    /// The lines of this host in this file, or in the default one.
    pub(super) fn new(path: Option<&Path>, host: String) -> Result<Self, KnownHostsError> {
        let path = path.map(Path::to_owned).or_else(default_path);
        Ok(Self { path: path.ok_or(KnownHostsError::NoPlace)?, host })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Looks up the host, of which this key is shown. A host may have several keys. Fails where any line is damaged:
    /// it could be the one of this host.
    pub(super) fn record_of(&self, shown: Fingerprint) -> Result<Record, KnownHostsError> {
        let mut record = Record::None;
        for (number, line) in self.read()?.lines().enumerate() {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            let Some(host) = words.next() else { continue };
            let line = number + 1;
            let (Some(Ok(known)), None) = (words.next().map(str::parse), words.next()) else {
                return Err(KnownHostsError::Damaged { path: self.path.clone(), line });
            };
            if !host.eq_ignore_ascii_case(&self.host) || record == Record::Same {
                continue;
            }
            if known == shown {
                record = Record::Same;
            } else if record == Record::None {
                record = Record::Other { known, line };
            }
        }
        Ok(record)
    }

    /// Adds a key of the host. The file is replaced as a whole, readable for its user alone, so that no one ever sees
    /// half of it; its folder is made. A link to it stays.
    pub(super) fn add(&self, key: Fingerprint) -> Result<(), KnownHostsError> {
        let mut text = self.read()?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.extend([&self.host, " ", &key.to_string(), "\n"]);
        self.replace(&text).map_err(|error| self.failed(error))
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        make(folder_of(&self.path))?;
        // Only a file that exists can be found behind a link.
        File::options().append(true).create(true).open(&self.path)?;
        let path = self.path.canonicalize()?;
        let mut file = NamedTempFile::new_in(folder_of(&path))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }

    fn read(&self) -> Result<String, KnownHostsError> {
        // To open another file than a regular one can wait without end.
        let is_other = fs::metadata(&self.path).is_ok_and(|found| !found.is_file());
        if is_other {
            return Err(self.failed(io::ErrorKind::InvalidInput.into()));
        }
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            read => read.map_err(|error| self.failed(error)),
        }
    }

    fn failed(&self, error: io::Error) -> KnownHostsError {
        KnownHostsError::File { path: self.path.clone(), error }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// Makes a folder for its user alone, with those above it.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// `chat/known_hosts` in the folder for the state of programs (XDG Base Directory Specification).
fn default_path() -> Option<PathBuf> {
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else {
        set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))
    };
    Some(state?.join("chat").join("known_hosts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> Fingerprint {
        String::from(digit).repeat(64).parse().unwrap()
    }

    fn hosts(path: &Path, host: &str) -> KnownHosts {
        KnownHosts::new(Some(path), host.to_owned()).unwrap()
    }

    #[test]
    fn r10_15_a_key_is_known_once_it_was_added_and_another_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/known_hosts");
        let (ana, bea) = (hosts(&path, "Ana.example:1"), hosts(&path, "[::1]:2"));
        assert_eq!(ana.record_of(key('a')).unwrap(), Record::None);
        ana.add(key('a')).unwrap();
        bea.add(key('b')).unwrap();
        assert_eq!(hosts(&path, "ana.EXAMPLE:1").record_of(key('a')).unwrap(), Record::Same);
        let other = Record::Other { known: key('b'), line: 2 };
        assert_eq!(bea.record_of(key('a')).unwrap(), other);
        bea.add(key('a')).unwrap();
        assert_eq!(bea.record_of(key('a')).unwrap(), Record::Same, "it has two keys");
        assert_eq!(hosts(&path, "ana.example:2").record_of(key('a')).unwrap(), Record::None);
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1, "nothing is left");
    }

    #[cfg(unix)]
    #[test]
    fn r10_15_file_and_folder_are_their_users_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chat/known_hosts");
        hosts(&path, "a:1").add(key('a')).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[cfg(unix)]
    #[test]
    fn r10_15_a_link_stays_and_its_target_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("known_hosts"));
        std::os::unix::fs::symlink("known_hosts", &link).unwrap();
        for digit in ['a', 'b'] {
            hosts(&link, "a:1").add(key(digit)).unwrap();
        }
        assert!(link.is_symlink() && !target.is_symlink());
        assert_eq!(fs::read_to_string(target).unwrap().lines().count(), 2);
    }

    #[test]
    fn r10_15_comments_are_kept_and_damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known_hosts");
        let text = format!("# mine\n\na:1 {} # the old one\nb:1 {}", key('a'), key('b'));
        fs::write(&path, &text).unwrap();
        let ana = hosts(&path, "a:1");
        assert_eq!(ana.record_of(key('a')).unwrap(), Record::Same);
        ana.add(key('c')).unwrap();
        let now = fs::read_to_string(&path).unwrap();
        assert_eq!(now, format!("{text}\na:1 {}\n", key('c')));
        for damaged in ["b:1", "b:1 sha256:12", &format!("b:1 {} x", key('a'))] {
            fs::write(&path, format!("# mine\n{damaged}\n")).unwrap();
            let told = ana.record_of(key('a'));
            assert!(matches!(told, Err(KnownHostsError::Damaged { line: 2, .. })), "{damaged}");
        }
    }
}
