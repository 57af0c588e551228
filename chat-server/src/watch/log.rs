//! The diagnostics: their level and their form (requirement 15.3).

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use crate::console::Console;

/// The level of the diagnostics, which can change.
pub(crate) type Level = reload::Layer<LevelFilter, Registry>;

/// The options of the diagnostics.
#[derive(Args, Debug)]
pub(crate) struct LogOptions {
    /// Diagnostics on standard error
    #[arg(help_heading = "Running", long, value_name = "LEVEL", default_value = "warn", ignore_case = true,
        value_parser = level())]
    pub(crate) log: LevelFilter,

    /// The form of the diagnostics; under systemd, they have no times
    #[arg(help_heading = "Running", long, value_name = "FORM", value_enum, default_value_t)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// A line for people
    #[default]
    Text,
    /// An object of JSON on each line
    Json,
}

fn level() -> impl TypedValueParser<Value = LevelFilter> {
    PossibleValuesParser::new(["off", "error", "warn", "info", "debug", "trace"])
        .try_map(|level| level.to_lowercase().parse())
}

impl LogOptions {
    /// Writes diagnostics of this level from now on.
    pub(crate) fn begin(&self, level: Level, log: Console) {
        let all = tracing_subscriber::registry().with(level);
        let lines = tracing_subscriber::fmt::layer()
            .with_target(false)
            .with_ansi(false)
            .with_writer(move || log.clone());
        match (self.log_format, is_journal()) {
            (LogFormat::Text, false) => all.with(lines).init(),
            (LogFormat::Text, true) => all.with(lines.without_time()).init(),
            (LogFormat::Json, false) => all.with(lines.json().flatten_event(true)).init(),
            (LogFormat::Json, true) => {
                all.with(lines.json().flatten_event(true).without_time()).init();
            }
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
