//! Exit statuses, and the errors that end a run without a report.

use std::fmt::Display;

use chat_protocol::usage::BAD_USAGE;
use chat_protocol::usage::help::StatusLine;

use crate::grade::result::{Outcome, Report};
use crate::verdict::{Level, Verdict};

/// Error: the reason why a run ends without a report.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// An argument that cannot be used.
    #[error("{0}")]
    Usage(String),
    /// The checker itself failed.
    #[error("{0}")]
    Checker(String),
}

/// The exit statuses, for `--help`.
pub(crate) const EXIT_STATUSES: [StatusLine; 5] = [
    (0, "all that must hold does (batch: all reports are made)"),
    (FAILS, "some of it does not"),
    (BAD_USAGE, "bad usage"),
    (UNCHECKED, "a program was not judged, or the checker failed"),
    (INTERRUPTED, "interrupted; there is a report of what was done"),
];

/// Exit status of a run in which a MUST requirement does not hold.
const FAILS: u8 = 1;

/// Exit status of a run in which a check or the output could not be completed.
pub(crate) const UNCHECKED: u8 = 3;

/// Exit status of a run that was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

impl AppError {
    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => BAD_USAGE,
            Self::Checker(_) => UNCHECKED,
        }
    }

    pub(crate) fn usage(error: impl Display) -> Self {
        Self::Usage(error.to_string())
    }

    pub(crate) fn checker(error: impl Display) -> Self {
        Self::Checker(error.to_string())
    }
}

/// Returns 0 when all MUST requirements hold, 1 when some do not, 3 when a program could not
/// be started, its dialect is not known, or the checker failed.
pub(crate) fn status(report: &Report) -> u8 {
    let unchecked = report.parts.iter().any(|part| part.not_started.is_some() || part.unsure);
    let fails = |o: &Outcome| o.level == Level::Must && o.verdict == Verdict::Fail;
    if report.interrupted {
        INTERRUPTED
    } else if unchecked || report.count(Verdict::CheckerError) > 0 {
        UNCHECKED
    } else if report.results().any(fails) {
        FAILS
    } else {
        0
    }
}
