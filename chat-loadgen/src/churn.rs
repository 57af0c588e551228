//! Clients that leave and come back while the others talk.

use std::sync::atomic::Ordering;

use crate::connecting::{nanoseconds, whole};
use crate::fleet::Fleet;
use crate::plan::Plan;

/// How long a client that churns is there on average, in seconds: so many clients take turns.
const STAY: f64 = 2.0;

/// How many clients take turns in leaving and coming back.
pub fn churners(plan: &Plan) -> u32 {
    u32::try_from(whole((plan.churn * STAY).ceil())).unwrap_or(u32::MAX)
}

/// Lets clients leave and come back at that rate, from `begin` (nanoseconds of the run's clock)
/// until nothing is sent any more.
pub fn churn(fleet: &Fleet, rate: f64, begin: u64) {
    let trial = &*fleet.trial;
    let churners = fleet.churners();
    let mut times = (0_u32..).map(|k| begin + nanoseconds(f64::from(k + 1) / rate));
    for &index in churners.iter().cycle() {
        let time = times.next().unwrap_or(u64::MAX);
        while trial.clock.now() < time {
            if trial.progress.silent.load(Ordering::Relaxed) {
                return;
            }
            let pause = nanoseconds(0.01);
            trial.clock.sleep_until(time.min(trial.clock.now() + pause));
        }
        fleet.leave(index);
        // A server that is too busy to be connected to has one client less for a while.
        let _ = fleet.reconnect(index);
    }
}
