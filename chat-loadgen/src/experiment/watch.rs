//! Watching a run from outside: the live line, the interval log, resource use of server and
//! generator.

use std::fs::File;
use std::io::{self, BufWriter};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use crate::experiment::abort::Abort;
use crate::metrics::Metrics;
use crate::plan::{Pacing, Plan};
use crate::record::figures::float;
use crate::record::{EndedEarly, Interval, Record};
use crate::report::hlog::HlogWriter;
use crate::report::live::{LiveLine, LiveProgress};
use crate::report::output::Output;
use crate::run::findings::ServerUse;
use crate::run::observer::{Edge, Observer, Phase};
use crate::system::target::{Servers, Usage};
use crate::system::{machine, quota};
use crate::traffic::ledger::anomalies::Anomaly;
use crate::traffic::shared::{Progress, Shared};
use crate::traffic::timing::intervals::EndedInterval;

/// An observer that keeps what the record needs.
pub(crate) struct Watch<'a> {
    /// The seconds that are over.
    pub(crate) intervals: Vec<Interval>,
    target: Option<&'a Servers>,
    live: LiveLine,
    hlog: Option<IntervalLog<'a>>,
    hlog_error: Option<io::Error>,
    phase: (Phase, u64),
    lately: (u64, u64),
    rate: f64,
    duration: Duration,
    abort: Abort<'a>,
    server: [Option<Usage>; 3],
    cpu: [Option<Duration>; 3],
    memory: Option<u64>,
    plan: &'a Plan,
    metrics: Option<&'a Metrics>,
    lag: u64,
    throttled: [Option<Duration>; 3],
}

/// The interval log: its header has the time of its first second, so it begins with the window.
enum IntervalLog<'a> {
    Opened(&'a Output),
    Begun(HlogWriter<BufWriter<File>>),
}

impl<'a> Watch<'a> {
    /// A watch on a run of this plan; the interval log goes to `hlog`.
    pub(crate) fn new(
        target: Option<&'a Servers>,
        plan: &'a Plan,
        hlog: Option<&'a Output>,
        metrics: Option<&'a Metrics>,
    ) -> Self {
        if let Some(metrics) = metrics {
            metrics.begin();
        }
        Self {
            intervals: Vec::new(),
            target,
            live: LiveLine::new(),
            hlog: hlog.map(IntervalLog::Opened),
            hlog_error: None,
            phase: (Phase::Connecting, 0),
            lately: (0, 0),
            rate: 0.0,
            duration: plan.duration,
            abort: Abort::new(&plan.abort_if),
            server: [None; 3],
            cpu: [None; 3],
            memory: None,
            plan,
            metrics,
            lag: 0,
            throttled: [None; 3],
        }
    }

    /// Ends the live line and the log.
    ///
    /// # Errors
    ///
    /// When the log could not be written.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.live.finish();
        match (self.hlog_error.take(), self.hlog.take()) {
            (Some(error), _) => Err(error),
            (None, Some(IntervalLog::Begun(log))) => log.finish().map(drop),
            (None, _) => Ok(()),
        }
    }

    /// Makes the run invalid if its early end tells nothing about the server.
    pub(crate) fn doubt(&self, record: &mut Record) {
        self.abort.doubt(record);
    }

    /// The early end of the run, if it ended early.
    pub(crate) fn ended_early(&mut self) -> Option<EndedEarly> {
        self.abort.ended.take()
    }

    /// CPU time of this process within the measuring window.
    pub(crate) fn cpu(&self) -> Duration {
        let [_, start, end] = self.cpu;
        end.unwrap_or_default().saturating_sub(start.unwrap_or_default())
    }

    /// Time for which the CPU quota kept this process's group waiting within the measuring window.
    pub(crate) fn throttled(&self) -> Option<Duration> {
        let [_, start, end] = self.throttled;
        Some(end?.saturating_sub(start?))
    }

    /// Resident bytes of this process when the window closed.
    pub(crate) fn memory(&self) -> Option<u64> {
        self.memory
    }

    /// Resource use of the server within the measuring window.
    pub(crate) fn server(&self) -> Option<ServerUse> {
        let [before, start, end] = self.server;
        let (before, start, end) = (before?, start?, end?);
        Some(ServerUse {
            pid: self.target?.id(),
            cpu: end.cpu.saturating_sub(start.cpu),
            before: before.resident,
            after: end.resident,
        })
    }
}

