//! Exit statuses, and the errors that end a run without a report.

use std::fmt::Display;

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

/// Exit status of a run in which a check or the output could not be completed.
pub(crate) const UNCHECKED: u8 = 3;

/// Exit status of a run that was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

impl AppError {
    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
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
/// be started or the checker failed.
pub(crate) fn status(report: &Report) -> u8 {
    let unstarted = report.parts.iter().any(|part| part.not_started.is_some());
    let fails = |o: &Outcome| o.level == Level::Must && o.verdict == Verdict::Fail;
    if report.interrupted {
        INTERRUPTED
    } else if unstarted || report.count(Verdict::CheckerError) > 0 {
        UNCHECKED
    } else {
        u8::from(report.results().any(fails))
    }
}
