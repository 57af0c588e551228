//! The checks of clients. The checker plays the server.

mod c2_bytes;
mod c4;
mod c5_name;
mod c7_sign;
mod c8_idle;

use crate::checks::check::Check;

/// All checks of clients.
pub(crate) const CHECKS: &[&[&Check]] = &[
    c4::connect::CHECKS,
    c5_name::CHECKS,
    c4::talk::CHECKS,
    c4::leave::CHECKS,
    c4::end::CHECKS,
    c4::screen::CHECKS,
    c2_bytes::CHECKS,
    c7_sign::CHECKS,
    c8_idle::CHECKS,
];
