//! Makes a run's measurements into the record, and the histograms behind it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::plan::Plan;
use crate::record::figures::float;
use crate::record::validity;
use crate::record::{
    EndedEarly, Environment, Generator, Histograms, Interval, Latency, Ledger, Receiver, Record,
    Server, Status, Summary, Traffic, VERSION, Verdict,
};
use crate::roles::Part;
use crate::run::accounts::{self, Accounts};
use crate::run::observer::Counts;
use crate::run::pacer::Paced;
use crate::run::seconds;
use crate::run::usage::{busiest, delay, starved};
use crate::system::machine::ThreadUse;
use crate::traffic::client::{Client, Presence};
use crate::traffic::ledger::anomalies::Anomalies;
use crate::traffic::shared::Shared;
use crate::traffic::timing::histograms::histogram;
use crate::traffic::timing::intervals::{LatencyTotals, sum};
use crate::traffic::timing::latency::{LatencySlice, MessageTimes};
use crate::traffic::timing::servers::AtServer;
use crate::traffic::worker::Finding;

/// Maximum number of worst receivers in the record.
const WORST: usize = 10;
/// Time after its return within which a client must hear a message, in nanoseconds.
const IN_TIME: u64 = 1_000_000_000;

/// Raw results of a run.
#[derive(Debug)]
pub(crate) struct Measurements {
    /// State that all threads shared.
    pub(crate) shared: Arc<Shared>,
    /// Findings of each worker, the canary's last.
    pub(crate) findings: Vec<Finding>,
    /// The times of all deliveries.
    pub(crate) totals: LatencyTotals,
    /// Results of the pacer, in an open loop.
    pub(crate) paced: Option<Paced>,
    /// Counters at the moments when the window opened and closed.
    pub(crate) edges: [Counts; 2],
    /// Messages that were due and that the system did not take.
    pub(crate) unsent: u64,
    /// True if the run was interrupted.
    pub(crate) interrupted: bool,
    /// True if deliveries were still arriving when the run ended.
    pub(crate) still_arriving: bool,
}

/// Observations from outside the run: environment, seconds, CPU time and memory.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// Environment of the run.
    pub(crate) environment: Environment,
    /// The run second by second.
    pub(crate) intervals: Vec<Interval>,
    /// CPU time of the generator's process in the measuring window.
    pub(crate) cpu: Duration,
    /// Resident bytes of the generator's process at the end of the window.
    pub(crate) memory: Option<u64>,
    /// Time for which the generator's CPU quota kept its group's threads waiting in the measuring
    /// window.
    pub(crate) throttled: Option<Duration>,
    /// Resource use of the server.
    pub(crate) server: Option<ServerUse>,
    /// The early end of the run, if it ended early.
    pub(crate) ended_early: Option<EndedEarly>,
}

/// Resource use of a server: CPU time and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ServerUse {
    /// Its process.
    pub(crate) pid: u32,
    /// CPU time in the measuring window.
    pub(crate) cpu: Duration,
    /// Resident bytes before any client was connected.
    pub(crate) before: u64,
    /// Resident bytes when the window closed.
    pub(crate) after: u64,
}

/// All workers' findings as one.
struct Sum {
    messages: MessageTimes,
    accounts: Accounts,
    untimed: u64,
    /// Deliveries of the window's messages that came within it.
    in_window: u64,
    waits: Histogram<u64>,
    /// Disturbance of the deliveries, and of the messages.
    disturbance: [Histogram<u64>; 2],
    used: Vec<ThreadUse>,
    /// Deliveries to clients that read later, and CPU time of their thread.
    later: (u64, Duration),
    clients: Vec<Client>,
}

