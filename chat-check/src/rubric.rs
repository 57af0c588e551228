//! Marks: how verdicts become points.

use serde::{Deserialize, Serialize};

use crate::catalogue::Side;

/// The points of a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// The rubric's own name for itself.
    pub rubric: String,
    /// One for each program that was checked.
    pub parts: Vec<PartMarks>,
    /// The sum of the points.
    pub points: f64,
    /// What can be reached.
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
    /// Why it is not all, one for each thing that cost something.
    pub lost: Vec<String>,
}
