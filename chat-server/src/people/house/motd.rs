//! The message of the day (`--motd`, requirement 13.9).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chat_protocol::language::Language;
use chat_protocol::moderation::{MAX_MOTD, MAX_MOTD_LINES};
use chat_protocol::text::passable;
use tokio::task::spawn_blocking;

use crate::net::wire::encoding::{Encoding, Object};
use crate::service::Reloading;

/// The message, and the file from which it comes. There may be none.
#[derive(Debug, Default)]
pub(crate) struct Motd {
    path: Option<PathBuf>,
    lines: RwLock<Vec<String>>,
}

/// The file cannot be read, or is too large.
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    reason: io::Error,
}

impl Motd {
    /// Reads the file, if there is one.
    pub(crate) fn read(path: Option<PathBuf>) -> Result<Self, Error> {
        let read = path.as_deref().map_or(Ok(Vec::new()), lines);
        match read {
            Ok(lines) => Ok(Self { path, lines: lines.into() }),
            Err(reason) => Err(Error { path: path.unwrap_or_default(), reason }),
        }
    }

    /// Returns whether there is a file.
    pub(crate) fn is_on(&self) -> bool {
        self.path.is_some()
    }

    /// Reads the file anew for those who join from now on, on a thread of its own: a file can take its time. The old message
    /// stays if there is something wrong.
    pub(crate) fn reload(self: &Arc<Self>, reloading: &Reloading) {
        let (motd, reloading) = (Arc::clone(self), reloading.clone());
        spawn_blocking(move || {
            let _reloading = reloading;
            let Some(path) = &motd.path else { return };
            match lines(path) {
                Ok(lines) => {
                    *motd.lines.write().unwrap_or_else(PoisonError::into_inner) = lines;
                    tracing::info!("the message of the day was read anew");
                }
                Err(error) => tracing::warn!(%error, "the old message of the day stays"),
            }
        });
    }

    /// The message in this encoding, if there is one.
    pub(crate) fn told(&self, encoding: Encoding, language: Language) -> Option<String> {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
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
