//! Grading one program: its checks are chosen and run, and verdicts become marks.

pub mod grading;
pub mod result;
pub mod rubric;
pub mod runner;
