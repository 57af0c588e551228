//! One page that shows a run: no network, no scripts, light and dark, for the screen and on paper.
//!
//! It contains text from the server, so everything is escaped (by `maud`), and the page forbids
//! itself to load or run anything.

mod axis;
mod by_second;
mod chart;
mod comparison;
mod markup;
mod plots;
mod runs;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::markup::section;
use crate::record::comparison::between::Row;
use crate::record::figures::{bytes, count, rate, sampled, time_of};
use crate::record::{Histograms, Record, Status};
use crate::report::verdict::{self, visible};

/// Content security policy: nothing is loaded, and nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Renders the whole page.
pub(crate) fn render(record: &Record, histograms: &Histograms) -> String {
    let title = visible(&title(record));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&title))
            body {
                main {
                    (header(record, &title))
                    (tiles(record))
                    (runs::runs(record))
                    (latency(record, histograms))
                    (tables::addresses(record))
                    (over_time(record))
                    (search(record))
                    (tables::ledger(&record.ledger))
                    (tables::words(record))
                    (tables::worst(record))
                    (tables::slow_readers(record))
                    (tables::floor(record))
                    (tables::processes(record))
                    (tables::circumstances(record))
                }
            }
        }
    };
    page.into_string()
}

/// Renders a page that compares records with the first of them.
pub(crate) fn render_comparison(records: &[(String, Record)], rows: &[Row]) -> String {
    html! { (DOCTYPE) (comparison::page(records, rows)) }.into_string()
}

/// The head of a page: its title, its style, and the policy that nothing is loaded.
fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            title { (title) }
            style { (PreEscaped(include_str!("style.css"))) }
        }
    }
}

fn title(record: &Record) -> String {
    let asked = &record.workload;
    format!("{}: {} clients, {}", asked.dialect, count(asked.clients.into()), asked.pacing)
}

/// A date as people write it. The record, where the fractions of its second stand, is in the page as well.
fn date(written: &str) -> String {
    let date = written.parse::<jiff::Timestamp>();
    date.map_or_else(
        |_| written.to_owned(),
        |date| date.strftime("%-d %B %Y, %H:%M UTC").to_string(),
    )
}

fn header(record: &Record, title: &str) -> Markup {
    let environment = &record.environment;
    let started = date(&environment.started);
    let when = format!("{started} · {} · {} CPUs", environment.system, environment.cpus);
    let (class, meaning) = match record.verdict.status {
        Status::Valid if !record.ledger.is_judged() => {
            ("valid", "The figures hold; deliveries were not judged.")
        }
        Status::Valid => ("valid", "The figures hold, and every delivery was right."),
        Status::Faulty => ("faulty", "The figures hold; some deliveries were wrong."),
        Status::Partial => ("partial", "Interrupted: the figures hold for what was done."),
        Status::Invalid => {
            ("invalid", "The generator could not keep up: the figures mean nothing.")
        }
    };
    html! {
        header {
            h1 { (title) }
            p { (visible(&when)) }
        }
        div class={"verdict " (class)} role="status" {
            strong { (verdict::headline(record)) }
            p { (meaning) }
            ul { @for reason in &record.verdict.reasons { li { (visible(reason)) } } }
        }
    }
}

fn tiles(record: &Record) -> Markup {
    let (response, last) = (&record.latency.response, &record.latency.last);
    let mark = |histogram, figure| verdict::mark(&record.own_figures, histogram, figure);
    let anomalies = record.ledger.wrong();
    let judged = record.ledger.is_judged();
    let mut tiles = vec![
        ("Response p50", sampled(response, response.p50) + mark("response", "p50")),
        ("Response p99", sampled(response, response.p99) + mark("response", "p99")),
        ("Last receiver p99", sampled(last, last.p99) + mark("last", "p99")),
        ("Longest response", sampled(response, response.max) + mark("response", "max")),
        ("Deliveries per second", rate(record.traffic.delivery_rate)),
        ("Messages per second", rate(record.traffic.achieved_rate)),
        ("Not sent in time", count(record.traffic.unsent)),
        ("Wrong deliveries", if judged { count(anomalies) } else { "not judged".to_owned() }),
    ];
    if let Some(server) = &record.server {
        tiles.push(("CPU per delivery", time_of(server.cpu_per_delivery)));
        tiles.push(("Memory per client", bytes(server.memory_per_client)));
    }
    // Two rows of equally many, where the page is wide enough.
    let columns = tiles.len().div_ceil(2);
    html! {
        div.tiles style={"--columns:" (columns)} {
            @for (name, figure) in &tiles {
                div.tile.bad[*name == "Wrong deliveries" && anomalies > 0] {
                    span { (name) }
                    b { (figure) }
                }
            }
        }
    }
}

fn latency(record: &Record, histograms: &Histograms) -> Markup {
    let content = html! {
        p {
            "Response counts from when a message should have been sent, service from when it was \
             written; lag is the difference. First and last are a message's first and last \
             receiver, and spread is the time between them."
        }
        (plots::percentiles(histograms))
        (tables::latencies(record))
    };
    section("Latency", &content)
}

fn over_time(record: &Record) -> Markup {
    let intervals = &record.intervals;
    // A second of the drain would be a dive to nothing.
    let within = intervals.partition_point(|interval| interval.start < record.workload.duration);
    let content = html! {
        (plots::latency_over_time(intervals))
        h3 { "All responses" }
        p {
            "The more a cell stands out, the more deliveries took that long; the scale is logarithmic."
        }
        (plots::heat(intervals))
        (by_second::ledger(record))
        h3 { "Rates" }
        div.columns {
            (plots::delivery_rate(&intervals[..within]))
            (plots::message_rate(&intervals[..within]))
        }
    };
    section("Over time", &content)
}