/// Puts the record together.
pub(crate) fn record(
    plan: &Plan,
    measurements: Measurements,
    around: Surroundings,
) -> (Record, Histograms) {
    let Measurements { shared, findings, totals, paced, edges, unsent, .. } = measurements;
    let Measurements { interrupted, still_arriving, .. } = measurements;
    let span = Span { edges, window: [shared.window.start(), shared.window.end()] };
    let all = Sum::of(findings, plan);
    let histograms = histograms(&totals, all.messages.clone());
    let [before, after] = edges.map(|edge| edge.deliveries);
    let clients = f64::from(all.connected() + plan.numbers.idle);
    let mut record = Record {
        version: VERSION,
        verdict: Verdict { status: Status::Valid, reasons: Vec::new() },
        workload: plan.workload(),
        traffic: traffic(&all, paced.as_ref(), unsent, &span, &histograms, &shared),
        addresses: accounts::addresses(plan, &all.accounts, &all.clients),
        latency: latency(&histograms, &totals, &all.messages),
        own_figures: Vec::new(),
        worst: worst(plan, &all.clients),
        ledger: Ledger { still_arriving, ..all.ledger(plan, &shared) },
        share: accounts::share(plan, &all.accounts, &shared, interrupted),
        seam: accounts::seam(plan, &shared),
        nodes: accounts::nodes(plan, &shared),
        words: accounts::words(plan, &all.accounts, &shared),
        slow_readers: accounts::slow_readers(plan, &all.accounts, &shared),
        intervals: Vec::new(),
        before: None,
        generator: generator(&all, &totals, paced, &around, &span),
        environment: around.environment,
        server: around.server.map(|used| server(used, after - before, clients)),
        without_slow_readers: None,
        own_without_slow_readers: Vec::new(),
        floor: None,
        ended_early: around.ended_early,
        search: Vec::new(),
        search_result: None,
        runs: None,
        histograms: Some(histograms.clone()),
    };
    record.intervals = around.intervals;
    complete(&mut record, plan, &all.accounts.anomalies, &shared);
    record.own_figures = validity::own_figures(&record);
    record.verdict = validity::of(&record, interrupted);
    (record, histograms)
}

/// Adds what follows from the rest of the record: the only address's figures, and the ledger by second.
fn complete(record: &mut Record, plan: &Plan, anomalies: &Anomalies, shared: &Shared) {
    if let [address] = &plan.addresses[..] {
        record.addresses = vec![accounts::only_address(address, record)];
    }
    if plan.verify {
        let window = plan.duration.as_secs_f64();
        record.before = Some(seconds::enter(&mut record.intervals, anomalies, shared, window));
    }
}

/// Counts and rates of the window's messages. The rates are of what was sent and had come by its end.
fn traffic(
    all: &Sum,
    paced: Option<&Paced>,
    unsent: u64,
    span: &Span,
    histograms: &Histograms,
    shared: &Shared,
) -> Traffic {
    let [from, to] = span.edges;
    Traffic {
        connected: all.connected(),
        offered_rate: paced.map(|paced| float(paced.due + paced.missed) / span.window()),
        achieved_rate: float(to.measured) / span.since_opening(),
        messages: shared.progress.measured.load(Ordering::Relaxed),
        unsent: unsent + paced.map_or(0, |paced| paced.unsendable),
        deliveries: histograms.response.len()
            + all.untimed
            + all.later.0
            + shared.seam.crossed.load(Ordering::Relaxed),
        incomplete: incomplete(shared, histograms),
        delivery_rate: float(all.in_window) / span.window(),
        bytes: to.bytes - from.bytes,
    }
}

fn histograms(totals: &LatencyTotals, messages: MessageTimes) -> Histograms {
    let mut all = totals.bulk.clone();
    all.add(&totals.canary);
    let LatencySlice { response, service, .. } = all;
    let MessageTimes { lag, first, last, spread, .. } = messages;
    Histograms { response, service, lag, first, last, spread }
}

/// Messages of the window that did not reach all receivers to which they were due.
fn incomplete(shared: &Shared, histograms: &Histograms) -> u64 {
    let [measured, unheard] = [&shared.progress.measured, &shared.progress.unheard]
        .map(|number| number.load(Ordering::Relaxed));
    let crossed = shared.seam.messages.load(Ordering::Relaxed);
    measured.saturating_sub(unheard + histograms.last.len() + crossed)
}

