//! The figures of the page.

use maud::{Markup, html};

use super::markup::{TableRow, definitions, narrow_table, section, table, table_of_words};
use crate::record::figures::{
    bytes, count, float, pacing, rate, sampled, seconds, share, time, time_of, times,
};
use crate::record::{Floor, Generator, Latency, Ledger, Record, Step, Summary};
use crate::report::verdict;

/// The name of a row or a column, and what it is about.
type Named<From = Latency, Of = Summary> = (&'static str, fn(&From) -> &Of);

/// The rows of every table of latencies.
const LATENCIES: [Named; 6] = [
    ("response", |latency| &latency.response),
    ("service", |latency| &latency.service),
    ("lag", |latency| &latency.lag),
    ("first receiver", |latency| &latency.first),
    ("last receiver", |latency| &latency.last),
    ("spread", |latency| &latency.spread),
];

const PERCENTILES: [&str; 9] =
    ["", "samples", "p50", "p90", "p99", "p99.9", "p99.99", "max", "mean"];

/// The latencies, those marked that the generator may have made itself.
pub(super) fn latencies(record: &Record) -> Markup {
    let row = |(name, of): Named| {
        percentiles(name, of(&record.latency), &record.own_figures, histogram(name))
    };
    html! {
        (table(&PERCENTILES, &LATENCIES.map(row)))
        @if record.has_marks() {
            p { "* This may be the generator's own: it stood still, or was late." }
        }
    }
}

/// The name of a row's histogram: that of `first receiver` is `first`.
fn histogram(row: &str) -> &str {
    row.split(' ').next().unwrap_or(row)
}

fn percentiles(name: &str, summary: &Summary, own: &[String], histogram: &str) -> TableRow {
    let Summary { p50, p90, p99, p999, p9999, max, .. } = *summary;
    let mut cells = vec![name.to_owned(), count(summary.count)];
    cells.extend([p50, p90, p99, p999, p9999, max].map(|value| sampled(summary, value)));
    cells.push(if summary.count > 0 { time_of(summary.mean) } else { "–".to_owned() });
    for (cell, figure) in cells.iter_mut().zip(PERCENTILES) {
        *cell += verdict::mark(own, histogram, figure);
    }
    cells.into()
}

pub(super) fn ledger(ledger: &Ledger) -> Markup {
    if !ledger.is_judged() {
        return section("Ledger", &html! { p { (verdict::NOT_JUDGED) } });
    }
    let bad = ledger.anomalies();
    let row = |(name, number): (&str, u64)| TableRow {
        class: if number > 0 && bad.iter().any(|(fault, _)| *fault == name) { "bad" } else { "" },
        cells: vec![name.to_owned(), count(number)],
    };
    let classes = [("expected", ledger.expected)].into_iter().chain(ledger.classes());
    let besides = ledger.besides().into_iter().chain([("merged", ledger.merged)]);
    let seen: Vec<TableRow> = ledger
        .witnesses
        .iter()
        .flat_map(|(kind, all)| all.iter().map(move |witness| (kind, witness)))
        .map(|(kind, seen)| vec![kind.replace('_', " "), verdict::witness(kind, seen)].into())
        .collect();
    let head = ["kind", "receiver ← sender #message at time: what was seen, or missed"];
    let content = html! {
        p { (count(ledger.expected)) " expected = " (verdict::sum(ledger)) }
        (narrow_table(&["", "number"], &classes.map(row).collect::<Vec<_>>()))
        h3 { "Apart from these" }
        (narrow_table(&["", "number"], &besides.map(row).collect::<Vec<_>>()))
        @if !seen.is_empty() {
            h3 { "The first of each kind" }
            (table_of_words(&head, &seen))
        }
    };
    section("Ledger", &content)
}

/// What the server said beside messages.
pub(super) fn words(record: &Record) -> Markup {
    if record.words.is_empty() {
        return html! {};
    }
    let counts =
        record.words.iter().map(|(kind, words)| vec![kind.clone(), count(words.count)].into());
    let first = record
        .words
        .iter()
        .flat_map(|(kind, words)| words.first.iter().map(move |first| (kind, first)));
    let first = first.map(|(kind, first)| vec![kind.clone(), verdict::witness(kind, first)].into());
    let content = html! {
        (narrow_table(&["", "number"], &counts.collect::<Vec<_>>()))
        (table_of_words(&["kind", "receiver at time: words"], &first.collect::<Vec<_>>()))
    };
    section("The server's other words", &content)
}

/// The figures of each address, if there is more than one.
pub(super) fn addresses(record: &Record) -> Markup {
    let [_, _, ..] = &record.addresses[..] else { return html! {} };
    let rows = record.addresses.iter().map(|at| {
        let [clients, senders] = [at.connected, at.senders].map(|number| count(number.into()));
        let response = |figure, value| {
            sampled(&at.response, value) + verdict::mark(&record.own_figures, "response", figure)
        };
        let [p50, p99] = [("p50", at.response.p50), ("p99", at.response.p99)]
            .map(|(figure, value)| response(figure, value));
        let (deliveries, disconnected) = (count(at.deliveries), count(at.disconnected));
        vec![at.address.clone(), clients, senders, deliveries, p50, p99, disconnected].into()
    });
    let head = ["", "clients", "senders", "deliveries", "response p50", "p99", "disconnected"];
    section("By address", &table(&head, &rows.collect::<Vec<_>>()))
}

pub(super) fn worst(record: &Record) -> Markup {
    let rows = record.worst.iter().map(|receiver| {
        let (name, address) = (receiver.name.clone(), receiver.address.clone());
        let mark = |figure| verdict::mark(&record.own_figures, "response", figure);
        let (mean, max) = (time_of(receiver.mean) + mark("mean"), time(receiver.max) + mark("max"));
        let figures = [count(receiver.deliveries), mean, max];
        [name, address].into_iter().chain(figures).collect::<Vec<_>>().into()
    });
    let head = ["", "address", "deliveries", "mean response", "max response"];
    section("Receivers that waited longest", &table(&head, &rows.collect::<Vec<_>>()))
}

pub(super) fn slow_readers(record: &Record) -> Markup {
    let Some(without) = &record.without_slow_readers else { return html! {} };
    let rows = vec![
        percentiles("without", &without.response, &record.own_without_slow_readers, "response"),
        percentiles("with", &record.latency.response, &record.own_figures, "response"),
    ];
    let why = "The response of those who read, without and with clients that do not.";
    let content = html! {
        p { (why) }
        (table(&PERCENTILES, &rows))
        ul { @for reader in &record.slow_readers { li { (verdict::fate(reader)) } } }
    };
    section("Slow readers", &content)
}

pub(super) fn floor(record: &Record) -> Markup {
    let Some(floor) = &record.floor else { return html! {} };
    let figures: [Named<Summary, u64>; 3] =
        [("p50", |s| &s.p50), ("p99", |s| &s.p99), ("max", |s| &s.max)];
    let own = [&record.own_figures[..], &floor.own_figures];
    let mut rows: Vec<TableRow> = Vec::new();
    for (name, of) in LATENCIES {
        let (here, there) = (of(&record.latency), of(&floor.latency));
        let mut cells = vec![name.to_owned()];
        for (figure, value) in figures {
            let marks = own.map(|own| verdict::mark(own, histogram(name), figure));
            let ratio = times(float(*value(here)), float(*value(there)));
            cells.extend([
                sampled(there, *value(there)) + marks[1],
                sampled(here, *value(here)) + marks[0],
                ratio + verdict::mark_either(own, histogram(name), figure),
            ]);
        }
        rows.push(cells.into());
    }
    let head = [
        "",
        "p50 relay",
        "here",
        "ratio",
        "p99 relay",
        "here",
        "ratio",
        "max relay",
        "here",
        "ratio",
    ];
    let content = html! {
        p { (floor_in_words(record, floor)) }
        (table(&head, &rows))
    };
    section("Beside the floor", &content)
}

fn floor_in_words(record: &Record, floor: &Floor) -> String {
    let mut text = format!(
        "The same workload against a bare relay, which does nothing but copy: {}, {} deliveries/s.",
        floor.verdict.status.word(),
        rate(floor.traffic.delivery_rate)
    );
    if let (Some(here), Some(relay)) = (&record.server, &floor.server) {
        let (here, relay) = (here.cpu_per_delivery, relay.cpu_per_delivery);
        let ratio = times(here, relay);
        text += " CPU per delivery: ";
        text += &[time_of(relay), format!("here {}", time_of(here)), ratio].join(", ");
        text += ".";
    }
    text
}

pub(super) fn search(steps: &[Step]) -> Markup {
    let rows = steps.iter().map(|step| TableRow {
        class: match verdict::holds(step) {
            "yes" => "good",
            "no" => "bad",
            _ => "",
        },
        cells: vec![
            format!("{}/s", rate(step.rate)),
            verdict::holds(step).to_owned(),
            step.verdict.status.word().to_owned(),
            format!("{}/s", rate(step.achieved_rate)),
            p99(step, "response", &step.latency.response),
            p99(step, "last", &step.latency.last),
            count(step.lost),
        ],
    });
    let head = ["rate", "holds", "verdict", "achieved", "p99", "last p99", "lost"];
    table(&head, &rows.collect::<Vec<_>>())
}

fn p99(step: &Step, histogram: &str, summary: &Summary) -> String {
    sampled(summary, summary.p99) + verdict::mark(&step.own_figures, histogram, "p99")
}

pub(super) fn processes(record: &Record) -> Markup {
    let server = record.server.as_ref().map(|server| {
        let items = [
            ("process", server.pid.to_string()),
            ("CPU", seconds(server.cpu)),
            ("CPU per delivery", time_of(server.cpu_per_delivery)),
            ("memory before", bytes(float(server.memory_before))),
            ("memory at the end", bytes(float(server.memory))),
            ("memory per client", bytes(server.memory_per_client)),
        ];
        section("Server", &definitions(&items))
    });
    html! {
        div.columns {
            (section("Generator", &generator(&record.generator)))
            @if let Some(server) = server { (server) }
        }
    }
}

fn generator(generator: &Generator) -> Markup {
    let quantiles = |s: &Summary| {
        let [p50, p99, max] = [s.p50, s.p99, s.max].map(|value| sampled(s, value));
        format!("p50 {p50}, p99 {p99}, max {max}")
    };
    let mut items = vec![
        ("own lateness", quantiles(&generator.pacing)),
        ("bulk service", quantiles(&generator.bulk)),
        ("canary service", quantiles(&generator.canary)),
        ("CPU", seconds(generator.cpu)),
        ("busiest thread", share(generator.busiest_thread)),
    ];
    items.extend(generator.starved.map(|starved| ("starved", share(starved))));
    let disturbance = generator.disturbance.as_ref();
    items.extend(disturbance.map(|disturbance| ("disturbance", quantiles(disturbance))));
    let throttled = generator.throttled.filter(|&throttled| throttled > 0.0);
    items.extend(throttled.map(|throttled| ("throttled", seconds(throttled))));
    items.push(("missed", count(generator.missed)));
    items.push(("waits for a CPU, p99", sampled(&generator.waits, generator.waits.p99)));
    items.push(("untimed", count(generator.untimed)));
    let memory = generator.memory_per_client;
    items.extend(memory.map(|memory| ("memory per client", bytes(float(memory)))));
    definitions(&items)
}

pub(super) fn circumstances(record: &Record) -> Markup {
    let (asked, environment) = (&record.workload, &record.environment);
    let addresses: Vec<_> = record.addresses.iter().map(|at| &*at.address).collect();
    let workload = [
        ("server", addresses.join(" ")),
        ("dialect", asked.dialect.clone()),
        ("door", asked.door.clone()),
        (
            "clients",
            format!(
                "{}, {} of them send",
                count(asked.clients.into()),
                count(asked.senders.into())
            ),
        ),
        ("rooms", count(asked.rooms.into())),
        ("idle clients", count(asked.idle_clients.into())),
        ("slow readers", count(asked.slow_readers.into())),
        ("deliveries", verdict::untimed(asked).unwrap_or_else(|| "all timed".to_owned())),
        ("churn", format!("{}/s", rate(asked.churn))),
        ("cut off", format!("{}/s", rate(asked.reconnect))),
        ("pacing", pacing(&asked.pacing)),
        ("size", format!("{} bytes", asked.size)),
        ("time", format!("{} s, after {} s to warm up", asked.duration, asked.warm_up)),
        ("seed", asked.seed.to_string()),
        ("connected", count(record.traffic.connected.into())),
        ("read", bytes(float(record.traffic.bytes))),
    ];
    let share = record.share.iter().flat_map(|share| {
        let elsewhere = count(share.elsewhere);
        [
            ("generator", format!("{} of {}", share.number, share.of)),
            ("deliveries of other generators' messages", elsewhere),
        ]
    });
    let seam = record.seam.iter().map(|seam| ("seam", verdict::seam(seam).join(" · ")));
    let nodes = record.nodes.iter().map(|nodes| ("nodes", verdict::nodes(nodes).join(" · ")));
    let workload: Vec<_> = workload.into_iter().chain(share).chain(seam).chain(nodes).collect();
    let limit = |[soft, hard]: [u64; 2]| format!("{}, at most {}", count(soft), count(hard));
    let unknown = || "unknown".to_owned();
    let environment = [
        ("version", environment.version.clone()),
        ("started", environment.started.clone()),
        ("arguments", environment.arguments.join(" ")),
        ("system", environment.system.clone()),
        ("processor", environment.processor.clone().unwrap_or_else(unknown)),
        ("CPUs", environment.cpus.to_string()),
        ("descriptors", environment.descriptors.map_or_else(unknown, limit)),
    ];
    html! {
        div.columns {
            (section("Workload", &definitions(&workload)))
            (section("Environment", &definitions(&environment)))
        }
    }
}
