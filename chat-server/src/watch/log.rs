//! The form of the diagnostics (requirement 15.3).

use clap::ValueEnum;
use tracing_subscriber::filter::LevelFilter;

use crate::console::Console;

/// The value of `--log-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people
    #[default]
    Text,
    /// An object of JSON on each line
    Json,
}

impl LogFormat {
    /// Writes diagnostics of this level, and of worse ones, to standard error.
    pub(crate) fn begin(self, level: LevelFilter, log: Console) {
        let builder = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_target(false)
            .with_ansi(false)
            .with_writer(move || log.clone());
        match (self, is_journal()) {
            (Self::Text, false) => builder.init(),
            (Self::Text, true) => builder.without_time().init(),
            (Self::Json, false) => builder.json().flatten_event(true).init(),
            (Self::Json, true) => builder.json().flatten_event(true).without_time().init(),
        }
    }
}

/// Returns whether standard error is the journal of systemd, which notes the time of each line itself
/// (`JOURNAL_STREAM` in systemd.exec(5)).
#[cfg(unix)]
fn is_journal() -> bool {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;

    let Ok(named) = std::env::var("JOURNAL_STREAM") else { return false };
    let stream = io::stderr().as_fd().try_clone_to_owned().map(File::from);
    let stream = stream.and_then(|stream| stream.metadata());
    stream.is_ok_and(|stream| named == format!("{}:{}", stream.dev(), stream.ino()))
}

#[cfg(not(unix))]
fn is_journal() -> bool {
    false
}
