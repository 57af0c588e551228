//! The checks of servers, by the specification's chapters.

mod c2_broadcast;
mod c5_claims;
mod c5_names;
mod c5_presence;
mod c6_commands;
mod c6_conversation;
mod c6_rooms;
mod c7_one_to_one;
mod c8_idle;

use crate::catalogue::Check;

/// All of them.
pub(crate) const CHECKS: &[&[&Check]] = &[
    c2_broadcast::CHECKS,
    c5_names::CHECKS,
    c5_claims::CHECKS,
    c5_presence::CHECKS,
    c6_conversation::CHECKS,
    c6_rooms::CHECKS,
    c6_commands::CHECKS,
    c7_one_to_one::CHECKS,
    c8_idle::CHECKS,
];
