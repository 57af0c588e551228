//! The grader of any chat server or client.
//!
//! A run is one page: `grade/grading.rs`. It finds out a program's `dialect`, chooses from the
//! catalogue of checks, and has them run (`grade/runner.rs`). The outcome is a result, from which
//! marks follow by a rubric; the forms of a report show both.
//!
//! A check runs on a scene: it starts a tested program in a network and a folder of its own, and
//! talks to it as one or more participants. Its result is a verdict.
//!
//! | what | where |
//! |---|---|
//! | processes, terminals, sockets, peers, transcripts: the base of every test of a program | the
//! crate [`chat_drive`] |
//! | resource limits, namespaces, working directories | `sandbox/` |
//! | starting a program, participants, a scripted server | `scene/` |
//! | finding out dialects | `discovery/` |
//! | the requirements, and the checks by chapter | `checks/` |
//! | choosing and running checks, results, marks | `grade/` |
//! | the forms of a report | `report/` |
//! | a class of submissions | `batch/` |
//! | the command line: commands, shared options, exit statuses | [`cli`], `options`, [`exit`] |

mod advice;
pub mod app;
mod batch;
mod checks;
pub mod cli;
mod dialect;
mod discovery;
pub mod exit;
mod grade;
mod options;
mod report;
mod sandbox;
mod scene;
mod text;
mod verdict;
