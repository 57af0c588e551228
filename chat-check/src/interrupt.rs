//! Whether whoever started the checker wants it to end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set once, by a signal, for the whole process: every wait in it ends.
static WANTED: AtomicBool = AtomicBool::new(false);

/// How long anything waits without looking whether it is still to wait.
pub(crate) const GLANCE: Duration = Duration::from_millis(100);

/// Everything is to end soon. Returns whether it was already.
pub fn want() -> bool {
    WANTED.swap(true, Ordering::Relaxed)
}

/// Whether everything is to end soon.
pub fn is_wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}
