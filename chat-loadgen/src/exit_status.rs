//! Exit statuses of the program.

use std::process::ExitCode;

/// The exit statuses in words, for `--help`.
pub(crate) const STATUSES: &str = "\
Exit status: 0 everything holds, 1 the run could not be made, 2 bad usage, 3 deliveries were wrong,
4 a --fail-if condition holds or no rate holds --find-max, 5 worse than the baseline, 6 the run is
INVALID, 130 interrupted (the first Ctrl-C drains and reports what there is, the second ends at once).
Where several apply, it is 130 before 3 before 6 before 1 before 4 before 5.";

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

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Pass => 0,
            Exit::Error => 1,
            Exit::Usage => 2,
            Exit::Incorrect => 3,
            Exit::Threshold => 4,
            Exit::Regression => 5,
            Exit::Invalid => 6,
            Exit::Interrupted => INTERRUPTED,
        })
    }
}
