//! Exit statuses of the program.

use std::process::ExitCode;

use chat_protocol::usage::help::StatusLine;
use chat_protocol::usage::{BAD_USAGE, FAILURE};

/// The exit statuses, for `--help`.
pub(crate) const EXIT_STATUSES: [StatusLine; 8] = [
    (Exit::Pass.status(), "everything holds"),
    (Exit::Error.status(), "the run, or a report, could not be made"),
    (Exit::Usage.status(), "bad usage"),
    (Exit::Incorrect.status(), "deliveries were wrong"),
    (Exit::Threshold.status(), "--fail-if or --abort-if; no rate holds --find-max"),
    (Exit::Regression.status(), "worse than the --baseline"),
    (Exit::Invalid.status(), "the run is INVALID, or --find-max cannot tell"),
    (Exit::Interrupted.status(), "interrupted; a second Ctrl-C ends without report"),
];

/// The exit statuses of `merge`, for its `--help`.
pub(crate) const MERGE_STATUSES: [StatusLine; 7] = [
    (Exit::Pass.status(), "everything holds"),
    (Exit::Error.status(), "the files could not be read, summed or written"),
    (Exit::Usage.status(), "bad usage"),
    (Exit::Incorrect.status(), "deliveries of a record were wrong"),
    (Exit::Threshold.status(), "--abort-if ended the run of a record"),
    (Exit::Invalid.status(), "a record is INVALID, or one of several generators is missing"),
    (Exit::Interrupted.status(), "the run of a record was interrupted"),
];

/// The exit statuses of `compare`, for its `--help`.
pub(crate) const COMPARE_STATUSES: [StatusLine; 3] = [
    (Exit::Pass.status(), "compared, whatever the figures say"),
    (Exit::Error.status(), "the files could not be read, compared or written"),
    (Exit::Usage.status(), "bad usage"),
];

/// The exit statuses of which several can apply, the gravest first.
const PRECEDENCE: [Exit; 6] = [
    Exit::Interrupted,
    Exit::Incorrect,
    Exit::Invalid,
    Exit::Error,
    Exit::Threshold,
    Exit::Regression,
];

/// The precedence of the exit statuses in words, for `--help`.
pub(crate) fn precedence() -> String {
    let statuses = PRECEDENCE.map(|exit| exit.status().to_string()).join(" before ");
    format!("Where several apply, it is {statuses}.")
}

/// An exit status, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Bad usage.
    Usage,
    /// Interrupted, with a report of what was measured.
    Interrupted,
    /// Deliveries were wrong.
    Incorrect,
    /// The figures mean nothing.
    Invalid,
    /// The run failed, or a part of what was asked for.
    Error,
    /// A threshold was passed.
    Threshold,
    /// Worse than the baseline.
    Regression,
    /// Everything holds.
    Pass,
}

/// The status of a run that was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

impl Exit {
    const fn status(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Error => FAILURE,
            Self::Usage => BAD_USAGE,
            Self::Incorrect => 3,
            Self::Threshold => 4,
            Self::Regression => 5,
            Self::Invalid => 6,
            Self::Interrupted => INTERRUPTED,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_comes_first() {
        assert!(PRECEDENCE.is_sorted());
    }
}
