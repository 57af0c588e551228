//! Who lags behind what is said, and may still catch up.

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The members of a room who lag behind.
pub(crate) struct Lagging(TaskTracker);

/// Held for as long as a member lags and may catch up.
pub(crate) struct Lag(#[expect(dead_code, reason = "held")] TaskTrackerToken);

impl Lagging {
    /// Nobody.
    pub(crate) fn new() -> Self {
        let all = TaskTracker::new();
        // Closed, so that it can be waited for.
        all.close();
        Self(all)
    }

    /// One more.
    pub(crate) fn lag(&self) -> Lag {
        Lag(self.0.token())
    }

    /// Whether nobody lags.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Waits until nobody lags. Cancel-safe.
    pub(crate) async fn nobody(&self) {
        self.0.wait().await;
    }
}
