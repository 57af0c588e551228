//! A run, from the first connection to what it found out.
//!
//! Connecting, then a barrier at which every receiver has heard every sender, then a warm-up, then
//! the measuring window, then waiting for what is still under way. Only messages whose time comes
//! within the window count, and they are waited for.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::churn;
use crate::course::Course;
use crate::fleet::Fleet;
use crate::gathering::{self, PATIENCE};
use crate::intervals::{Ended, Intervals, Totals};
use crate::pacer::Paced;
use crate::plan::Plan;
use crate::trial::Trial;
use crate::worker::Finding;

/// Why there is no run.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The system gives no thread, or no event queue.
    #[error("cannot start")]
    Start(#[source] io::Error),
    /// Too few clients have a connection.
    #[error("cannot connect to {address}: {failed} of {all} clients failed")]
    Connect {
        /// The server.
        address: SocketAddr,
        /// How many have none.
        failed: usize,
        /// How many were to have one.
        all: usize,
        /// The first one's reason.
        #[source]
        source: io::Error,
    },
    /// The server does not want a client.
    #[error("the server refused a client: {0}")]
    Refused(String),
    /// The server has ended connections before anything was measured.
    #[error("the server closed {0} connections before the start")]
    Closed(u64),
    /// Clients were connected, but the server did not answer what they said.
    #[error("{0} clients got no answer within {PATIENCE:?}")]
    NotServed(u64),
    /// Clients do not hear each other.
    #[error(
        "{0} pairs of clients could not be shown to hear each other: does the server pass on \
         messages, and does it speak this dialect?"
    )]
    Barrier(i64),
    /// Told to stop before anything was measured.
    #[error("interrupted before anything was measured")]
    Interrupted,
}

/// Who wants to know how a run goes on.
pub trait Observer {
    /// How far it has come: called every few milliseconds, with the last second's 99th percentile.
    fn progress(&mut self, phase: Phase, trial: &Trial, p99: Option<u64>);
    /// A second is over.
    fn interval(&mut self, ended: Ended);
    /// The run has come to one of its edges.
    fn edge(&mut self, edge: Edge);
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Clients are being connected.
    Connecting,
    /// Clients are being shown to hear each other.
    Barrier,
    /// Messages do not count yet.
    WarmUp,
    /// Messages count.
    Measuring,
    /// What is still under way is waited for.
    Draining,
}

/// A moment at which what others use is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Nobody is connected yet.
    Before,
    /// The measuring window opens.
    Start,
    /// The measuring window closes.
    End,
}

/// What was found out.
#[derive(Debug)]
pub struct Outcome {
    /// What all threads shared.
    pub trial: Arc<Trial>,
    /// What each worker found, the canary's last.
    pub findings: Vec<Finding>,
    /// The times of all deliveries.
    pub totals: Totals,
    /// What the pacer did, if there was one.
    pub paced: Option<Paced>,
    /// What had been done when the window opened and when it closed.
    pub edges: [Counts; 2],
    /// Messages that were due and that the system did not take.
    pub unsent: u64,
    /// Whether it was interrupted.
    pub interrupted: bool,
}

/// Some counters at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Nanoseconds of the run's clock.
    pub at: u64,
    /// Messages that count and have got their number.
    pub measured: u64,
    /// Deliveries.
    pub deliveries: u64,
    /// Bytes read.
    pub bytes: u64,
}

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
    let (fleet, reports) = Fleet::new(plan, churn::churners(plan), mark).map_err(Failure::Start)?;
    observer.edge(Edge::Before);
    gathering::gather(plan, &fleet, observer, stop)?;
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
