//! The checks of servers, by the specification's chapters.

mod asked;
mod c1;
mod c2;
mod c3;
mod c5;
mod c6;
mod c7_one_to_one;
mod c8_idle;
mod printing;
mod synchronization;

use crate::checks::check::Check;

/// All checks of servers.
pub(crate) const CHECKS: &[&[&Check]] = &[
    c1::connecting::CHECKS,
    c1::running::CHECKS,
    c1::crowd::CHECKS,
    c2::broadcast::CHECKS,
    c2::lines::CHECKS,
    c2::bytes::CHECKS,
    c2::speakers::CHECKS,
    c3::leaving::CHECKS,
    c3::gone::CHECKS,
    c1::stuck::CHECKS,
    c3::remains::CHECKS,
    c5::names::CHECKS,
    c5::presence::CHECKS,
    c5::claims::CHECKS,
    c5::departures::CHECKS,
    c6::conversation::CHECKS,
    c6::rooms::CHECKS,
    c6::commands::CHECKS,
    c7_one_to_one::CHECKS,
    c8_idle::CHECKS,
    asked::CHECKS,
];