/// The latencies with their exact extremes.
fn latency(histograms: &Histograms, totals: &LatencyTotals, messages: &MessageTimes) -> Latency {
    let Latency { response, service, lag, first, last, spread } = Latency::of(histograms);
    let [mut of_response, mut of_service] = totals.bulk.extremes;
    of_response.add(totals.canary.extremes[0]);
    of_service.add(totals.canary.extremes[1]);
    let [of_lag, of_first, of_last, of_spread] = messages.extremes;
    Latency {
        response: of_response.of(response),
        service: of_service.of(service),
        lag: of_lag.of(lag),
        first: of_first.of(first),
        last: of_last.of(last),
        spread: of_spread.of(spread),
    }
}

fn generator(
    all: &Sum,
    totals: &LatencyTotals,
    paced: Option<Paced>,
    around: &Surroundings,
    span: &Span,
) -> Generator {
    let seconds = span.between_edges();
    let threads = all.used.iter().copied().chain(paced.iter().filter_map(|paced| paced.used));
    let threads: Vec<ThreadUse> = threads.collect();
    Generator {
        missed: paced.as_ref().map_or(0, |paced| paced.missed),
        pacing: Summary::of(&paced.map_or_else(histogram, |paced| paced.lateness)),
        cpu: around.cpu.as_secs_f64(),
        cpu_of_timed: Some(around.cpu.saturating_sub(all.later.1).as_secs_f64()),
        busiest_thread: busiest(&threads, around.cpu, around.environment.cpus, seconds),
        starved: starved(&threads, seconds),
        delay: delay(&all.clients),
        forgotten_gaps: all.accounts.anomalies.forgotten,
        waits: Summary::of(&all.waits),
        disturbance: Some(Summary::of(&all.disturbance[0])),
        disturbance_of_messages: Some(Summary::of(&all.disturbance[1])),
        throttled: around.throttled.map(|throttled| throttled.as_secs_f64()),
        bulk: totals.bulk.extremes[1].of(Summary::of(&totals.bulk.service)),
        canary: totals.canary.extremes[1].of(Summary::of(&totals.canary.service)),
        untimed: all.untimed,
        memory_per_client: around.memory.map(|bytes| bytes / u64::from(all.connected().max(1))),
    }
}

/// The measuring window: as it was meant to be, and the moments at which counters were read. These are
/// later if the generator stood still.
struct Span {
    window: [u64; 2],
    edges: [Counts; 2],
}

impl Span {
    /// Seconds for which it was open.
    fn window(&self) -> f64 {
        seconds_between(self.window[0], self.window[1])
    }

    /// Seconds from its opening until counters were read at its end.
    fn since_opening(&self) -> f64 {
        seconds_between(self.window[0], self.edges[1].at)
    }

    /// Seconds between the two moments.
    fn between_edges(&self) -> f64 {
        seconds_between(self.edges[0].at, self.edges[1].at)
    }
}

/// A time in seconds: not nothing, so that it can be divided by.
fn seconds_between(from: u64, to: u64) -> f64 {
    (float(to.saturating_sub(from)) / 1e9).max(1e-9)
}

