//! Time-outs of the checks of one program.

use std::time::Duration;

/// Time-outs of the checks of one program.
#[derive(Clone, Debug)]
pub(crate) struct Timeouts {
    /// Idle time after which the course wants a connection closed, if it does.
    pub(crate) idle: Option<Duration>,
    /// Time-out for a program's start, until it listens or connects: interpreters and virtual
    /// machines need seconds on a busy machine.
    pub(crate) start: Duration,
    /// Time-out for something that must happen.
    pub(crate) patience: Duration,
    /// Time to wait for something that must not happen, once it could have.
    pub(crate) grace: Duration,
}

impl Timeouts {
    /// Returns the time-outs for a program with this latency, times `slow`. The patience is a
    /// hundred times the latency, and three seconds at least: a time-out is a verdict, and a busy
    /// machine must not cause one. Ten seconds at most, for a server may hold messages back on
    /// purpose.
    pub(crate) fn new(idle: Option<Duration>, latency: Duration, slow: f64) -> Self {
        let patience = (latency * 100).clamp(PATIENCE[0], PATIENCE[1]);
        let grace = (latency * 5).clamp(GRACE[0], GRACE[1]);
        Self {
            idle,
            start: START.mul_f64(slow),
            patience: patience.mul_f64(slow),
            grace: grace.mul_f64(slow),
        }
    }
}

/// Bounds of the time-out for what must happen.
const PATIENCE: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(10)];

/// Bounds of the time-out for what must not happen.
const GRACE: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];

/// Time-out for a program's start.
const START: Duration = Duration::from_secs(10);
