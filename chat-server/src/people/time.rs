//! The time of what is done among people.

use std::time::Duration;

use tokio::time::Instant;

use crate::net::clock::since_1970;

/// The time of what is done now: by the system's clocks, or a given one, so that the same is decided wherever the same is
/// done.
#[derive(Debug)]
pub(crate) struct Time {
    /// Since 1970 (UTC).
    given: Option<Duration>,
    /// The start: an instant, and the time since 1970.
    begun: (Instant, Duration),
}

impl Time {
    pub(crate) fn start() -> Self {
        Self { given: None, begun: (Instant::now(), since_1970()) }
    }

    /// It is this time since 1970 from now on. `None`: the clocks are asked.
    pub(crate) fn set(&mut self, given: Option<Duration>) {
        self.given = given;
    }

    /// The time since 1970 (UTC): for what is shown to people, or kept in a file.
    pub(crate) fn since_1970(&self) -> Duration {
        self.given.unwrap_or_else(since_1970)
    }

    /// The same by a clock that is never set anew, however long the process runs: for what is due.
    pub(crate) fn steady(&self) -> Duration {
        let (begun, since_1970) = self.begun;
        self.given.unwrap_or_else(|| since_1970 + begun.elapsed())
    }

    /// The instant at which the steady clock shows this time; at the earliest the start.
    pub(crate) fn instant(&self, steady: Duration) -> Instant {
        let (begun, since_1970) = self.begun;
        begun + steady.saturating_sub(since_1970)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_given_time_holds_until_the_clocks_are_asked_again() {
        const SECOND: Duration = Duration::from_secs(1);
        let mut time = Time::start();
        let begun = time.steady();
        tokio::time::advance(SECOND).await;
        assert_eq!(time.steady(), begun + SECOND);
        assert_eq!(time.instant(begun + SECOND), Instant::now());
        time.set(Some(SECOND));
        assert_eq!((time.steady(), time.since_1970()), (SECOND, SECOND));
        time.set(None);
        assert_eq!(time.steady(), begun + SECOND);
    }
}
