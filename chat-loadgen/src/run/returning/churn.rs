//! Clients that leave and come back while the others talk.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
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
    let mut away = Vec::new();
    let mut returns: BTreeMap<u32, u32> = BTreeMap::new();
    for (turn, &index) in (1_u32..).zip(churners.iter().cycle()) {
        let time = begin + nanoseconds(f64::from(turn) / rate);
        loop {
            if shared.progress.silent.load(Ordering::Relaxed) {
                return;
            }
            away.extend(shared.take_left());
            // A server that is too busy to be connected to has one client less for a while.
            away.retain(|&index| {
                let time = returns.entry(index).or_default();
                *time += 1;
                fleet.reconnect(index, *time).is_err()
            });
            let now = shared.clock.now();
            if now >= time {
                break;
            }
            shared.clock.sleep_until(time.min(now + nanoseconds(LOOK.as_secs_f64())));
        }
        fleet.leave(index);
    }
}