impl Sum {
    fn of(findings: Vec<Finding>, plan: &Plan) -> Self {
        let mut all = Self {
            messages: MessageTimes::default(),
            accounts: Accounts {
                anomalies: Anomalies::new(plan.witnesses),
                servers: AtServer::of_each(plan.addresses.len()).into(),
                ..Accounts::default()
            },
            untimed: 0,
            in_window: 0,
            waits: histogram(),
            disturbance: [histogram(), histogram()],
            used: Vec::new(),
            later: (0, Duration::ZERO),
            clients: Vec::new(),
        };
        for (thread, finding) in (0..).zip(findings) {
            if plan.numbers.later_thread() == Some(thread) {
                all.later = (finding.later, finding.used.map_or(Duration::ZERO, |used| used.cpu));
            }
            all.messages.add(&finding.messages);
            all.accounts.anomalies.add(finding.anomalies);
            all.accounts.ok += finding.ok;
            all.untimed += finding.untimed;
            all.in_window += finding.in_window;
            all.accounts.disconnected += finding.disconnected;
            for (server, other) in all.accounts.servers.iter_mut().zip(&finding.servers) {
                server.add(other);
            }
            sum(&mut all.waits, &finding.waits);
            sum(&mut all.disturbance[0], &finding.disturbance.deliveries);
            sum(&mut all.disturbance[1], &finding.disturbance.messages);
            all.used.extend(finding.used);
            all.clients.extend(finding.clients);
            all.accounts.fates.extend(finding.fates);
        }
        all
    }

    fn ledger(&self, plan: &Plan, shared: &Shared) -> Ledger {
        let ledger = accounts::ledger(plan, &self.accounts, shared);
        let disorder = ledger.disorder.filter(|_| self.has_witnesses());
        Ledger { forgotten: self.forgotten(shared), disorder, ..ledger }
    }

    /// Number of clients that took part from the first message on, without idle ones.
    fn connected(&self) -> u32 {
        let took_part = self.clients.iter().filter(|client| client.took_part());
        u32::try_from(took_part.count()).unwrap_or(u32::MAX)
    }

    /// Clients that came back, and heard nothing of what was said some time later.
    fn forgotten(&self, shared: &Shared) -> u64 {
        let spoken_since = |client: &Client| {
            let senders = shared.audience.senders(client.room());
            let last =
                |sender: u32| shared.in_flight.times(sender, shared.in_flight.sent(sender) - 1);
            let said = senders.iter().filter(|&&sender| shared.in_flight.sent(sender) > 0);
            said.filter_map(|&sender| last(sender))
                .any(|times| times.written > client.since + IN_TIME)
        };
        let forgotten = |client: &&Client| {
            let came_back = client.part == Part::Churner && client.began;
            came_back && client.presence == Presence::Coming && spoken_since(client)
        };
        self.clients.iter().filter(forgotten).count() as u64
    }

    /// Returns whether all witnesses of a room's order are still connected.
    fn has_witnesses(&self) -> bool {
        !self.clients.iter().any(|client| client.witness && client.presence == Presence::Lost)
    }
}

impl MessageTimes {
    /// Adds another worker's.
    fn add(&mut self, other: &Self) {
        sum(&mut self.lag, &other.lag);
        sum(&mut self.first, &other.first);
        sum(&mut self.last, &other.last);
        sum(&mut self.spread, &other.spread);
        for (all, other) in self.extremes.iter_mut().zip(other.extremes) {
            all.add(other);
        }
    }
}

/// The receivers that waited longest on average, worst first.
fn worst(plan: &Plan, clients: &[Client]) -> Vec<Receiver> {
    let heard = clients.iter().filter(|client| client.received.deliveries > 0);
    let mut receivers: Vec<Receiver> = heard
        .map(|client| Receiver {
            name: plan.name(client.index),
            address: client.address.map_or_else(String::new, |address| address.to_string()),
            deliveries: client.received.deliveries,
            mean: float(client.received.sum) / float(client.received.deliveries),
            max: client.received.max,
        })
        .collect();
    receivers.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    receivers.truncate(WORST);
    receivers
}

fn server(used: ServerUse, deliveries: u64, clients: f64) -> Server {
    let cpu = used.cpu.as_secs_f64();
    Server {
        pid: used.pid,
        cpu,
        cpu_per_delivery: cpu * 1e9 / float(deliveries.max(1)),
        memory_before: used.before,
        memory: used.after,
        memory_per_client: (float(used.after) - float(used.before)) / clients.max(1.0),
    }
}
