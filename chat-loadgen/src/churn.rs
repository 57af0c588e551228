//! Clients that leave and come back while the others talk.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::connecting::{nanoseconds, whole};
use crate::fleet::Fleet;
use crate::plan::Plan;

/// How long a client that churns is there on average, in seconds: so many clients take turns.
const STAY: f64 = 2.0;
/// How often it is looked whether there is something to do.
const LOOK: Duration = Duration::from_millis(5);

/// How many clients take turns in leaving and coming back.
pub fn churners(plan: &Plan) -> u32 {
    u32::try_from(whole((plan.churn * STAY).ceil())).unwrap_or(u32::MAX)
}

/// Lets clients leave and come back at that rate, from `begin` (nanoseconds of the run's clock)
/// until nothing is sent any more.
pub fn churn(fleet: &Fleet, rate: f64, begin: u64) {
    let trial = &*fleet.trial;
    let churners = fleet.churners();
    let clients = u32::try_from(churners.len()).unwrap_or(u32::MAX);
    for (turn, &index) in (0_u32..).zip(churners.iter().cycle()) {
        let time = begin + nanoseconds(f64::from(turn + 1) / rate);
        while trial.clock.now() < time {
            if trial.progress.silent.load(Ordering::Relaxed) {
                return;
            }
            let look = trial.clock.now() + nanoseconds(LOOK.as_secs_f64());
            trial.clock.sleep_until(time.min(look));
        }
        fleet.leave(index);
        while trial.progress.left.load(Ordering::Relaxed) < u64::from(turn) + 1 {
            if trial.progress.silent.load(Ordering::Relaxed) {
                return;
            }
            thread::sleep(LOOK);
        }
        // A server that is too busy to be connected to has one client less for a while.
        let _ = fleet.reconnect(index, turn / clients + 1);
    }
}
