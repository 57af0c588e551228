//! Clients that leave and come back while the others talk.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::run::fleet::Fleet;
use crate::traffic::clock::nanoseconds;

/// Polling interval.
const LOOK: Duration = Duration::from_millis(5);

/// Lets clients leave and come back at that rate, from `begin` (nanoseconds of the run's clock)
/// until nothing is sent any more.
pub(crate) fn churn(fleet: &Fleet, rate: f64, begin: u64) {
    let shared = &*fleet.shared;
    let churners = fleet.churners();
    let clients = u32::try_from(churners.len()).unwrap_or(u32::MAX);
    for (turn, &index) in (0_u32..).zip(churners.iter().cycle()) {
        let time = begin + nanoseconds(f64::from(turn + 1) / rate);
        while shared.clock.now() < time {
            if shared.progress.silent.load(Ordering::Relaxed) {
                return;
            }
            let look = shared.clock.now() + nanoseconds(LOOK.as_secs_f64());
            shared.clock.sleep_until(time.min(look));
        }
        fleet.leave(index);
        while shared.progress.left.load(Ordering::Relaxed) < u64::from(turn) + 1 {
            if shared.progress.silent.load(Ordering::Relaxed) {
                return;
            }
            thread::sleep(LOOK);
        }
        // A server that is too busy to be connected to has one client less for a while.
        let _ = fleet.reconnect(index, turn / clients + 1);
    }
}
