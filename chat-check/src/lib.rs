//! The grader of any chat server or client.
//!
//! A run is one page: [`grade::grading`]. It finds out how a program speaks (a [`dialect`]), chooses
//! from the [catalogue](checks::catalogue) of checks, and runs them ([`grade::runner`]). What came of
//! it is a [result](grade::result), from which marks follow by a [rubric](grade::rubric), and which
//! is told in the forms of a [`report`].
//!
//! A check plays on a [`scene`]: it starts a [program](sandbox::program) in a network and a folder of
//! its own, and speaks to it as one or more [participants](scene::participant). What it finds is a
//! [`verdict`].
//!
//! | what | where |
//! |---|---|
//! | processes, sockets and transcripts: what every test of a program stands on | [`chat_drive`] |
//! | networks, process trees, limits, working directories | [`sandbox`] |
//! | finding out dialects | `discovery/` |
//! | the requirements, and those that nobody outside can see | [`checks`] |
//! | a class of submissions | [`batch`] |

mod advice;
pub mod app;
pub mod batch;
pub mod checks;
pub mod cli;
pub mod dialect;
mod discovery;
pub mod exit;
pub mod grade;
pub mod options;
pub mod report;
pub mod sandbox;
pub mod scene;
pub mod text;
pub mod verdict;
