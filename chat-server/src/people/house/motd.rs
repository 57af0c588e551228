//! The message of the day (`--motd`, requirement 13.9).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chat_protocol::language::Language;
use chat_protocol::moderation::{MAX_MOTD, MAX_MOTD_LINES};
use chat_protocol::text::passable;

use crate::net::wire::encoding::{Encoding, Object};

/// The lines of the message. There may be none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Motd(Vec<String>);

/// The file cannot be read, or is too large.
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    reason: io::Error,
}

impl Motd {
    /// Reads the file, if there is one.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self::default()) };
        lines(path).map(Self).map_err(|reason| Error { path: path.to_owned(), reason })
    }

    /// The message in this encoding, if there is one.
    pub(crate) fn told(&self, encoding: Encoding, language: Language) -> Option<String> {
        let Self(lines) = self;
        let told: Vec<String> = lines.iter().map(|line| language.motd(line).to_string()).collect();
        let told = Some(told.join("\n")).filter(|told| !told.is_empty())?;
        Some(match encoding {
            Encoding::Text => told,
            Encoding::Json => Object::new("motd").unmarked(told).end(),
        })
    }
}

fn lines(path: &Path) -> io::Result<Vec<String>> {
    // To open another one can wait without end, and so can reading it.
    if !path.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let (mut bytes, most) = (Vec::new(), MAX_MOTD as u64 + 1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    let text = std::str::from_utf8(&bytes);
    let is_large =
        bytes.len() > MAX_MOTD || text.is_ok_and(|text| text.lines().count() > MAX_MOTD_LINES);
    if is_large {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let text = text.map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(text.lines().map(|line| passable(line.into()).into_owned()).collect())
}

impl Error {
    /// One line for people, with the reason.
    pub(crate) fn explanation(&self, language: Language) -> String {
        language.cannot_read(&self.path, &self.reason)
    }
}
