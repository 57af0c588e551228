//! Logins: a user and a password that all clients give the server.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// A user and a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    user: Option<String>,
    password: String,
}

/// Error: there is no login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoginError {
    /// The password's file cannot be read.
    #[error("cannot read the password in {}: {}", .0.display(), .1)]
    Unreadable(PathBuf, io::ErrorKind),
    /// The first line of the file is empty, very long, or has control characters in it.
    #[error("the first line of {} is no password", .0.display())]
    NoPassword(PathBuf),
    /// The user's name is empty, very long, or has control characters or blanks in it.
    #[error("--user needs a name without blanks")]
    NoUser,
}

/// The longest user or password, in bytes: what fits into a line of IRC.
const LONGEST: usize = 400;

/// Number of bytes of the password's file that are read: more than its first line may have. A pipe
/// may have no end.
const MAX_LINE: u64 = 1024;

impl Login {
    /// The login of this user, with the first line of a file as its password.
    ///
    /// # Errors
    ///
    /// When one of them can be none.
    pub(crate) fn read(user: Option<&str>, file: &Path) -> Result<Self, LoginError> {
        let unreadable = |error: io::Error| LoginError::Unreadable(file.into(), error.kind());
        let mut text = String::new();
        let input = File::open(file).map_err(unreadable)?.take(MAX_LINE);
        BufReader::new(input).read_line(&mut text).map_err(unreadable)?;
        let password = text.lines().next().unwrap_or_default();
        let fits =
            |text: &str| (1..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control);
        if !fits(password) {
            return Err(LoginError::NoPassword(file.into()));
        }
        if user.is_some_and(|user| !fits(user) || user.contains(char::is_whitespace)) {
            return Err(LoginError::NoUser);
        }
        Ok(Self { user: user.map(str::to_owned), password: password.to_owned() })
    }

    /// The user, if one was given.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password.
    pub(crate) fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(user: Option<&str>, text: &[u8]) -> Result<Login, LoginError> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        Login::read(user, file.path())
    }

    #[test]
    fn the_password_is_the_first_line_and_is_never_shown() {
        for text in ["s3cret", "s3cret\n", "s3cret\r\nmore\n"] {
            let login = login(Some("ana"), text.as_bytes()).expect("a login");
            assert_eq!((login.user(), login.password()), (Some("ana"), "s3cret"));
            assert!(!format!("{login:?}").contains("s3cret"));
        }
    }

    #[test]
    fn what_can_be_no_login_is_refused() {
        let long = "x".repeat(LONGEST + 1);
        for text in ["", "\n", "\nx", "a\tb", "a\0b", &long] {
            assert!(matches!(login(None, text.as_bytes()), Err(LoginError::NoPassword(_))));
        }
        #[cfg(unix)]
        {
            let endless = Login::read(None, Path::new("/dev/zero"));
            assert!(matches!(endless, Err(LoginError::NoPassword(_))));
        }
        assert!(matches!(login(None, b"\xff"), Err(LoginError::Unreadable(..))));
        assert_eq!(login(Some("a b"), b"x"), Err(LoginError::NoUser));
        assert_eq!(login(Some(""), b"x"), Err(LoginError::NoUser));
    }
}
