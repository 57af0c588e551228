//! Grading one program: its checks are chosen and run, and verdicts become marks.

mod arguments;
mod attempt;
mod board;
pub(crate) mod grading;
pub(crate) mod mending;
pub(crate) mod result;
pub(crate) mod rubric;
pub(crate) mod runner;
