//! Marks: how verdicts become points.
//!
//! A rubric is a TOML file; `rubrics/curso.toml` is the course's own and explains the form. Only
//! faults of the program cost something: a check that failed twice. What was skipped costs
//! nothing of its own, because what it depends on has cost it already; and what could not be seen,
//! or failed once only, or where the checker is at fault, costs nothing at all.

mod arithmetic;
mod form;

use serde::{Deserialize, Serialize};

pub use self::form::RubricError;
use self::form::Scale;
use crate::check::Side;
use crate::report::Report;
use crate::select::Patterns;
use crate::text::Words;

/// The points of a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// The rubric's own name for itself.
    pub rubric: String,
    /// One for each program that was checked.
    pub parts: Vec<PartMarks>,
    /// The sum of the points.
    pub points: f64,
    /// What can be reached, also where a run that did not come to its end gives no points.
    pub of: f64,
}

/// The points of one program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartMarks {
    /// Which program.
    pub side: Side,
    /// The points it gets.
    pub points: f64,
    /// What it could get.
    pub of: f64,
    /// The level that it reached, in percent.
    pub percent: f64,
    /// What that level means, in the rubric's words.
    pub level: String,
    /// The arithmetic, line by line: `5 × 75 % = 3.75`.
    pub arithmetic: Vec<String>,
    /// Why it is not all, one for each thing that cost something. Together they are what is missing.
    pub lost: Vec<Loss>,
}

/// Something that cost points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// How many.
    pub points: f64,
    /// Why, in a sentence.
    pub reason: String,
    /// The checks that are to blame, by name. There are none if the program did not start.
    pub checks: Vec<String>,
}

/// How verdicts become points.
#[derive(Clone, Debug)]
pub struct Rubric {
    name: Words,
    scales: Vec<Scale>,
}

/// The course's own rubric.
const COURSE: &str = include_str!("../rubrics/curso.toml");

impl Rubric {
    /// The course's: 5 points for the server and 5 for the client, each at 100, 75, 50, 25 or 0 %.
    ///
    /// # Panics
    ///
    /// Never: it is part of the program, and a test reads it.
    pub fn course() -> Self {
        Self::parse(COURSE).expect("the course's rubric is well formed")
    }

    /// Reads a rubric.
    ///
    /// # Errors
    ///
    /// It is no TOML, has a key that means nothing, names a check that does not exist, or has
    /// levels of which some can never be reached.
    pub fn parse(toml: &str) -> Result<Self, RubricError> {
        form::parse(toml)
    }

    /// The marks of a submission. A program of which nothing was judged gets none, neither good nor
    /// bad; nor does any that was not seen to its end.
    pub fn marks(&self, report: &Report) -> Marks {
        arithmetic::marks(self, report)
    }
}

#[cfg(test)]
mod tests;
