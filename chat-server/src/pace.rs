//! Who says more than others can hear (requirement 2.1).
//!
//! A client that floods the room faster than its slowest member reads would fill that member's
//! outbox and cost it its connection. So while somebody lags behind, a flooder is not read from.
//! Members that do not catch up within half a second, or take nothing for a tenth, are slow, and
//! waited for no more; nor does anybody wait longer than that at a time, however many fall behind.
//! Who talks at a human pace, or a machine's ordinary one, is not held for anybody.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::lagging::Lagging;
use crate::outbox::GRACE;
use crate::room::{FULL, Room};

/// How much text one client may say within [`WINDOW`], in bytes, before it counts as a flood:
/// 160 KB/s, some two thousand messages a second. A longest line is no flood.
///
/// It is also as much as a client says in one turn, so that a dozen who begin to flood in the same
/// moment fit into an outbox.
pub(crate) const BURST: usize = 16 * 1024;

const WINDOW: Duration = Duration::from_millis(100);

/// How much a client has said of late.
pub(crate) struct Pace {
    lagging: Lagging,
    since: Instant,
    said: usize,
    /// How much more it may say before it is held again, in bytes.
    excused: usize,
}

impl Pace {
    pub(crate) fn new(lagging: Lagging, now: Instant) -> Self {
        Self { lagging, since: now, said: 0, excused: 0 }
    }

    /// The client has said so many bytes.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.said += bytes;
        self.excused = self.excused.saturating_sub(bytes);
    }

    /// Waits until the room can take what this client says next. Cancel-safe.
    pub(crate) async fn wait_for<M>(&mut self, room: &Room<M>) {
        loop {
            room.has_space().await;
            if self.lagging.is_empty() || !self.is_flood(Instant::now()) {
                return;
            }
            // Boxed: every connection would have the space for what hardly any ever waits for.
            if Box::pin(timeout(GRACE, self.lagging.nobody())).await.is_err() {
                // Who lagged at the beginning does so no more, or is slow; who has begun since must
                // not hold up anybody for ever.
                self.excused = FULL;
            }
            self.held_until(Instant::now());
        }
    }

    /// The client was held until now. That it was silent meanwhile does not make it calm.
    fn held_until(&mut self, now: Instant) {
        self.since = now;
    }

    /// Whether the client floods the room.
    fn is_flood(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since) >= WINDOW {
            (self.since, self.said) = (now, 0);
        }
        self.said >= BURST && self.excused == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_1_a_flood_is_much_text_in_little_time() {
        let begun = Instant::now();
        let mut pace = Pace::new(Lagging::new(), begun);
        pace.count(BURST - 1);
        assert!(!pace.is_flood(begun));
        pace.count(1);
        assert!(pace.is_flood(begun));
        pace.held_until(begun + WINDOW);
        assert!(pace.is_flood(begun + WINDOW), "being held is not being calm");
        assert!(!pace.is_flood(begun + 2 * WINDOW), "it is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn r1_4_members_who_lag_one_after_another_do_not_hold_a_flooder_for_ever() {
        let lagging = Lagging::new();
        let room: Room<()> = Room::new();
        let _always = lagging.lag();
        let mut pace = Pace::new(lagging.clone(), Instant::now());
        for _ in 0..3 {
            pace.count(FULL);
            let begun = Instant::now();
            pace.wait_for(&room).await;
            assert_eq!(begun.elapsed(), GRACE);
            pace.count(FULL - 1);
            pace.wait_for(&room).await;
            assert_eq!(begun.elapsed(), GRACE, "it may say this much in between");
        }
    }

    #[test]
    fn r1_4_ordinary_talk_is_no_flood() {
        let begun = Instant::now();
        let mut pace = Pace::new(Lagging::new(), begun);
        for millis in 0..10_000 {
            pace.count(160);
            assert!(!pace.is_flood(begun + Duration::from_millis(millis)));
        }
    }
}