/// Messages that should be sent per second, `since` the window opened; nothing in a closed loop.
fn intended_rate(plan: &Plan, phase: Phase, since: Duration) -> Option<f64> {
    let Pacing::Open(shape, _) = &plan.pacing else { return None };
    Some(match phase {
        Phase::WarmUp => shape.first(),
        Phase::Measuring => shape.rate_at(since, plan.duration),
        Phase::Connecting | Phase::Barrier | Phase::Draining => 0.0,
    })
}

/// Faults so far. Of what is `lost`, a part counts as such already: that of clients that have left.
fn faults(progress: &Progress, lost: u64) -> u64 {
    let counted = progress.kinds[Anomaly::Lost as usize].load(Ordering::Relaxed);
    progress.anomalies.load(Ordering::Relaxed) + lost.saturating_sub(counted)
}

impl Observer for Watch<'_> {
    fn progress(&mut self, phase: Phase, shared: &Shared, p99: Option<u64>) {
        let now = shared.clock.now();
        if self.phase.0 != phase {
            self.phase = (phase, now);
        }
        let (before, sent) = self.lately;
        if now >= before + 1_000_000_000 {
            let all = shared.in_flight.all_sent();
            self.rate = float(all - sent) * 1e9 / float(now - before);
            self.lately = (now, all);
            self.lag = shared.progress.lag.swap(0, Ordering::Relaxed);
        }
        let lost = self.abort.lost(&shared.progress, now);
        if let Some(metrics) = self.metrics {
            let since = now.saturating_sub(shared.window.start());
            let rate = intended_rate(self.plan, phase, Duration::from_nanos(since));
            metrics.progress(phase, shared, rate, self.lag, lost);
        }
        self.live.show(&LiveProgress {
            phase: phase.name(),
            elapsed: Duration::from_nanos(now - self.phase.1),
            total: (phase == Phase::Measuring).then_some(self.duration),
            rate: self.rate,
            deliveries: shared.progress.deliveries.load(Ordering::Relaxed),
            p99,
            anomalies: faults(&shared.progress, lost),
        });
    }

    fn interval(&mut self, ended: EndedInterval) {
        let EndedInterval { interval, response } = ended;
        let over = self.duration.as_secs_f64();
        if interval.start >= over && interval.response.count == 0 {
            return; // Nothing was late.
        }
        if let Some(metrics) = self.metrics {
            metrics.interval(&interval);
        }
        if let Some(IntervalLog::Begun(log)) = &mut self.hlog {
            let start = Duration::from_secs_f64(interval.start);
            let length = Duration::from_secs_f64(interval.length);
            if let Err(error) = log.write(start, length, &response) {
                self.hlog_error.get_or_insert(error);
            }
        }
        self.abort.interval(&interval);
        self.intervals.push(interval);
    }

    fn ends_early(&mut self, shared: &Shared) -> bool {
        self.abort.judge(shared)
    }

    fn edge(&mut self, edge: Edge) {
        self.server[edge as usize] = self.target.and_then(Servers::usage);
        self.cpu[edge as usize] = machine::process_cpu();
        self.throttled[edge as usize] = quota::throttled();
        if edge == Edge::Start
            && let Some(IntervalLog::Opened(output)) = self.hlog.take()
        {
            let begun = output.begin().and_then(|out| HlogWriter::new(out, SystemTime::now()));
            match begun {
                Ok(log) => self.hlog = Some(IntervalLog::Begun(log)),
                Err(error) => self.hlog_error = Some(error),
            }
        }
        if edge == Edge::End {
            self.memory = machine::resident();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_a_fault_before_the_run_ends_and_counts_once() {
        let progress = Progress::default();
        let mut news = [0; Anomaly::ALL.len()];
        (news[Anomaly::Lost as usize], news[Anomaly::Duplicated as usize]) = (2, 1);
        assert_eq!(faults(&progress, 5), 5);
        progress.count(&news);
        assert_eq!([0, 2, 5].map(|lost| faults(&progress, lost)), [3, 3, 6]);
    }
}
