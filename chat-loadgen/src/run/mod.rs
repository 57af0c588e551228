//! A run, from the first connection to what it found out.
//!
//! Connecting, then a barrier at which every receiver has heard every sender, then a warm-up, then
//! the measuring window, then waiting for what is still under way. Only messages whose time comes
//! within the window count, and they are waited for.

pub mod barrier;
pub mod churn;
pub mod connecting;
pub mod experiment;
pub mod findings;
pub mod fleet;
pub mod observer;
pub mod pacer;
pub mod phases;
pub mod watch;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::plan::Plan;
use crate::run::barrier::Failure;
use crate::run::findings::Outcome;
use crate::run::fleet::Fleet;
use crate::run::observer::{Edge, Observer};
use crate::run::phases::Course;
use crate::traffic::timing::intervals::Intervals;

/// Carries out a plan. `mark` tells its texts from those of other runs.
///
/// When `stop` becomes true it drains, and gives what it has.
///
/// # Errors
///
/// When nothing could be measured.
pub fn run(
    plan: &Plan,
    mark: u32,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<Outcome, Failure> {
    let (fleet, reports) = Fleet::new(plan, mark).map_err(Failure::Start)?;
    observer.edge(Edge::Before);
    barrier::gather(plan, &fleet, observer, stop)?;
    fleet.begin();
    let intervals = Intervals::new(plan.numbers.threads as usize + 1, plan.duration.as_secs_f64());
    let mut course = Course::new(plan, &fleet, &reports, observer, stop, intervals);
    let paced = course.measure();
    let Course { mut intervals, edges, unsent, interrupted, .. } = course;
    let trial = Arc::clone(&fleet.trial);
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
    Ok(Outcome { trial, findings, totals, paced, edges, unsent, interrupted })
}
