//! A record such as a run leaves behind, for the tests.

use hdrhistogram::Histogram;
use std::sync::LazyLock;

use super::*;

/// A run of a minute that went well, with nothing extra asked for.
pub(crate) fn record() -> Record {
    static RECORD: LazyLock<Record> = LazyLock::new(make);
    RECORD.clone()
}

fn make() -> Record {
    let histograms = histograms();
    let mut latency = latency(1.0);
    latency.response = Summary::of(&histograms.response);
    latency.service = Summary::of(&histograms.service);
    Record {
        version: VERSION,
        verdict: verdict(Status::Valid, &[]),
        workload: workload(),
        environment: environment(),
        traffic: traffic(),
        addresses: vec![address(1, 500)],
        latency,
        own_figures: Vec::new(),
        ledger: Ledger { expected: 14_970_000, ok: 14_970_000, ..Ledger::default() },
        share: None,
        words: BTreeMap::new(),
        slow_readers: Vec::new(),
        seam: None,
        nodes: None,
        worst: (0..6).map(receiver).collect(),
        intervals: (0..60).map(interval).collect(),
        before: Some(Tally::default()),
        generator: generator(),
        server: None,
        without_slow_readers: None,
        own_without_slow_readers: Vec::new(),
        floor: None,
        ended_early: None,
        search: Vec::new(),
        search_result: None,
        runs: None,
        histograms: Some(histograms),
    }
}

/// A run in which everything was asked for, and a few deliveries went wrong.
pub(crate) fn full() -> Record {
    let server = Server {
        pid: 4711,
        cpu: 41.5,
        cpu_per_delivery: 2_772.0,
        memory_before: 3_900_000,
        memory: 18_200_000,
        memory_per_client: 28_600.0,
    };
    let relay = Server { cpu: 18.25, cpu_per_delivery: 1_219.0, ..server };
    Record {
        verdict: verdict(Status::Faulty, &["3 deliveries were lost", "1 arrived twice"]),
        workload: Workload {
            slow_readers: 2,
            untimed: 300,
            others_after: 0.5,
            churn: 0.5,
            reconnect: 2.0,
            kill_every: 30.0,
            kill_node: 10.0,
            cut_node: 6.0,
            kill_broker: true,
            ..workload()
        },
        addresses: vec![address(1, 250), address(2, 250)],
        ledger: faulty_ledger(),
        share: Some(share()),
        own_figures: vec!["response.max".into(), "last.max".into()],
        words: words(),
        nodes: Some(Nodes { kills: 5, cuts: 1, broker_kills: 1 }),
        seam: Some(Seam { cuts: 120, kills: 2, accepted_lost: 3, ..Seam::default() }),
        slow_readers: vec![slow_reader(7, Some(12_500_000_000)), slow_reader(9, None)],
        server: Some(server),
        without_slow_readers: Some(latency(0.8)),
        own_without_slow_readers: vec!["response.max".into()],
        floor: Some(Floor {
            verdict: verdict(Status::Valid, &[]),
            traffic: Traffic { delivery_rate: 249_480.0, ..traffic() },
            latency: latency(0.3),
            own_figures: vec!["last.max".into()],
            server: Some(relay),
        }),
        ended_early: Some(EndedEarly {
            condition: "p99>1s for 3s".to_owned(),
            figures: "response.p99 = 1.20 s".to_owned(),
            at: 31.25,
        }),
        intervals: faulty_intervals(),
        search: [(250.0, true), (1000.0, true), (4000.0, false), (2000.0, true), (2800.0, false)]
            .map(|(rate, holds)| step(rate, holds))
            .to_vec(),
        search_result: Some(search_result()),
        ..record()
    }
}

/// Several runs like `record`, whose response's 99th percentiles are those times its own; one alone is
/// no repetition.
pub(crate) fn repeated(factors: &[f64], record: &Record) -> Record {
    let run = |factor: &f64| {
        let mut run = record.clone();
        let p99 = figures::float(run.latency.response.p99) * factor;
        run.latency.response.p99 = figures::whole(p99.round());
        (run, ())
    };
    let mut runs: Vec<_> = factors.iter().map(run).collect();
    if runs.len() == 1 {
        return runs.remove(0).0;
    }
    let asked = u32::try_from(runs.len()).unwrap();
    Runs::join(runs, asked, &[]).unwrap().0
}

