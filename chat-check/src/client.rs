//! The checks of clients. The checker plays the server.

mod c2_bytes;
mod c4_connect;
mod c4_end;
mod c4_leave;
mod c4_screen;
mod c4_talk;
mod c5_name;
mod c7_sign;
mod c8_idle;
pub(crate) mod player;
pub(crate) mod scripted;

use crate::check::Check;

/// All of them.
pub(crate) const CHECKS: &[&[&Check]] = &[
    c4_connect::CHECKS,
    c5_name::CHECKS,
    c4_talk::CHECKS,
    c4_leave::CHECKS,
    c4_end::CHECKS,
    c4_screen::CHECKS,
    c2_bytes::CHECKS,
    c7_sign::CHECKS,
    c8_idle::CHECKS,
];
