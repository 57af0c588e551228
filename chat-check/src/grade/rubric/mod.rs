//! Marks: how verdicts become points.
//!
//! A rubric is a TOML file; `rubrics/curso.toml` is the course's own and explains the form. Only
//! faults of the program cost something: a check that failed twice. What was skipped costs
//! nothing of its own, because what it depends on has cost it already; and what could not be seen,
//! or failed once only, or where the checker is at fault, costs nothing at all.

mod arithmetic;
mod form;
mod wording;

pub(crate) use self::form::RubricError;
use self::form::Scale;
pub(crate) use self::wording::points;
use crate::checks::select::Patterns;
use crate::grade::result::{Marks, Report};
use crate::text::Words;

/// Rubric: turns verdicts into points.
#[derive(Clone, Debug)]
pub(crate) struct Rubric {
    name: Words,
    scales: Vec<Scale>,
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
    /// It is no TOML, has a key that means nothing, names a check that does not exist, or has
    /// levels of which some can never be reached.
    pub(crate) fn parse(toml: &str) -> Result<Self, RubricError> {
        form::parse(toml)
    }

    /// The marks of a submission. A program of which nothing was judged gets none, neither good nor
    /// bad; nor does any that was not seen to its end.
    pub(crate) fn marks(&self, report: &Report) -> Marks {
        arithmetic::marks(self, report)
    }
}

#[cfg(test)]
mod tests;
