//! Faults of the nodes of one chat, and of their broker, while clients talk.

use std::sync::atomic::Ordering;
use std::thread::Scope;
use std::time::Duration;

use super::cuts::{Killer, kill, wait_until};
use crate::plan::Plan;
use crate::system::target::{Servers, Target, TargetError};
use crate::traffic::clock::nanoseconds;
use crate::traffic::shared::Shared;

/// Time until a node that was killed is started again.
const NODE_AWAY: Duration = Duration::from_secs(2);
/// Time until a broker that was killed is started again.
const BROKER_AWAY: Duration = Duration::from_secs(1);

/// Starts the threads that make the plan's faults, from `begin`; the window is from `start` to `end`.
pub(in crate::run) fn begin<'scope>(
    scope: &'scope Scope<'scope, '_>,
    plan: &Plan,
    shared: &'scope Shared,
    servers: Option<&'scope Servers>,
    [begin, start, end]: [u64; 3],
) -> Vec<Killer<'scope>> {
    let Some(servers) = servers else { return Vec::new() };
    let middle = start + (end - start) / 2;
    let mut faults = Vec::new();
    if let Some(every) = plan.faults.kill_node {
        let every = nanoseconds(every.as_secs_f64());
        faults.push(scope.spawn(move || kill_in_turn(shared, servers, every, [begin, end])));
    }
    if let Some(time) = plan.faults.cut_node {
        let time = nanoseconds(time.as_secs_f64());
        let from = middle.saturating_sub(time / 2);
        faults.push(scope.spawn(move || {
            cut(shared, servers, from, time);
            Ok(())
        }));
    }
    if let Some(broker) = servers.broker().filter(|_| plan.faults.kill_broker) {
        faults.push(scope.spawn(move || kill_broker(shared, broker, middle)));
    }
    faults
}

/// Kills one node after the other at these intervals, and starts each again. None is killed that could not begin again
/// before the end.
fn kill_in_turn(
    shared: &Shared,
    servers: &Servers,
    every: u64,
    [begin, end]: [u64; 2],
) -> Result<(), TargetError> {
    let away = nanoseconds(NODE_AWAY.as_secs_f64());
    let mut time = begin + every;
    for (index, node) in servers.nodes().iter().enumerate().cycle() {
        if !wait_until(shared, time, end.saturating_sub(away)) {
            break;
        }
        kill(shared, (index, node), away)?;
        time = shared.clock.now().max(time + every);
    }
    Ok(())
}

/// Cuts the last node off from the broker for that time.
fn cut(shared: &Shared, servers: &Servers, from: u64, time: u64) {
    if wait_until(shared, from, u64::MAX) {
        servers.cut(true);
        shared.seam.node_cuts.fetch_add(1, Ordering::Relaxed);
        wait_until(shared, from + time, u64::MAX);
        servers.cut(false);
    }
}

/// Kills the broker, and starts it again.
fn kill_broker(shared: &Shared, broker: &Target, at: u64) -> Result<(), TargetError> {
    if !wait_until(shared, at, u64::MAX) {
        return Ok(());
    }
    broker.kill();
    shared.seam.broker_kills.fetch_add(1, Ordering::Relaxed);
    wait_until(shared, shared.clock.now() + nanoseconds(BROKER_AWAY.as_secs_f64()), u64::MAX);
    broker.restart()
}
