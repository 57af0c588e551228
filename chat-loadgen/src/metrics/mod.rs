//! Live figures for Prometheus (`--metrics`): the last state of the run, given out over HTTP by
//! threads of their own. They read what the run publishes every few milliseconds, and touch nothing else.

mod exposition;
mod http;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_protocol::options::endpoint::Endpoint;

use crate::record::figures::float;
use crate::record::{HEAT_BOUNDS, Interval, Summary};
use crate::run::observer::Phase;
use crate::traffic::ledger::anomalies::Anomaly;
use crate::traffic::shared::Shared;

/// The figures of the current run, or of the last one.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    figures: Mutex<Figures>,
}

/// The figures at one moment.
#[derive(Debug, Clone)]
struct Figures {
    /// Runs that have begun: with `--calibrate` and others there are several.
    runs: u64,
    /// Current phase; none before the first run.
    phase: Option<&'static str>,
    clients: u64,
    disconnections: u64,
    /// Messages that should be sent per second at this moment, in an open loop.
    intended_rate: Option<f64>,
    messages: u64,
    open: u64,
    bytes: u64,
    ok: u64,
    /// Numbers of all kinds of anomalies, in the order of [`Anomaly::ALL`].
    anomalies: [u64; Anomaly::ALL.len()],
    /// Longest lateness of a message lately, in nanoseconds.
    lag: u64,
    /// Responses in each row of the heat map.
    rows: [u64; HEAT_BOUNDS.len() + 1],
    /// Sum of all responses in nanoseconds.
    sum: f64,
    /// Responses of the last second that had any.
    last_second: Option<Summary>,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            runs: 0,
            phase: None,
            clients: 0,
            disconnections: 0,
            intended_rate: None,
            messages: 0,
            open: 0,
            bytes: 0,
            ok: 0,
            anomalies: [0; Anomaly::ALL.len()],
            lag: 0,
            rows: [0; HEAT_BOUNDS.len() + 1],
            sum: 0.0,
            last_second: None,
        }
    }
}

/// Name of the phase after the last of a run.
const FINISHED: &str = "finished";

/// Names of all phases, in their order.
const PHASES: [&str; 6] = [
    Phase::Connecting.name(),
    Phase::Barrier.name(),
    Phase::WarmUp.name(),
    Phase::Measuring.name(),
    Phase::Draining.name(),
    FINISHED,
];

impl Metrics {
    /// Begins to give the figures out at this address. Returns the address, whose port is known now.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on, or the system gives no thread.
    pub(crate) fn serve(self: &Arc<Self>, at: &Endpoint) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(at.host_and_port())?;
        let address = listener.local_addr()?;
        let metrics = Arc::clone(self);
        // A copy, so that the run never waits for the text.
        let figures = move || metrics.figures().clone();
        let page = move || exposition::page(&figures());
        http::serve(listener, page)?;
        Ok(address)
    }

    /// Begins a run: all figures but the number of runs start again.
    pub(crate) fn begin(&self) {
        let mut figures = self.figures();
        *figures = Figures { runs: figures.runs + 1, ..Figures::default() };
    }

    /// Takes the figures of a run in this phase, in which so many deliveries seem to be `lost`: a
    /// counter does not fall, and only the end corrects it.
    pub(crate) fn progress(
        &self,
        phase: Phase,
        shared: &Shared,
        intended_rate: Option<f64>,
        lag: u64,
        lost: u64,
    ) {
        let mut figures = self.figures();
        let lost = lost.max(figures.anomaly(Anomaly::Lost));
        figures.phase = Some(phase.name());
        figures.intended_rate = intended_rate;
        figures.lag = lag;
        figures.sample(shared);
        let counted = &mut figures.anomalies[Anomaly::Lost as usize];
        *counted = lost.max(*counted);
    }

    /// Takes the responses of a second.
    pub(crate) fn interval(&self, Interval { response, heat, .. }: &Interval) {
        let mut figures = self.figures();
        for (row, number) in figures.rows.iter_mut().zip(heat) {
            *row += number;
        }
        figures.sum += response.mean * float(response.count);
        if response.count > 0 {
            figures.last_second = Some(*response);
        }
    }

    /// Takes the last figures of a run.
    pub(crate) fn finish(&self, shared: &Shared) {
        let mut figures = self.figures();
        figures.phase = Some(FINISHED);
        figures.intended_rate = figures.intended_rate.map(|_| 0.0);
        figures.sample(shared);
    }

    fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Figures {
    fn sample(&mut self, shared: &Shared) {
        let progress = &shared.progress;
        self.clients = positive(progress.connected.load(Ordering::Relaxed));
        self.disconnections = progress.disconnected.load(Ordering::Relaxed);
        // What the system did not take in the end is taken back; a counter does not fall.
        self.messages = self.messages.max(shared.in_flight.all_sent());
        self.open = positive(progress.open.load(Ordering::Relaxed));
        self.bytes = progress.bytes.load(Ordering::Relaxed);
        self.ok = progress.ok.load(Ordering::Relaxed);
        for (figure, count) in self.anomalies.iter_mut().zip(&progress.kinds) {
            *figure = count.load(Ordering::Relaxed);
        }
    }

    fn anomaly(&self, anomaly: Anomaly) -> u64 {
        self.anomalies[anomaly as usize]
    }
}

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::shared::sample::shared;

    #[test]
    fn what_seems_to_be_lost_is_counted_and_the_end_corrects_it() {
        let (metrics, shared) = (Metrics::default(), shared());
        let lost = || metrics.figures().anomaly(Anomaly::Lost);
        for (seems, counted) in [(0, 0), (3, 3), (2, 3)] {
            metrics.progress(Phase::Measuring, &shared, None, 0, seems);
            assert_eq!(lost(), counted);
        }
        shared.progress.kinds[Anomaly::Lost as usize].store(2, Ordering::Relaxed);
        metrics.finish(&shared);
        assert_eq!(lost(), 2);
    }
}
