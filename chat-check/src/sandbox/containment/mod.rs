//! Containment of a program: how it is started within its limits, watched, and ended.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

use std::path::PathBuf;

#[cfg(not(target_os = "linux"))]
pub(crate) use self::elsewhere::{Watch, command, grouped};
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{Watch, command, grouped};
use crate::sandbox::limits::Limits;

/// A program that is about to be started.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "where there are no keepers, nobody enforces limits")
)]
pub(crate) struct Start {
    /// Who starts it and keeps it.
    pub(crate) supervisor: PathBuf,
    /// Its name and its arguments.
    pub(crate) words: Vec<String>,
    /// Where.
    pub(crate) folder: PathBuf,
    /// All that stands in its environment.
    pub(crate) environment: Vec<(String, String)>,
    /// What it may use.
    pub(crate) limits: Limits,
}
