//! One run: connects clients, passes a barrier, warms up, measures, drains.
//!
//! Connecting, then a barrier at which every receiver has heard every sender, then a warm-up, then
//! the measuring window, then waiting for what is still under way. Only messages whose time comes
//! within the window count, and they are waited for.

pub(crate) mod accounts;
pub(crate) mod barrier;
pub(crate) mod connecting;
pub(crate) mod findings;
pub(crate) mod fleet;
pub(crate) mod observer;
pub(crate) mod pacer;
pub(crate) mod phases;
mod returning;
mod seconds;
mod usage;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::plan::Plan;
use crate::run::barrier::Failure;
use crate::run::findings::Measurements;
use crate::run::fleet::Fleet;
use crate::run::observer::{Edge, Observer};
use crate::run::phases::Phases;
use crate::system::target::Servers;
use crate::traffic::timing::intervals::Intervals;

/// Carries out a plan. `mark` tells its texts from those of other runs; `target` is the server that the plan may
/// have killed.
///
/// When `stop` becomes true it drains, and gives what it has.
///
/// # Errors
///
/// When nothing could be measured.
pub(crate) fn run(
    plan: &Plan,
    mark: u32,
    target: Option<&Servers>,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<Measurements, Failure> {
    let (fleet, reports) = Fleet::new(plan, mark).map_err(Failure::Start)?;
    observer.edge(Edge::Before);
    barrier::connect_and_prove(plan, &fleet, observer, stop)?;
    fleet.begin();
    let intervals =
        Intervals::new(plan.numbers.canary_thread() as usize + 1, plan.duration.as_secs_f64());
    let mut phases = Phases::new(plan, &fleet, &reports, observer, stop, intervals);
    let paced = phases.measure(target)?;
    let Phases { mut intervals, edges, unsent, interrupted, still_arriving, .. } = phases;
    let shared = Arc::clone(&fleet.shared);
    let (findings, last) = fleet.finish(reports);
    for report in last {
        for ended in intervals.take(report) {
            observer.interval(ended);
        }
    }
    let (ended, totals) = intervals.finish();
    for ended in ended {
        observer.interval(ended);
    }
    Ok(Measurements { shared, findings, totals, paced, edges, unsent, interrupted, still_arriving })
}
