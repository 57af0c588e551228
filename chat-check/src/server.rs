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
mod c5_claims;
mod c5_names;
mod c5_presence;
mod c6_commands;
mod c6_conversation;
mod c6_rooms;
mod c7_one_to_one;
mod c8_idle;
mod moments;
mod printing;

use crate::check::Check;

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
    c5_names::CHECKS,
    c5_presence::CHECKS,
    c5_claims::CHECKS,
    c6_conversation::CHECKS,
    c6_rooms::CHECKS,
    c6_commands::CHECKS,
    c7_one_to_one::CHECKS,
    c8_idle::CHECKS,
];
