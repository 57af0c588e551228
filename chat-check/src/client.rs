//! The checks of clients. The checker plays the server.

use crate::catalogue::Check;

/// All of them.
pub(crate) const CHECKS: &[&[&Check]] = &[];
