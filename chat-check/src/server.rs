//! The checks of servers, by the specification's chapters.

mod c2_broadcast;

use crate::catalogue::Check;

/// All of them.
pub(crate) const CHECKS: &[&[&Check]] = &[c2_broadcast::CHECKS];
