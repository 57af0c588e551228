//! Several runs or records, for the terminal and the page.

pub(super) mod runs;

use std::fmt::Write as _;

use crate::record::Record;
use crate::record::comparison::between::{Ratio, Row};
use crate::record::figures::{count, share, times};
use crate::report::verdict;

/// Columns of a table: record, first, other, ratio, its range.
pub(super) const HEAD: [&str; 3] = ["ratio", "interval of it", ""];

/// The comparison of records with the first of them: a table for each of the others.
pub(crate) fn text(records: &[(String, Record)], rows: &[Row]) -> String {
    let mut text = String::new();
    for (name, record) in records {
        let _ = writeln!(text, "{}", verdict::visible(&format!("{name}: {}", heading(record))));
    }
    for (i, (name, _)) in records.iter().enumerate().skip(1) {
        let [ratio, range, _] = HEAD;
        let title = cut(&verdict::visible(&format!("{name} against {}", records[0].0)));
        let _ = writeln!(text, "\n{title:<33}{:>12}{ratio:>10}{range:>22}", "");
        for row in rows {
            let cells = cells(row, i);
            let [metric, first, other, ratio, range, word] = cells.each_ref();
            let line = format!("{metric:<20}{first:>13}{other:>12}{ratio:>10}{range:>22}   {word}");
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text + "\n" + &footnote(rows) + "\n"
}

/// A record in a line: server and protocol, verdict, runs, date.
pub(super) fn heading(record: &Record) -> String {
    let asked = &record.workload;
    let mut items = vec![
        format!("{}, {} clients, {}", asked.dialect, count(asked.clients.into()), asked.pacing),
        verdict::headline(record),
    ];
    items.extend(record.runs.as_ref().map(|runs| format!("{} runs", runs.used())));
    items.push(record.environment.started.clone());
    items.extend(server(record));
    items.join(" · ")
}

/// The server as the command line named it: `--spawn`, or `--server`.
fn server(record: &Record) -> Option<String> {
    let arguments = &record.environment.arguments;
    let after = |option: &str| {
        let at = arguments.iter().position(|argument| argument == option)?;
        arguments.get(at + 1).map(|value| format!("{option} '{value}'"))
    };
    ["--spawn", "--server", "-s"].into_iter().find_map(after)
}

/// A figure of the first and another record, their ratio with its range, and a word on it.
pub(super) fn cells(row: &Row, other: usize) -> [String; 6] {
    let show = |i: usize| row.metric.quantity().show(row.values[i].median);
    let Ratio { range, .. } = row.ratio(other);
    let ratio = times(row.values[other].median, row.values[0].median);
    let open = if row.ratio(other).is_open() { "cannot tell" } else { "" };
    let range = range.map(|[low, high]| format!("{} … {}", times(low, 1.0), times(high, 1.0)));
    let metric = row.metric.to_string();
    [metric, show(0), show(other), ratio, range.unwrap_or_default(), open.to_owned()]
}

/// A sentence on the intervals. Those of two records hold together with the product of their
/// coverages at least, because the runs are independent.
pub(super) fn footnote(rows: &[Row]) -> String {
    let coverages = rows.iter().flat_map(|row| row.values.iter().map(|value| value.coverage));
    let least = coverages.filter(|coverage| *coverage > 0.0).fold(1.0, f64::min);
    let ranges = rows.iter().any(|row| (1..row.values.len()).any(|i| row.ratio(i).range.is_some()));
    if ranges {
        format!(
            "each interval contains the ratio of the true medians with {} or more; \"cannot tell\": it \
             contains 1",
            share(least * least)
        )
    } else {
        "single runs: records of --runs have intervals, which tell what is chance".to_owned()
    }
}

fn cut(title: &str) -> String {
    match title.char_indices().nth(44) {
        Some((at, _)) => format!("{}…", &title[..at]),
        None => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::comparison::between::compare;
    use crate::record::sample;

    fn both(factors: [&[f64]; 2]) -> String {
        let mut other = sample::repeated(factors[1], &sample::full());
        other.workload = sample::record().workload;
        other.workload.dialect = "nats".into();
        let first = sample::repeated(factors[0], &sample::record());
        let records = [("a.json".to_owned(), first), ("long/path/b.json".to_owned(), other)];
        text(&records, &compare(&records).unwrap())
    }

    #[test]
    fn figures_ratios_and_what_cannot_be_told_stand_in_a_table() {
        let text = both([&[1.0, 1.0, 1.5], &[3.0, 3.0, 6.0]]);
        let lines: Vec<_> = text.lines().collect();
        assert!(
            lines[0]
                .starts_with("a.json: basico, 500 clients, open 500/s poisson · VALID · 3 runs")
        );
        assert!(
            lines[1].starts_with("long/path/b.json: nats") && lines[1].contains("FAULTY"),
            "{text}"
        );
        let row = |name: &str| *lines.iter().find(|line| line.starts_with(name)).unwrap();
        assert!(row("response.p99 ").contains("3.00×         2.00× … 6.00×"), "{text}");
        assert!(row("response.p50 ").ends_with("cannot tell"), "{text}");
        assert!(text.contains("with 56.2 % or more"), "{text}");
        assert!(lines.iter().skip(2).all(|line| line.chars().count() <= 110), "{text}");
    }

    #[test]
    fn single_runs_have_ratios_without_intervals() {
        let text = both([&[1.0], &[2.0]]);
        assert!(text.contains("2.00×\n") && !text.contains('…'), "{text}");
        assert!(text.ends_with("tell what is chance\n"), "{text}");
    }

    #[test]
    fn a_record_is_called_by_its_server() {
        let mut record = sample::record();
        record.environment.arguments = vec!["--spawn".into(), "chat-server -b {port}".into()];
        assert!(heading(&record).ends_with("--spawn 'chat-server -b {port}'"));
    }
}
