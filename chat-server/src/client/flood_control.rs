//! Flood control: backpressure on a client that says more than others can read (requirement 2.1).
//!
//! A client that floods the room faster than a member reads would fill that member's outbox and make
//! it miss messages, even if it is only a moment behind. So while a member lags, a flooder is not read
//! from. Members that do not catch up within half a second, or take nothing for a tenth, are slow, and
//! waited for no more. And a flooder's patience has an end, however many fall behind however often:
//! a slow consumer does not hold up even a flooder for long. A client that talks at a human pace, or at a
//! machine's ordinary one, is never held.

use std::time::Duration;

use chat_protocol::options::rate::Bucket;
use tokio::time::Instant;

use crate::net::clock::Clock;
use crate::room::order::Room;

/// The text that one client may say within [`WINDOW`], in bytes, before it counts as a flood:
/// 160 KB/s, some two thousand messages a second. A longest line is no flood.
///
/// It is also as much as a client says in one turn, so that a dozen that begin to flood in the same
/// moment fit into an outbox.
pub(crate) const BURST: usize = 16 * 1024;

const WINDOW: Duration = Duration::from_millis(100);

/// The time for which a flooder is held for others in all. Enough for a file of some megabytes to
/// reach a member that reads a few of them in a second.
const PATIENCE: Duration = Duration::from_secs(2);

/// The factor from the time for which a flooder was held to the time until it can be held again.
const RECOVERY: u64 = 10;

/// The recent volume of one client, and its patience.
pub(crate) struct FloodControl {
    since: Instant,
    said: usize,
    /// One token is one nanosecond of holding that is left.
    patience: Bucket,
}

impl FloodControl {
    pub(crate) fn new(now: Instant) -> Self {
        let patience = Bucket::new(RECOVERY, nanoseconds(PATIENCE), now.into_std());
        Self { since: now, said: 0, patience }
    }

    /// The client has said so many bytes.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.said += bytes;
    }

    /// Waits until the room can take what this client says next. Cancel-safe.
    pub(crate) async fn wait_for<T>(&mut self, room: &Room<T>, clock: &Clock) {
        loop {
            room.has_space().await;
            // The clock is asked once for so much text, and not for each line.
            if room.lagging().is_empty() && self.said < BURST {
                return;
            }
            let begun = clock.now();
            if !self.is_flood(begun) || room.lagging().is_empty() {
                return;
            }
            let patience = Duration::from_nanos(self.patience.tokens(begun.into_std()));
            // Boxed: every connection would have the space for what hardly any ever waits for.
            let in_time = Box::pin(async {
                tokio::select! {
                    () = room.lagging().emptied() => true,
                    () = clock.sleep_until(begun + patience) => false,
                }
            });
            let in_time = in_time.await;
            let now = clock.now();
            // While it is held, nothing comes back.
            let held = nanoseconds(now - begun);
            self.patience.spend_many(held + held / RECOVERY, begun.into_std());
            if !in_time {
                return;
            }
            // That it was silent meanwhile does not make it calm.
            self.since = now;
        }
    }

    /// Returns whether the client floods the room.
    fn is_flood(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since) >= WINDOW {
            (self.since, self.said) = (now, 0);
        }
        self.said >= BURST
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[test]
    fn r2_1_a_flood_is_much_text_in_little_time() {
        let begun = Instant::now();
        let mut flood = FloodControl::new(begun);
        flood.count(BURST - 1);
        assert!(!flood.is_flood(begun));
        flood.count(1);
        assert!(flood.is_flood(begun));
        flood.since = begun + WINDOW;
        assert!(flood.is_flood(begun + WINDOW), "having been held is not being calm");
        assert!(!flood.is_flood(begun + 2 * WINDOW), "it is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn r1_4_members_who_lag_all_the_time_do_not_hold_a_flooder_for_long() {
        let room: Room<()> = Room::new(None);
        let _always = room.lagging().lag();
        let clock = Clock::start();
        let begun = Instant::now();
        let mut flood = FloodControl::new(begun);
        flood.count(BURST);
        flood.wait_for(&room, &clock).await;
        assert_eq!(begun.elapsed(), PATIENCE);
        let recovered = Duration::from_millis(50);
        for _ in 0..3 {
            advance(10 * recovered).await;
            flood.since = Instant::now();
            flood.count(BURST);
            let begun = Instant::now();
            flood.wait_for(&room, &clock).await;
            assert_eq!(begun.elapsed(), recovered);
        }
    }

    #[test]
    fn r1_4_ordinary_talk_is_no_flood() {
        let begun = Instant::now();
        let mut flood = FloodControl::new(begun);
        for millis in 0..10_000 {
            flood.count(160);
            assert!(!flood.is_flood(begun + Duration::from_millis(millis)));
        }
    }
}