/// The histograms behind [`record`]'s latencies.
pub(crate) fn histograms() -> Histograms {
    let mut response = histogram(0, 1.0);
    let mut service = histogram(0, 0.9);
    for second in 0..60 {
        response.add(interval_histogram(second, 1.0)).unwrap();
        service.add(interval_histogram(second, 0.9)).unwrap();
    }
    Histograms {
        response,
        service,
        lag: histogram(800, 0.02),
        first: histogram(1200, 0.25),
        last: histogram(1200, 2.2),
        spread: histogram(1200, 1.9),
    }
}

fn verdict(status: Status, reasons: &[&str]) -> Verdict {
    Verdict { status, reasons: reasons.iter().map(ToString::to_string).collect() }
}

fn workload() -> Workload {
    Workload {
        dialect: "basico".into(),
        door: "tcp".into(),
        clients: 500,
        senders: 50,
        rooms: 1,
        pacing: "open 500/s poisson".into(),
        size: "32..512".into(),
        warm_up: 5.0,
        duration: 60.0,
        drain_timeout: 5.0,
        threads: 1,
        verify: true,
        total_order: false,
        seed: 42,
        ..Workload::default()
    }
}

fn environment() -> Environment {
    Environment {
        version: "0.1.0".into(),
        started: "2026-03-14T15:09:26Z".into(),
        arguments: ["chat-loadgen", "--clients", "500", "--rate", "500/s"]
            .map(String::from)
            .to_vec(),
        system: "Linux 6.18.44 x86_64".into(),
        processor: Some("Example 9000 @ 3.2 GHz".into()),
        cpus: 8,
        descriptors: Some([65_536, 1_048_576]),
    }
}

fn traffic() -> Traffic {
    Traffic {
        connected: 500,
        offered_rate: Some(500.0),
        achieved_rate: 499.9,
        messages: 29_994,
        unsent: 6,
        deliveries: 14_967_006,
        incomplete: 0,
        delivery_rate: 249_450.1,
        bytes: 4_310_497_728,
    }
}

fn address(number: u16, connected: u32) -> AtAddress {
    AtAddress {
        address: format!("192.0.2.{number}:12345"),
        connected,
        senders: connected / 10,
        deliveries: 29_934 * u64::from(connected),
        disconnected: 0,
        response: Summary::of(&histogram(2000, 1.0)),
    }
}

fn latency(factor: f64) -> Latency {
    let of = |typical: f64, count| Summary::of(&histogram(count, typical * factor));
    Latency {
        response: of(1.0, 2000),
        service: of(0.9, 2000),
        lag: of(0.02, 800),
        first: of(0.25, 1200),
        last: of(2.2, 1200),
        spread: of(1.9, 1200),
    }
}

