//! The phases of a run after the barrier: warm-up, measuring window, draining.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use crate::plan::{Pacing, Plan};
use crate::run::barrier::Failure;
use crate::run::fleet::Fleet;
use crate::run::observer::{Counts, Edge, Observer, Phase};
use crate::run::pacer::{self, Paced};
use crate::run::returning::{churn, cuts, nodes};
use crate::system::target::Servers;
use crate::traffic::clock::nanoseconds;
use crate::traffic::shared::Shared;
use crate::traffic::timing::intervals::{IntervalReport, Intervals};

/// Polling interval of the run.
const TICK: Duration = Duration::from_millis(10);
/// Minimum time that a closed loop waits before it takes messages for lost.
const LOST: Duration = Duration::from_millis(200);
/// Minimum time for which clients read on when everything has arrived, or the time for that is over:
/// for what should not come, and for what comes late.
const LINGER: Duration = Duration::from_millis(200);
/// Pause between the barrier and the first message, in nanoseconds.
const PREPARATION: u64 = 20_000_000;

/// The phases of one run, as they are carried out.
pub(crate) struct Phases<'a> {
    plan: &'a Plan,
    fleet: &'a Fleet,
    reports: &'a Receiver<IntervalReport>,
    observer: &'a mut dyn Observer,
    stop: &'a AtomicBool,
    p99: Option<u64>,
    /// Seconds of the run that are over.
    pub(crate) intervals: Intervals,
    /// Counters at the moments when the measuring window opened and closed.
    pub(crate) edges: [Counts; 2],
    /// Messages that were due and that the system did not take.
    pub(crate) unsent: u64,
    /// True if the run was told to stop.
    pub(crate) interrupted: bool,
    /// True if the observer ended the measuring window early.
    ended_early: bool,
    /// True if deliveries were still arriving when the run ended.
    pub(crate) still_arriving: bool,
}

impl<'a> Phases<'a> {
    /// Phases of a run whose clients are all connected.
    pub(crate) fn new(
        plan: &'a Plan,
        fleet: &'a Fleet,
        reports: &'a Receiver<IntervalReport>,
        observer: &'a mut dyn Observer,
        stop: &'a AtomicBool,
        intervals: Intervals,
    ) -> Self {
        let edges = [Counts::default(); 2];
        Self {
            plan,
            fleet,
            reports,
            observer,
            stop,
            p99: None,
            intervals,
            edges,
            unsent: 0,
            interrupted: false,
            ended_early: false,
            still_arriving: false,
        }
    }

    /// Goes through warm-up, measuring window and draining.
    ///
    /// # Errors
    ///
    /// When the server was killed and could not be started again.
    pub(crate) fn measure(&mut self, target: Option<&Servers>) -> Result<Option<Paced>, Failure> {
        let shared = &*self.fleet.shared;
        let now = shared.clock.now();
        let begin = self.plan.begin(shared.clock).unwrap_or(now + PREPARATION);
        let start = begin + nanoseconds(self.plan.warm_up.as_secs_f64());
        let end = start + nanoseconds(self.plan.duration.as_secs_f64());
        shared.window.set(start, end);
        thread::scope(|scope| {
            let pacer = self.begin_sending(scope, begin, start);
            if shared.in_flight.has_others() {
                let plan = self.plan;
                scope.spawn(move || note_others(plan, shared, begin, start));
            }
            if self.plan.churn > 0.0 {
                let (fleet, rate) = (self.fleet, self.plan.churn);
                scope.spawn(move || churn::churn(fleet, rate, begin));
            }
            let killer = cuts::begin(scope, self.plan, self.fleet, target, (begin, end));
            let times = [begin, start, end];
            let faults = nodes::begin(scope, self.plan, shared, target, times);
            self.watch_until(start, Phase::WarmUp);
            self.record_edge(0, Edge::Start);
            self.watch_until(end, Phase::Measuring);
            if self.interrupted || self.ended_early {
                // Before the edge, so that offered and achieved rates are of the same messages.
                shared.window.set(start.min(shared.clock.now()), end.min(shared.clock.now()));
                shared.progress.cut_short.store(true, Ordering::Relaxed);
                shared.progress.silent.store(true, Ordering::Relaxed);
            }
            self.record_edge(1, Edge::End);
            self.drain(pacer.as_ref());
            shared.progress.silent.store(true, Ordering::Relaxed);
            self.unsent = self
                .fleet
                .senders
                .send_halves()
                .map(|(sender, send_half)| send_half.stop(sender, shared))
                .sum();
            self.linger();
            shared.seam.end();
            let mut faults = killer.into_iter().chain(faults);
            faults.try_for_each(joined).map_err(Failure::Restart)?;
            Ok(pacer.map(joined))
        })
    }

