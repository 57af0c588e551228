//! Marks: the conversion of verdicts to points.
//!
//! A rubric is a TOML file; `rubrics/curso.toml` is the course's own and explains the form. Only
//! faults of the program cost points: a check that failed twice. A skipped check costs nothing of
//! its own, because the check that it depends on has cost it already; a check that is untestable,
//! that failed once only, or in which the checker failed costs nothing.

mod arithmetic;
mod form;
mod wording;

use self::form::Scale;
pub(crate) use self::form::{Course, RubricError};
pub(crate) use self::wording::points;
use crate::checks::select::Patterns;
use crate::grade::result::{Marks, Report};
use crate::text::Words;

/// Rubric: turns verdicts into points.
#[derive(Clone, Debug)]
pub(crate) struct Rubric {
    name: Words,
    scales: Vec<Scale>,
    /// The settings that hold where it is given with `--course`.
    pub(crate) course: Course,
}

/// The course's own rubric.
const COURSE: &str = include_str!("../../../rubrics/curso.toml");

impl Rubric {
    /// The course's: 5 points for the server and 5 for the client, each at 100, 75, 50, 25 or 0 %.
    ///
    /// # Panics
    ///
    /// Never: it is part of the program, and a test reads it.
    pub(crate) fn course() -> Self {
        Self::parse(COURSE).expect("the course's rubric is well formed")
    }

    /// Reads a rubric.
    ///
    /// # Errors
    ///
    /// It is not TOML, has an unknown key, names a check that does not exist, or has levels that
    /// can never be reached.
    pub(crate) fn parse(toml: &str) -> Result<Self, RubricError> {
        form::parse(toml)
    }

    /// Returns the marks of a submission. A program without a verdict gets none, neither good nor
    /// bad; nor does one in an interrupted run.
    pub(crate) fn marks(&self, report: &Report) -> Marks {
        arithmetic::marks(self, report)
    }
}

#[cfg(test)]
mod tests;
