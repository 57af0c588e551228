//! The checks of servers, by the specification's chapters.

mod c1_connecting;
mod c1_crowd;
mod c1_running;
mod c1_stuck;
mod c2_broadcast;
mod c2_bytes;
mod c2_lines;
mod c2_speakers;
mod c3_gone;
mod c3_leaving;
mod c3_remains;
mod moments;
mod printing;

use crate::catalogue::Check;

/// All of them.
pub(crate) const CHECKS: &[&[&Check]] = &[
    c1_connecting::CHECKS,
    c1_running::CHECKS,
    c1_crowd::CHECKS,
    c2_broadcast::CHECKS,
    c2_lines::CHECKS,
    c2_bytes::CHECKS,
    c2_speakers::CHECKS,
    c3_leaving::CHECKS,
    c3_gone::CHECKS,
    c1_stuck::CHECKS,
    c3_remains::CHECKS,
];
