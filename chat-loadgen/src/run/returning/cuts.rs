//! Clients that are cut off and come back while the others talk, and servers that are killed.

use std::sync::atomic::Ordering;
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use crate::plan::Plan;
use crate::run::fleet::Fleet;
use crate::system::target::{Servers, Target, TargetError};
use crate::traffic::clock::nanoseconds;
use crate::traffic::seam::Cut;
use crate::traffic::shared::Shared;
use crate::wire::random::{mix, state};

/// Time for which a client does not read before it is cut off, where unread bytes are wanted.
const DEAF: Duration = Duration::from_millis(20);
/// Interval at which a waiting thread looks whether the run still sends, in nanoseconds.
const LOOK: u64 = 50_000_000;

/// A thread that makes faults of servers. It ends with the measuring window.
pub(in crate::run) type Killer<'scope> = ScopedJoinHandle<'scope, Result<(), TargetError>>;

/// Starts the threads that a plan with faults needs. They cut clients off from `begin` to the window's end, bring them
/// back until the seam ends, and kill the only server.
pub(in crate::run) fn begin<'scope>(
    scope: &'scope Scope<'scope, '_>,
    plan: &'scope Plan,
    fleet: &'scope Fleet,
    servers: Option<&'scope Servers>,
    (begin, end): (u64, u64),
) -> Option<Killer<'scope>> {
    if plan.resumes() {
        for _ in 0..plan.connecting.concurrency {
            scope.spawn(|| bring_back(fleet));
        }
    }
    if plan.faults.reconnect > 0.0 {
        scope.spawn(move || cut(plan, fleet, begin, end));
    }
    let (every, only) = plan.faults.kill_every.zip(servers?.nodes().first())?;
    let every = nanoseconds(every.as_secs_f64());
    Some(scope.spawn(move || kill_often(&fleet.shared, only, every, (begin, end))))
}

/// Cuts clients off at the plan's rate, chosen by its seed. One that is away is not cut again.
fn cut(plan: &Plan, fleet: &Fleet, begin: u64, end: u64) {
    let mut number = 0_u32;
    loop {
        number += 1;
        let time = begin + nanoseconds(f64::from(number) / plan.faults.reconnect);
        let dice = mix(state(plan.seed, number.into()));
        let client = dice % u64::from(plan.numbers.clients);
        let client = u32::try_from(client).unwrap_or_default();
        let how = Cut::chosen(dice);
        let deaf = if how.unread { nanoseconds(DEAF.as_secs_f64()) } else { 0 };
        if !wait_until(&fleet.shared, time.saturating_sub(deaf), end) {
            return;
        }
        if how.unread {
            fleet.deafen(client);
            fleet.shared.clock.sleep_until(time);
        }
        fleet.cut(client, how);
    }
}

/// Brings clients back that are away, one after another.
fn bring_back(fleet: &Fleet) {
    let Shared { seam, clock, .. } = &*fleet.shared;
    while let Some(away) = seam.next(|| clock.now()) {
        if fleet.bring_back(away).is_err() {
            seam.try_again(away, clock.now());
        }
    }
}

/// Kills the server and starts it again, at these intervals.
fn kill_often(
    shared: &Shared,
    only: &Target,
    every: u64,
    (begin, end): (u64, u64),
) -> Result<(), TargetError> {
    let mut time = begin + every;
    while wait_until(shared, time, end) {
        kill(shared, (0, only), 0)?;
        time = shared.clock.now().max(time) + every;
    }
    Ok(())
}

/// Kills a server, and starts it again after that time. Where that fails, nothing more is sent.
pub(super) fn kill(
    shared: &Shared,
    (index, server): (usize, &Target),
    away: u64,
) -> Result<(), TargetError> {
    shared.seam.begin_kill(index);
    server.kill();
    shared.seam.end_kill(index, shared.clock.now());
    wait_until(shared, shared.clock.now() + away, u64::MAX);
    server.restart().inspect_err(|_| shared.progress.silent.store(true, Ordering::Relaxed))
}

/// Returns whether the time was reached while the run sends, and before its end.
pub(super) fn wait_until(shared: &Shared, time: u64, end: u64) -> bool {
    loop {
        let now = shared.clock.now();
        if time >= end || shared.progress.silent.load(Ordering::Relaxed) {
            return false;
        }
        if now >= time {
            return true;
        }
        shared.clock.sleep_until(time.min(now + LOOK));
    }
}