/// Samples around `typical` milliseconds, with a long tail.
pub(crate) fn histogram(count: u32, typical: f64) -> Histogram<u64> {
    let mut histogram = Histogram::new(3).unwrap();
    for i in 0..count {
        let rest = (f64::from(count - i) - 0.5) / f64::from(count);
        record_ms(&mut histogram, typical * (0.5 + 0.6 * rest.powf(-0.4)));
    }
    histogram
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, not negative")]
fn record_ms(histogram: &mut Histogram<u64>, ms: f64) {
    histogram.record((ms * 1e6) as u64).unwrap();
}

/// A second's samples: the load goes up and down, and half-way the server pauses.
fn interval_histogram(second: u32, factor: f64) -> Histogram<u64> {
    let wave = 1.0 + 0.3 * (f64::from(second) / 7.0).sin();
    let mut histogram = histogram(400 + second % 7 * 10, wave * factor);
    if second == 31 {
        for i in 0..80 {
            record_ms(&mut histogram, f64::from(5 + i * 3));
        }
    }
    histogram
}

fn tally(sent: u64, expected: u64) -> Tally {
    Tally { sent, expected, ok: expected, ..Tally::default() }
}

fn interval(second: u32) -> Interval {
    let response = interval_histogram(second, 1.0);
    let mut heat = vec![0; HEAT_BOUNDS.len() + 1];
    for step in response.iter_recorded() {
        let row = HEAT_BOUNDS.partition_point(|bound| *bound <= step.value_iterated_to());
        heat[row] += step.count_at_value();
    }
    Interval {
        start: f64::from(second),
        length: 1.0,
        messages: 480 + u64::from(second % 7 * 6),
        response: Summary::of(&response),
        service: Summary::of(&interval_histogram(second, 0.9)),
        heat,
        ledger: Some(tally(500, 249_500)),
    }
}

fn receiver(number: u16) -> Receiver {
    Receiver {
        name: format!("c-{}", 17 + 31 * number),
        address: format!("127.0.0.1:{}", 41_000 + number),
        deliveries: 29_934,
        mean: 2_900_000.0 - 120_000.0 * f64::from(number),
        max: 231_000_000,
    }
}

fn generator() -> Generator {
    Generator {
        pacing: Summary::of(&histogram(800, 0.015)),
        cpu: 38.4,
        cpu_of_timed: Some(30.0),
        busiest_thread: 0.41,
        starved: Some(0.012),
        bulk: Summary::of(&histogram(2000, 0.9)),
        canary: Summary::of(&histogram(500, 0.85)),
        untimed: 0,
        missed: 0,
        delay: Some(50_000.0),
        forgotten_gaps: 0,
        waits: Summary::of(&histogram(500, 0.01)),
        memory_per_client: Some(9_400),
        disturbance: Some(Summary::of(&histogram(2000, 0.01))),
        disturbance_of_messages: Some(Summary::of(&histogram(800, 0.01))),
        throttled: Some(0.0),
    }
}

fn faulty_ledger() -> Ledger {
    let witness = |receiver: &str, number, detail: &str| Witness {
        receiver: receiver.into(),
        receiver_server: None,
        sender: Some("c-3".into()),
        sender_server: None,
        number: Some(number),
        sent: Some(31_240_000_000),
        at: 31_250_000_000,
        detail: detail.into(),
    };
    let lost = (0..4).map(|i| witness("c-17", 812 + i, "never arrived")).collect();
    let twice = vec![witness("c-48", 9, "came again 1.2 ms later: <b>\u{1b}[31mhola</b>")];
    Ledger {
        expected: 14_970_000,
        ok: 14_969_980,
        lost: 3,
        late: 1,
        duplicated: 1,
        merged: 2,
        cut_off: 7,
        died_with_node: 5,
        undecided: 4,
        disconnected: 1,
        forgotten: 0,
        disorder: Some(0),
        witnesses: [("lost".to_owned(), lost), ("duplicated".to_owned(), twice)].into(),
        ..Ledger::default()
    }
}

/// The intervals that go with [`faulty_ledger`].
fn faulty_intervals() -> Vec<Interval> {
    let mut intervals = record().intervals;
    if let Some(ledger) = &mut intervals[31].ledger {
        (ledger.lost, ledger.late, ledger.cut_off, ledger.undecided) = (3, 1, 7, 4);
        ledger.died_with_node = 5;
        ledger.ok -= 20;
        (ledger.duplicated, ledger.merged) = (1, 2);
    }
    intervals
}

fn words() -> BTreeMap<String, Words> {
    let of = |count, words: &str| Words {
        count,
        first: vec![Witness {
            receiver: "c-9".into(),
            receiver_server: None,
            sender: None,
            sender_server: None,
            number: None,
            sent: None,
            at: 31_250_000_000,
            detail: words.into(),
        }],
    };
    let refusals = of(1, "-OOM command not allowed when used memory > 'maxmemory'.");
    [("refusals".to_owned(), refusals), ("strangers".to_owned(), of(7, "usuario 7: Hola"))].into()
}

fn share() -> joined::Share {
    let sent = joined::SentBy { sender: 50, name: "c-500".into(), sent: 650, disconnected: false };
    let tail = joined::Tail { sender: 7, from: 649, planned: 650, receivers: 4, cut_off: false };
    joined::Share {
        number: 2,
        of: 3,
        run: 9_876_543,
        elsewhere: 9_876_000,
        first_elsewhere: Some(21_000_000),
        interrupted: false,
        senders: vec![sent],
        tails: vec![tail],
    }
}

fn slow_reader(number: u16, at: Option<i64>) -> SlowReader {
    SlowReader { name: format!("c-{number}"), cut_off: at.is_some(), at, behind: 6_250 }
}

fn step(rate: f64, holds: bool) -> Step {
    let status = if holds { Status::Valid } else { Status::Faulty };
    Step {
        rate,
        holds,
        no_evidence: false,
        verdict: verdict(status, &[]),
        latency: latency(0.4 + (rate / 2000.0).powi(2)),
        own_figures: Vec::new(),
        achieved_rate: rate * 0.999,
        lost: if rate > 3000.0 { 7 } else { 0 },
    }
}

fn search_result() -> SearchResult {
    let tried = TriedRate { rate: 2000.0, held: 2, failed: 0, no_evidence: 1, clear: true };
    let fails = TriedRate { rate: 2800.0, held: 0, failed: 1, clear: false, ..tried };
    SearchResult {
        state: SearchState::Unfinished,
        holds: Some(tried),
        fails: Some(fails),
        remarks: vec!["interrupted after 5 runs".into()],
    }
}
