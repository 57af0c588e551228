//! The grader of any chat server or client, and the harness of this project's own tests.
//!
//! A run is one page: [`order`]. It finds out how a program speaks (a [`dialect`]), chooses from
//! the [`catalogue`] of checks (in `server/` and `client/`), and has them made: an
//! [`examination`]. What came of it is a [`report`], from which marks follow by a [`rubric`].
//!
//! A check plays on a [`scene`]: it starts the program that is its [`subject`], in a network and a
//! folder of its own, and speaks to it with [`voice`]s. What it finds is a [`verdict`].
//!
//! | what | where |
//! |---|---|
//! | the requirements, and those that nobody outside can see | [`requirement`], [`coverage`] |
//! | finding out dialects | `discovery/` |
//! | networks, process trees, limits, folders | [`isolation`], [`keeper`], `containment/`, `home` |
//! | a class of submissions | `batch/` |
//! | the harness of our own end-to-end tests | [`harness`] |

mod advice;
pub mod app;
pub mod batch;
pub mod catalogue;
pub mod check;
pub mod cli;
mod client;
mod containment;
mod copy;
pub mod coverage;
pub mod dialect;
mod discovery;
pub mod examination;
pub mod exit;
pub mod failure;
mod guard;
pub mod harness;
mod home;
pub mod intake;
pub mod isolation;
pub mod keeper;
mod keys;
pub mod limits;
pub mod listing;
pub mod options;
pub mod order;
mod port;
#[cfg_attr(not(target_os = "linux"), path = "process/unseen.rs")]
pub mod process;
pub mod report;
pub mod requirement;
pub mod result;
mod role;
mod room;
pub mod rubric;
pub mod running;
pub mod scene;
pub mod select;
mod server;
pub mod sockets;
pub mod subject;
pub mod terminal;
pub mod terms;
pub mod text;
pub mod transcript;
pub mod verdict;
pub mod voice;
