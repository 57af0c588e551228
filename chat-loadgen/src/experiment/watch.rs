//! Watching a run from outside: the live line, the interval log, resource use of server and
//! generator.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use crate::record::Interval;
use crate::record::figures::float;
use crate::report::hlog::HlogWriter;
use crate::report::live::{LiveLine, LiveProgress};
use crate::run::findings::ServerUse;
use crate::run::observer::{Edge, Observer, Phase};
use crate::system::target::{Target, Usage};
use crate::system::{machine, quota};
use crate::traffic::shared::Shared;
use crate::traffic::timing::intervals::EndedInterval;

/// An observer that keeps what the record needs.
pub(crate) struct Watch<'a> {
    /// The seconds that are over.
    pub(crate) intervals: Vec<Interval>,
    target: Option<&'a Target>,
    live: LiveLine,
    hlog: Option<IntervalLog>,
    hlog_error: Option<io::Error>,
    phase: (Phase, u64),
    lately: (u64, u64),
    rate: f64,
    duration: Duration,
    server: [Option<Usage>; 3],
    cpu: [Option<Duration>; 3],
    memory: Option<u64>,
    throttled: [Option<Duration>; 3],
}

/// The interval log: its header has the time of its first second, so it begins with the window.
enum IntervalLog {
    Opened(File),
    Begun(HlogWriter<BufWriter<File>>),
}

impl<'a> Watch<'a> {
    /// A watch on a run whose window is open for `duration`; the interval log goes to `hlog`.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(crate) fn new(
        target: Option<&'a Target>,
        duration: Duration,
        hlog: Option<&Path>,
    ) -> io::Result<Self> {
        let hlog = hlog.map(|path| File::create(path).map(IntervalLog::Opened)).transpose()?;
        Ok(Self {
            intervals: Vec::new(),
            target,
            live: LiveLine::new(),
            hlog,
            hlog_error: None,
            phase: (Phase::Connecting, 0),
            lately: (0, 0),
            rate: 0.0,
            duration,
            server: [None; 3],
            cpu: [None; 3],
            memory: None,
            throttled: [None; 3],
        })
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
        }
        let (name, total) = match phase {
            Phase::Connecting => ("connecting", None),
            Phase::Barrier => ("barrier", None),
            Phase::WarmUp => ("warm-up", None),
            Phase::Measuring => ("measuring", Some(self.duration)),
            Phase::Draining => ("draining", None),
        };
        self.live.show(&LiveProgress {
            phase: name,
            elapsed: Duration::from_nanos(now - self.phase.1),
            total,
            rate: self.rate,
            deliveries: shared.progress.deliveries.load(Ordering::Relaxed),
            p99,
            anomalies: shared.progress.anomalies.load(Ordering::Relaxed),
        });
    }

    fn interval(&mut self, ended: EndedInterval) {
        let EndedInterval { interval, response } = ended;
        let over = self.duration.as_secs_f64();
        if interval.start >= over && interval.response.count == 0 {
            return; // Nothing was late.
        }
        if let Some(IntervalLog::Begun(log)) = &mut self.hlog {
            let start = Duration::from_secs_f64(interval.start);
            let length = Duration::from_secs_f64(interval.length);
            if let Err(error) = log.write(start, length, &response) {
                self.hlog_error.get_or_insert(error);
            }
        }
        self.intervals.push(interval);
    }

    fn edge(&mut self, edge: Edge) {
        self.server[edge as usize] = self.target.and_then(Target::usage);
        self.cpu[edge as usize] = machine::process_cpu();
        self.throttled[edge as usize] = quota::throttled();
        if edge == Edge::Start
            && let Some(IntervalLog::Opened(file)) = self.hlog.take()
        {
            let begun = HlogWriter::new(BufWriter::new(file), SystemTime::now());
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
