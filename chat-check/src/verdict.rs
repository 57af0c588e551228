//! Verdict of a check: pass, fail, or the reason why there is neither.

use serde::{Deserialize, Serialize};

use crate::text::Words;

/// The weight of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Level {
    /// Decides whether the program works.
    Must,
    /// Recommended: a good program also does it. Costs no mark unless the rubric says so.
    Should,
    /// Information only.
    Info,
}

/// The verdict on one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The requirement holds.
    Pass,
    /// It holds, but not to the letter.
    NotStrict,
    /// It failed twice, each time in a fresh process.
    Fail,
    /// It failed once, and then it passed.
    Flaky,
    /// It failed, as was expected (`--xfail`).
    ExpectedFail,
    /// A check that it needs did not hold.
    Skipped,
    /// It cannot be observed here: on this system, in this dialect, with these options.
    Untestable,
    /// The checker itself failed.
    CheckerError,
}

impl Verdict {
    /// Returns whether checks that depend on one with this verdict can still be made.
    pub(crate) const fn holds(self) -> bool {
        matches!(self, Self::Pass | Self::NotStrict | Self::Flaky | Self::Untestable)
    }
}

/// The reason why the body of a check ended before its end.
#[derive(Clone, Debug)]
pub(crate) enum Halt {
    /// The program does not do what is required.
    Fault {
        /// The expected behaviour.
        expected: Words,
        /// The actual behaviour.
        came: Words,
    },
    /// It does what is required, but not to the letter.
    NotStrict(Words),
    /// It cannot be observed here.
    Untestable(Words),
    /// The checker itself failed.
    Checker(String),
}

/// The result of a check's body, and of every step in it.
pub(crate) type Checked<T = ()> = Result<T, Halt>;

impl Halt {
    /// The program does not do what is required.
    pub(crate) fn fault(expected: impl Into<Words>, came: impl Into<Words>) -> Self {
        Self::Fault { expected: expected.into(), came: came.into() }
    }

    /// The checker itself failed.
    pub(crate) fn broken(what: &str, error: &std::io::Error) -> Self {
        Self::Checker(format!("{what}: {error}"))
    }
}
