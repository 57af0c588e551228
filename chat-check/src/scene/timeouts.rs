//! Timeouts of the checks of one program: how long to wait for what.

use std::time::Duration;

/// How long the checks of one program wait.
#[derive(Clone, Debug)]
pub(crate) struct Timeouts {
    /// After how much silence the course wants a connection closed, if it does.
    pub(crate) idle: Option<Duration>,
    /// How long a program may take to start, until it listens or connects: interpreters and
    /// virtual machines need seconds on a busy machine.
    pub(crate) start: Duration,
    /// How long to wait for something that must happen.
    pub(crate) patience: Duration,
    /// How long to wait for something that must not happen, once it could have.
    pub(crate) grace: Duration,
}

impl Timeouts {
    /// How long to wait when a message takes this long, times `slow`. A hundred times as long as a
    /// message takes, and three seconds at least: running out of it is a verdict, and a busy
    /// machine is none. Ten seconds at most, for a server may hold messages back on purpose.
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

/// How long to wait at least and at most for what must happen.
const PATIENCE: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(10)];

/// How long to wait at least and at most for what must not happen.
const GRACE: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];

/// How long a program may take to start.
const START: Duration = Duration::from_secs(10);