    fn begin_sending<'scope>(
        &self,
        scope: &'scope Scope<'scope, '_>,
        begin: u64,
        start: u64,
    ) -> Option<ScopedJoinHandle<'scope, Paced>> {
        let senders = Arc::clone(&self.fleet.senders);
        if let Pacing::Closed(window) = self.plan.pacing {
            senders.shared().clock.sleep_until(begin);
            senders.refill(u64::from(window));
            return None;
        }
        // All senders of the run take turns; those of other generators send elsewhere.
        let (local, turns) = (self.plan.senders(), (0..self.plan.all_senders()).cycle());
        let times = self.plan.schedule(begin, start)?.zip(turns);
        let times = times.filter(move |(_, sender)| local.contains(sender)).map(|(time, _)| time);
        Some(scope.spawn(move || pacer::pace(&senders, times)))
    }

    /// Watches the run until that time of its clock, or until told to stop or to end early.
    fn watch_until(&mut self, time: u64, phase: Phase) {
        let shared = &*self.fleet.shared;
        let mut stuck = (0, shared.clock.now());
        loop {
            let now = shared.clock.now();
            self.interrupted |= self.stop.load(Ordering::Relaxed);
            if now >= time || self.interrupted {
                return;
            }
            self.collect_reports(phase);
            if phase == Phase::Measuring && self.observer.ends_early(shared) {
                self.ended_early = true;
                return;
            }
            self.give_up_waiting(&mut stuck);
            shared.clock.sleep_until(time.min(now + nanoseconds(TICK.as_secs_f64())));
        }
    }

    /// Closed loop: gives up messages that count as lost, so that they do not keep the next
    /// messages from being sent.
    fn give_up_waiting(&self, (completed, since): &mut (u64, u64)) {
        let shared = &*self.fleet.shared;
        let Pacing::Closed(window) = self.plan.pacing else { return };
        let now = shared.clock.now();
        let done = shared.progress.completed.load(Ordering::Relaxed);
        if done != *completed {
            (*completed, *since) = (done, now);
        } else if now - *since > nanoseconds(self.plan.drain_timeout.max(LOST).as_secs_f64()) {
            *since = now;
            shared.given_up.store(now, Ordering::Relaxed);
            self.fleet.senders.refill(u64::from(window));
        }
    }

    /// Collects the workers' reports, and shows the progress.
    fn collect_reports(&mut self, phase: Phase) {
        let shared = &*self.fleet.shared;
        if let Some(since) = shared.clock.now().checked_sub(shared.window.start()) {
            self.intervals.note_sent(shared.in_flight.all_sent(), since);
        }
        for report in self.reports.try_iter() {
            for ended in self.intervals.take(report) {
                self.p99 = Some(ended.interval.response.p99);
                self.observer.interval(ended);
            }
        }
        self.observer.progress(phase, shared, self.p99);
    }

    fn record_edge(&mut self, which: usize, edge: Edge) {
        let Shared { progress, clock, .. } = &*self.fleet.shared;
        self.edges[which] = Counts {
            at: clock.now(),
            measured: progress.measured.load(Ordering::Relaxed),
            deliveries: progress.deliveries.load(Ordering::Relaxed),
            bytes: progress.bytes.load(Ordering::Relaxed),
        };
        self.observer.edge(edge);
    }

    /// Returns whether no client waits for deliveries that are not part of a message's completion.
    fn nothing_is_outstanding(&self) -> bool {
        let shared = &*self.fleet.shared;
        shared.progress.all_sent.store(true, Ordering::Relaxed);
        shared.outstanding.iter().all(|number| number.load(Ordering::Relaxed) == 0)
    }

    /// Waits until all messages that were due are sent and have reached all receivers; at most for
    /// the drain timeout. `stop` ends the wait only if it was not `stop` that ended the run:
    /// messages in flight are then not lost.
    fn drain(&mut self, pacer: Option<&ScopedJoinHandle<'_, Paced>>) {
        let shared = &*self.fleet.shared;
        if pacer.is_none() {
            shared.progress.silent.store(true, Ordering::Relaxed);
        }
        let deadline = shared.clock.now() + nanoseconds(self.plan.drain_timeout.as_secs_f64());
        shared.deadline.store(deadline, Ordering::Relaxed);
        let (stop, stopped) = (self.stop, self.interrupted);
        let told = || !stopped && stop.load(Ordering::Relaxed);
        while shared.clock.now() < deadline && !told() {
            self.collect_reports(Phase::Draining);
            let sending = pacer.is_some_and(|pacer| !pacer.is_finished());
            let open = shared.progress.open.load(Ordering::Relaxed) > 0;
            let sent = !sending
                && self.fleet.senders.send_halves().all(|(_, send_half)| send_half.has_sent_all());
            if sent && self.nothing_is_outstanding() && !open {
                return;
            }
            thread::sleep(TICK);
        }
        self.interrupted |= self.stop.load(Ordering::Relaxed);
    }
    /// Reads on until nothing has arrived for a moment; at most for the drain timeout once more, and
    /// that moment. A run that is interrupted does not wait.
    fn linger(&mut self) {
        let shared = &*self.fleet.shared;
        let deliveries = || shared.progress.deliveries.load(Ordering::Relaxed);
        let begin = shared.clock.now();
        let end = begin + nanoseconds((self.plan.drain_timeout + LINGER).as_secs_f64());
        let mut last = (deliveries(), begin);
        while !self.stop.load(Ordering::Relaxed) {
            self.collect_reports(Phase::Draining);
            thread::sleep(TICK);
            let now = shared.clock.now();
            if deliveries() != last.0 {
                last = (deliveries(), now);
            } else if now - last.1 >= nanoseconds(LINGER.as_secs_f64()) {
                return;
            }
            if now >= end {
                self.still_arriving = true;
                return;
            }
        }
    }
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Notes the seconds of other generators' messages, which follow from the schedule.
fn note_others(plan: &Plan, shared: &Shared, begin: u64, start: u64) {
    let senders = plan.all_senders();
    let turns = (0..).flat_map(|number| (0..senders).map(move |sender| (sender, number)));
    let schedule = plan.schedule(begin, start).into_iter().flatten();
    for ((sender, number), intended) in turns.zip(schedule) {
        if !shared.in_flight.is_local(sender) {
            let second = || shared.window.second_and_end(intended);
            shared.seconds.enter(sender, number, intended, second);
        }
    }
}