fn search(record: &Record) -> Markup {
    let Some(result) = &record.search_result else { return html! {} };
    let content = html! {
        p { (verdict::bracket(result)) "." }
        @for remark in &result.remarks { p { (verdict::visible(remark)) } }
        (plots::search(&record.search))
        (tables::search(&record.search))
    };
    section("Search for the highest rate", &content)
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::*;
    use crate::record::{Summary, sample};

    fn empty() -> Histograms {
        let none = || Histogram::new(3).unwrap();
        Histograms {
            response: none(),
            service: none(),
            lag: none(),
            first: none(),
            last: none(),
            spread: none(),
        }
    }

    #[test]
    fn the_page_needs_nothing_but_itself() {
        let page = render(&sample::full(), &sample::histograms());
        for reference in ["<script", "<link", " src=", " href=", "url(", "@import", "<iframe"] {
            assert!(!page.contains(reference), "{reference}");
        }
        // The name of a format, not an address that anything fetches.
        assert_eq!(page.matches("http").count(), page.matches("http-equiv").count() + svgs(&page));
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn a_date_is_written_as_people_do() {
        assert_eq!(date("2026-11-28T12:05:48.214147613Z"), "28 November 2026, 12:05 UTC");
        assert_eq!(date("yesterday"), "yesterday");
    }

    fn svgs(page: &str) -> usize {
        page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count()
    }

    #[test]
    fn everything_that_was_found_out_is_there() {
        let page = render(&sample::full(), &sample::histograms());
        let headings = page.split("<h2>").skip(1).filter_map(|rest| rest.split("</h2>").next());
        let expected = [
            "Latency",
            "By address",
            "Over time",
            "Search for the highest rate",
            "Ledger",
            "The server's other words",
            "Receivers that waited longest",
            "Slow readers",
            "Beside the floor",
            "Generator",
            "Server",
            "Workload",
            "Environment",
        ];
        assert_eq!(headings.collect::<Vec<_>>(), expected);
        assert_eq!(svgs(&page), 8);
        for text in [
            "FAULTY: 3 lost, 1 late, 1 duplicated",
            "never arrived",
            "2.27×",
            "Example 9000",
            "c-17",
        ] {
            assert!(page.contains(text), "{text}");
        }
    }

    #[test]
    fn what_was_not_asked_for_has_no_section() {
        let page = render(&sample::record(), &sample::histograms());
        for heading in ["Search for", "Slow readers", "Beside", "<h2>Server"] {
            assert!(!page.contains(heading), "{heading}");
        }
        assert!(page.contains("class=\"verdict valid\""));
    }

    #[test]
    fn several_runs_have_a_section_with_each_value() {
        let record = sample::repeated(&[1.0, 2.0, 1.5], &sample::record());
        let page = render(&record, &sample::histograms());
        let section = &page[page.find("<h2>Several runs").unwrap()..];
        let section = &section[..section.find("</section>").unwrap()];
        assert!(section.contains("run 3") && section.contains("75.0 %"), "{section}");
        let row = &section[section.find("response.p99<").unwrap()..];
        assert_eq!(row[..row.find("</tr>").unwrap()].matches("<td>").count(), 6, "{row}");
    }

    #[test]
    fn a_comparison_has_the_curves_of_all_and_the_ratios() {
        let mut other = sample::record();
        other.latency.response.p99 *= 2;
        other.workload.dialect = "<i>".into();
        let records = [("a.json".to_owned(), sample::record()), ("<i>.json".to_owned(), other)];
        let rows = crate::record::comparison::between::compare(&records).unwrap();
        let page = render_comparison(&records, &rows);
        assert_eq!(svgs(&page), 2);
        for ink in ["response", "last"] {
            let lines = page.lines().filter(|line| line.starts_with("<polyline"));
            let of_ink = lines.filter(|line| line.contains(&format!("var(--{ink})")));
            assert_eq!(of_ink.count(), 2, "{ink}");
        }
        assert!(page.contains("<td>2.00×</td>") && page.contains("default-src 'none'"));
        assert!(page.contains("&lt;i&gt;.json against a.json") && !page.contains("<i>"));
    }

    #[test]
    fn what_a_server_sent_is_text() {
        let mut record = sample::full();
        let witness = &mut record.ledger.witnesses.get_mut("lost").unwrap()[0];
        witness.detail = "</td><script>alert('\u{202e}')</script>{body}".into();
        witness.receiver = "<i>".into();
        record.worst[0].name = "<i>".into();
        record.verdict.reasons.push("<i>".into());
        record.workload.dialect = "<i>{style}".into();
        record.environment.arguments.push("<i>".into());
        let page = render(&record, &sample::histograms());
        assert!(page.contains("&lt;/td&gt;&lt;script&gt;alert('\u{FFFD}')"), "not shown");
        assert!(!page.contains("<i>") && !page.contains("<script"));
    }

    #[test]
    fn a_run_without_anything_says_so() {
        let mut record = Record { intervals: Vec::new(), worst: Vec::new(), ..sample::record() };
        let nothing = Summary::of(&Histogram::new(3).unwrap());
        let latency = &mut record.latency;
        for summary in [&mut latency.response, &mut latency.first, &mut latency.last] {
            *summary = nothing;
        }
        let page = render(&record, &empty());
        assert_eq!(page.matches("no samples").count(), 5);
        assert!(!page.contains("<svg") && !page.contains("NaN"));
    }
}
