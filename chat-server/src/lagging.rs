//! Who lags behind what is said, and is waited for.

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The members of a room who lag behind; and all who do, whatever room they are in, because who
/// floods one room must not flood somebody in another by private messages.
///
/// Both are closed, so that they can be waited for until nobody lags.
#[derive(Clone)]
pub(crate) struct Lagging {
    pub(crate) here: TaskTracker,
    pub(crate) anywhere: TaskTracker,
}

/// Held for as long as a member lags and is waited for.
pub(crate) struct Lag {
    _here: TaskTrackerToken,
    _anywhere: TaskTrackerToken,
}

impl Lagging {
    /// Nobody.
    pub(crate) fn new() -> Self {
        let all = Self { here: TaskTracker::new(), anywhere: TaskTracker::new() };
        all.here.close();
        all.anywhere.close();
        all
    }

    /// Nobody in one more room.
    pub(crate) fn elsewhere(&self) -> Self {
        Self { anywhere: self.anywhere.clone(), ..Self::new() }
    }

    /// One more.
    pub(crate) fn lag(&self) -> Lag {
        Lag { _here: self.here.token(), _anywhere: self.anywhere.token() }
    }
}
