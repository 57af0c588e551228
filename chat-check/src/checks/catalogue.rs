//! All checks there are.

use crate::checks::check::{Check, Side};
use crate::checks::{client, server};

/// The checks of one program, those that others need before those others.
pub fn checks(side: Side) -> Vec<&'static Check> {
    match side {
        Side::Server => server::CHECKS.concat(),
        Side::Client => client::CHECKS.concat(),
    }
}
