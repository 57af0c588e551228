//! Several runs or records, for the terminal and the page.

pub(super) mod runs;

use crate::record::Record;
use crate::record::comparison::between::{Ratio, Row};
use crate::record::figures::{share, times};
use crate::report::verdict;
use crate::report::wrapping::wrapped;

/// Columns behind the values.
pub(super) const HEAD: [&str; 3] = ["ratio", "interval of it", ""];

/// The comparison of records with the first of them, in 80 columns: a table for each of the others.
pub(crate) fn text(records: &[(String, Record)], rows: &[Row]) -> String {
    let mut text = String::new();
    let mut say = |line: &str| text += &(line.trim_end().to_owned() + "\n");
    let in_full = |words: String| wrapped("", &[words]).join("\n");
    for (name, record) in records {
        say(&in_full(format!("{name}: {}", heading(record))));
    }
    for (i, (name, _)) in records.iter().enumerate().skip(1) {
        say("");
        say(&in_full(format!("{name} against {}", records[0].0)));
        let [ratio, range, word] = HEAD;
        let head = ["", "first", "other", ratio, range, word].map(str::to_owned);
        for [metric, first, other, ratio, range, word] in
            [head].into_iter().chain(rows.iter().map(|row| cells(row, i)))
        {
            say(&format!("{metric:<18}{first:>12}{other:>12}{ratio:>8}{range:>17}  {word}"));
        }
    }
    say("");
    say(&in_full(footnote(rows)));
    text
}

/// A record in a line: protocol, verdict, runs, date, and the server as the command line named it.
pub(super) fn heading(record: &Record) -> String {
    let started = &record.environment.started;
    let started = started.split_once('.').map_or(started.clone(), |(start, _)| format!("{start}Z"));
    let mut items = vec![record.workload.dialect.clone(), verdict::headline(record)];
    items.extend(record.runs.as_ref().map(|runs| format!("{} runs", runs.used())));
    items.push(started);
    items.extend(server(&record.environment.arguments));
    items.join(" · ")
}

/// The server as the command line named it: `--spawn`, or `--server`.
fn server(arguments: &[String]) -> Option<String> {
    let after = |option: &str| {
        let at = arguments.iter().position(|argument| argument == option)?;
        arguments.get(at + 1).map(|value| format!("{option} '{value}'"))
    };
    ["--spawn", "--server", "-s"].into_iter().find_map(after)
}

/// A figure of the first and another record, with `*` where it may be the generator's own, their ratio with its range, and a word on it.
pub(super) fn cells(row: &Row, other: usize) -> [String; 6] {
    let mark = |i: usize| if row.own[i] { "*" } else { "" };
    let show = |i: usize| row.metric.quantity().show(row.values[i].median) + mark(i);
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
    let own = rows.iter().any(|row| row.own.contains(&true));
    let own = if own { "; * may be the generator's own" } else { "" };
    let coverages = rows.iter().flat_map(|row| row.values.iter().map(|value| value.coverage));
    let least = coverages.filter(|coverage| *coverage > 0.0).fold(1.0, f64::min);
    let ranges = rows.iter().any(|row| (1..row.values.len()).any(|i| row.ratio(i).range.is_some()));
    if ranges {
        format!(
            "an interval contains the ratio of the true medians with {} or more; cannot tell: also 1{own}",
            share(least * least)
        )
    } else {
        format!("single runs: records of --runs have intervals, which tell what is chance{own}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::comparison::between::compare;
    use crate::record::sample;
    use crate::report::wrapping::{WIDTH, narrowed};

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
        assert!(lines[0].starts_with("a.json: basico · VALID · 3 runs · 2026-03-14"));
        assert!(
            lines[1].starts_with("long/path/b.json: nats") && lines[1].contains("FAULTY"),
            "{text}"
        );
        let row = |name: &str| *lines.iter().find(|line| line.starts_with(name)).unwrap();
        assert!(row("response.p99 ").contains("3.00×    2.00× … 6.00×"), "{text}");
        assert!(row("response.p50 ").ends_with("cannot tell"), "{text}");
        assert!(text.contains("with 56.2 % or more"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{text}");
        for columns in [40, WIDTH] {
            let huge = narrowed(&both([&[1.0, 1.0, 9.0], &[1.0, 1e5, 1e6]]), columns);
            assert!(huge.lines().all(|line| line.chars().count() <= columns), "{huge}");
            assert!(huge.contains("response.p99 "), "{huge}");
        }
    }

    #[test]
    fn single_runs_have_ratios_without_intervals() {
        let text = both([&[1.0], &[2.0]]);
        assert!(text.contains("2.00×\n") && !text.contains('…'), "{text}");
        assert!(text.contains("\nsingle runs: ") && text.contains("242 ms*"), "{text}");
    }

    #[test]
    fn what_may_be_the_generators_own_is_marked() {
        let mut other = sample::record();
        other.own_figures = vec!["response.p99".into()];
        let records = [("a".to_owned(), sample::record()), ("b".to_owned(), other)];
        let text = text(&records, &compare(&records).unwrap());
        assert_eq!(text.matches(" ms*").count(), 1, "{text}");
        assert!(text.ends_with("tell what is chance; * may\nbe the generator's own\n"), "{text}");
    }

    #[test]
    fn a_record_is_called_by_its_server() {
        let mut record = sample::record();
        record.environment.arguments = vec!["--spawn".into(), "chat-server -b {port}".into()];
        assert!(heading(&record).ends_with("--spawn 'chat-server -b {port}'"));
    }
}
