//! The summary that is printed at the end of a run: understood in ten seconds, in 80 columns.

use crate::record::figures::{
    bytes, count, float, pacing, rate, sampled, seconds, share, time, time_of, times,
};
use crate::record::{Latency, PLAIN_DOOR, Record, Runs, Status, Summary};
use crate::report::comparison::runs;
use crate::report::verdict;
use crate::report::wrapping::{LABEL, cut, paragraph, wrapped};

/// Percentiles that are shown.
const PERCENTILES: [&str; 5] = ["p50", "p90", "p99", "p99.9", "max"];

/// Witnesses of each kind of fault that are shown.
const WITNESSES: usize = 3;

/// Receivers that are shown.
const WORST: usize = 5;

/// A receiver is shown if its mean response is more than this times that of all.
const DIFFERENT: f64 = 1.5;

/// A rate is told apart from another if it is more than this times as high.
const NOTICED: f64 = 1.005;

/// Slow readers whose fate is shown.
const FATES: usize = 3;

/// The text, a newline after each line.
pub(crate) fn summary(record: &Record) -> String {
    let mut lines = wrapped("", &[verdict::headline(record)]);
    lines.extend(reasons(record));
    lines.extend(paragraph("workload", &workload(record)));
    lines.extend(runs_of(record));
    lines.extend(paragraph("traffic", &traffic(record)));
    lines.extend(latencies(record));
    lines.extend(addresses(record));
    lines.extend(without_slow_readers(record));
    lines.extend(slow_readers(record));
    lines.extend(ledger(record));
    lines.extend(seam(record));
    lines.extend(nodes(record));
    lines.extend(witnesses(record));
    lines.extend(words(record));
    lines.extend(worst(record));
    lines.extend(paragraph("generator", &generator(record)));
    lines.extend(paragraph("server", &server(record)));
    lines.extend(floor(record));
    lines.extend(search(record));
    lines.into_iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The reasons of the verdict, or the remarks on a valid run. Those of each of several runs stand in
/// the JSON and on the page.
fn reasons(record: &Record) -> Vec<String> {
    let label = if record.verdict.status == Status::Valid { "note" } else { "why" };
    let of_each = record.runs.as_ref().map(Runs::reasons_of_each).unwrap_or_default();
    let shown = record.verdict.reasons.iter().filter(|reason| !of_each.contains(reason));
    let mut lines: Vec<_> = shown.flat_map(|reason| paragraph(label, &[reason])).collect();
    if record.own_figures.is_empty() && record.has_marks() {
        lines.extend(paragraph(label, &["figures marked * may be the generator's own"]));
    }
    lines
}

fn workload(record: &Record) -> Vec<String> {
    let asked = &record.workload;
    let several =
        |number: u32, what: &str| (number > 0).then(|| format!("{} {what}", count(number.into())));
    let mut items = vec![match &record.addresses[..] {
        [only] => format!("{} at {}", asked.dialect, only.address),
        _ => asked.dialect.clone(),
    }];
    if asked.door != PLAIN_DOOR {
        items.push(asked.door.clone());
    }
    let [clients, senders] = [asked.clients, asked.senders].map(|number| count(number.into()));
    items.push(format!("{clients} clients, {senders} senders"));
    items.extend(several(asked.rooms, if asked.rooms == 1 { "room" } else { "rooms" }));
    items.extend(several(asked.idle_clients, "idle"));
    items.extend(several(asked.slow_readers, "slow"));
    items.extend(verdict::untimed(asked));
    if asked.churn > 0.0 {
        items.push(format!("churn {}/s", rate(asked.churn)));
    }
    if asked.reconnect > 0.0 {
        items.push(format!("{}/s cut off", rate(asked.reconnect)));
    }
    if asked.kill_every > 0.0 {
        items.push(format!("server killed every {} s", asked.kill_every));
    }
    items.extend(verdict::faults_of_nodes(asked));
    items.push(pacing(&asked.pacing));
    items.push(format!("{} B", asked.size));
    items.push(format!("warm-up {} s, window {} s", asked.warm_up, asked.duration));
    items.push(format!("seed {}", asked.seed));
    if let Some(share) = &record.share {
        items.push(format!("generator {} of {}", share.number, share.of));
    }
    items
}

/// Several runs: the figures over all of them, before those of one.
fn runs_of(record: &Record) -> Vec<String> {
    let Some(runs) = &record.runs else { return Vec::new() };
    let mut lines = paragraph("runs", &runs::verdicts(runs));
    lines.extend(runs::rows(record));
    let words = [runs::coverage(runs), runs::sentence(runs, record.workload.seed)];
    lines.extend(words.iter().flat_map(|words| paragraph("", &[words])));
    lines
}

fn traffic(record: &Record) -> Vec<String> {
    let traffic = &record.traffic;
    let offered = traffic
        .offered_rate
        .map(|offered| format!(" of {}/s offered", rate(offered)))
        .unwrap_or_default();
    let mut items = vec![format!(
        "{} messages, {}/s{offered}",
        count(traffic.messages),
        rate(traffic.achieved_rate)
    )];
    if traffic.unsent > 0 {
        items.push(format!("{} UNSENT", count(traffic.unsent)));
    }
    items.push(format!("{} deliveries, {}", count(traffic.deliveries), arrivals(record)));
    if let Some(share) = &record.share {
        let elsewhere = count(share.elsewhere);
        items.push(format!("{elsewhere} of other generators' messages, judged and not timed"));
    }
    if traffic.incomplete > 0 {
        items.push(format!("{} messages incomplete", count(traffic.incomplete)));
    }
    items
}

/// The rate of the deliveries that arrived within the window. It is less than that of all, if some came
/// only in the drain.
fn arrivals(record: &Record) -> String {
    let traffic = &record.traffic;
    let for_each_message = float(traffic.deliveries) / float(traffic.messages.max(1));
    let less = traffic.delivery_rate * NOTICED < traffic.achieved_rate * for_each_message;
    let late = if less { ", the others after the window" } else { "" };
    format!("{}/s{late}", rate(traffic.delivery_rate))
}

fn latencies(record: &Record) -> Vec<String> {
    let mut lines = vec![row("latency", &PERCENTILES.map(str::to_owned))];
    for (name, summary) in rows(&record.latency) {
        let mut cells = marked(&record.own_figures, name, summary);
        for cell in cells.iter_mut().filter(|cell| !cell.ends_with('*')) {
            *cell += if record.own_figures.is_empty() { "" } else { " " };
        }
        lines.push(row(&format!("  {name}"), &cells));
    }
    lines
}

/// The rows of a table of latencies.
fn rows(latency: &Latency) -> [(&'static str, &Summary); 6] {
    [
        ("response", &latency.response),
        ("service", &latency.service),
        ("lag", &latency.lag),
        ("first", &latency.first),
        ("last", &latency.last),
        ("spread", &latency.spread),
    ]
}

fn percentiles(summary: &Summary) -> [String; 5] {
    [summary.p50, summary.p90, summary.p99, summary.p999, summary.max]
        .map(|value| sampled(summary, value))
}

/// The same, with a mark at those that are among the run's own figures.
fn marked(own: &[String], name: &str, summary: &Summary) -> [String; 5] {
    let mut cells = percentiles(summary);
    for (cell, figure) in cells.iter_mut().zip(PERCENTILES) {
        *cell += verdict::mark(own, name, figure);
    }
    cells
}

fn row(label: &str, cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>12}")).collect();
    format!("{label:<LABEL$}{}", cells.concat())
}

/// The figures of each address, if there is more than one.
fn addresses(record: &Record) -> Vec<String> {
    let [_, _, ..] = &record.addresses[..] else { return Vec::new() };
    let head = ["clients", "senders", "deliveries", "p50", "p99", "disconn."];
    let mut lines = vec![wide_row("address", &head.map(str::to_owned))];
    lines.extend(record.addresses.iter().map(|at| {
        let [p50, _, p99, ..] = marked(&record.own_figures, "response", &at.response);
        let [clients, senders] = [at.connected, at.senders].map(|number| count(number.into()));
        let figures = [clients, senders, count(at.deliveries), p50, p99, count(at.disconnected)];
        cut(&wide_row(&format!("  {}", at.address), &figures))
    }));
    lines
}

/// A row with an address, and the figures there.
fn wide_row(
    label: &str,
    [clients, senders, deliveries, p50, p99, disconnected]: &[String; 6],
) -> String {
    format!(
        "{label:<23}{clients:>8}{senders:>8}{deliveries:>12}{p50:>10}{p99:>10}{disconnected:>9}"
    )
}

fn without_slow_readers(record: &Record) -> Vec<String> {
    let Some(without) = &record.without_slow_readers else { return Vec::new() };
    let response = |label, [p50, _, p99, _, max]: [String; 5]| row(label, &[p50, p99, max]);
    vec![
        row("slow", &["p50", "p99", "max"].map(str::to_owned)),
        response(
            "  without",
            marked(&record.own_without_slow_readers, "response", &without.response),
        ),
        response("  with", marked(&record.own_figures, "response", &record.latency.response)),
    ]
}

fn ledger(record: &Record) -> Vec<String> {
    let ledger = &record.ledger;
    if !ledger.is_judged() {
        return paragraph("ledger", &[verdict::NOT_JUDGED]);
    }
    // Every message since the barrier is judged; fewer are timed.
    let warm_up = if record.workload.warm_up > 0.0 { ", warm-up included" } else { "" };
    let mut lines = paragraph(
        "ledger",
        &[format!("{} expected{warm_up} = {}", count(ledger.expected), verdict::sum(ledger))],
    );
    let merged = Some(("merged", ledger.merged)).filter(|(_, number)| *number > 0);
    let besides = ledger.besides().into_iter().chain(merged);
    let besides: Vec<_> =
        besides.map(|(name, number)| format!("{} {name}", count(number))).collect();
    lines.extend(paragraph("", &besides));
    lines
}

/// Cuts, and what became of the clients that were cut off.
fn seam(record: &Record) -> Vec<String> {
    record.seam.as_ref().map_or_else(Vec::new, |seam| paragraph("seam", &verdict::seam(seam)))
}

/// Faults that were made of nodes and their broker.
fn nodes(record: &Record) -> Vec<String> {
    record.nodes.as_ref().map_or_else(Vec::new, |nodes| paragraph("nodes", &verdict::nodes(nodes)))
}

fn witnesses(record: &Record) -> Vec<String> {
    let mut lines = Vec::new();
    for (kind, witnesses) in &record.ledger.witnesses {
        let shown = kind.replace('_', " ");
        for witness in witnesses.iter().take(WITNESSES) {
            lines.extend(wrapped(&format!("  {shown:<11} "), &[verdict::witness(kind, witness)]));
        }
    }
    lines
}

/// What the server said beside messages.
fn words(record: &Record) -> Vec<String> {
    let counts: Vec<_> =
        record.words.iter().map(|(kind, words)| format!("{kind} {}", count(words.count))).collect();
    let mut lines = paragraph("words", &counts);
    for (kind, words) in &record.words {
        for witness in words.first.iter().take(WITNESSES) {
            lines.extend(wrapped(&format!("  {kind:<11} "), &[verdict::witness(kind, witness)]));
        }
    }
    lines
}

/// The fate of the clients that did not read.
fn slow_readers(record: &Record) -> Vec<String> {
    let all = &record.slow_readers;
    if all.is_empty() {
        return Vec::new();
    }
    let gone = all.iter().filter(|reader| reader.cut_off).count();
    let [gone, all_of_them] = [gone, all.len()].map(|number| count(number as u64));
    let mut items = vec![format!("{gone} of {all_of_them} slow readers were cut off")];
    items.extend(all.iter().take(FATES).map(verdict::fate));
    if all.len() > FATES {
        items.push("…".to_owned());
    }
    paragraph("  fate", &items)
}

/// The receivers whose mean differs from that of all.
fn worst(record: &Record) -> Vec<String> {
    let usual = record.latency.response.mean;
    let mark = |figure| verdict::mark(&record.own_figures, "response", figure);
    let differ = record.worst.iter().filter(|receiver| receiver.mean > DIFFERENT * usual);
    let worst = differ.take(WORST).enumerate();
    let lines = worst.flat_map(|(i, receiver)| {
        let label = if i == 0 { "worst" } else { "" };
        let (mean, max) = (time_of(receiver.mean) + mark("mean"), time(receiver.max) + mark("max"));
        let line = format!(
            "{:<8} {:<15} mean {mean}, max {max}, {} deliveries",
            receiver.name,
            receiver.address,
            count(receiver.deliveries)
        );
        paragraph(label, &[line])
    });
    lines.collect()
}

fn generator(record: &Record) -> Vec<String> {
    let generator = &record.generator;
    let mut items = vec![
        format!("pacing lag p99 {}", sampled(&generator.pacing, generator.pacing.p99)),
        format!("CPU {}", seconds(generator.cpu)),
    ];
    let timed = generator.cpu_of_timed.filter(|_| record.workload.untimed > 0);
    items.extend(timed.map(|cpu| format!("{} of it beside the untimed", seconds(cpu))));
    items.extend([format!("busiest thread {}", share(generator.busiest_thread))]);
    items.extend(generator.starved.map(|starved| format!("starved {}", share(starved))));
    items.extend(
        generator
            .disturbance
            .map(|all| format!("own disturbance p99.9 {}", sampled(&all, all.p999))),
    );
    let throttled = generator.throttled.filter(|&throttled| throttled > 0.0);
    items.extend(throttled.map(|throttled| format!("throttled {}", seconds(throttled))));
    let [bulk, canary] = [generator.bulk, generator.canary].map(|s| sampled(&s, s.p99));
    items.push(format!("service p99 bulk {bulk}, canary {canary}"));
    if generator.untimed > 0 {
        items.push(format!("{} untimed", count(generator.untimed)));
    }
    items
}

fn server(record: &Record) -> Vec<String> {
    let Some(server) = &record.server else { return Vec::new() };
    vec![
        format!("{} CPU per delivery", time_of(server.cpu_per_delivery)),
        format!("CPU {}", seconds(server.cpu)),
        format!("{} per client", bytes(server.memory_per_client)),
        format!("{} in all", bytes(float(server.memory))),
    ]
}

fn floor(record: &Record) -> Vec<String> {
    let Some(floor) = &record.floor else { return Vec::new() };
    let mut lines =
        vec![row("floor", &["p50", "p99", "max", "p50 ×floor", "p99 ×floor"].map(str::to_owned))];
    for ((name, here), (_, there)) in rows(&record.latency).into_iter().zip(rows(&floor.latency)) {
        if ["response", "last"].contains(&name) {
            let [p50, _, p99, _, max] = marked(&floor.own_figures, name, there);
            let ratio = |figure, of: fn(&Summary) -> u64| {
                let own =
                    verdict::mark_either([&record.own_figures, &floor.own_figures], name, figure);
                times(float(of(here)), float(of(there))) + own
            };
            let ratios = [ratio("p50", |s| s.p50), ratio("p99", |s| s.p99)];
            lines.push(row(&format!("  {name}"), &[&[p50, p99, max][..], &ratios].concat()));
        }
    }
    let word = floor.verdict.status.word();
    let mut items = vec![word.to_owned(), format!("{}/s", rate(floor.traffic.delivery_rate))];
    if let (Some(here), Some(relay)) = (&record.server, &floor.server) {
        let (cpu, ratio) =
            (time_of(relay.cpu_per_delivery), times(here.cpu_per_delivery, relay.cpu_per_delivery));
        items.push(format!("{cpu} CPU per delivery, here {ratio}"));
    }
    lines.extend(paragraph("  relay", &items));
    lines
}

fn search(record: &Record) -> Vec<String> {
    let Some(result) = &record.search_result else { return Vec::new() };
    let mut lines = paragraph("search", &[verdict::bracket(result)]);
    lines.extend(result.remarks.iter().flat_map(|remark| paragraph("why", &[remark])));
    lines.push(row("  runs", &["rate", "holds", "p99", "lost"].map(str::to_owned)));
    for step in &record.search {
        let [_, _, p99, ..] = marked(&step.own_figures, "response", &step.latency.response);
        lines.push(row(
            "",
            &[format!("{}/s", rate(step.rate)), verdict::holds(step).into(), p99, count(step.lost)],
        ));
    }
    lines
}

#[cfg(test)]
mod tests;
