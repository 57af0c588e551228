//! A run second by second, for spreadsheets: a header line and a row per interval.

use std::io::{self, Write};

use crate::record::{Interval, Record, Summary, Tally};

/// Column of a summary: its name and its value.
type Column = (&'static str, fn(&Summary) -> u64);

const COLUMNS: [Column; 7] = [
    ("min", |s| s.min),
    ("p50", |s| s.p50),
    ("p90", |s| s.p90),
    ("p99", |s| s.p99),
    ("p999", |s| s.p999),
    ("p9999", |s| s.p9999),
    ("max", |s| s.max),
];

/// Writes the intervals. Times are in seconds (`_s`) or nanoseconds (`_ns`). The time before the
/// measuring window is one row, whose start is negative and in which nothing is timed.
///
/// # Errors
///
/// Those of the writer.
pub(crate) fn write(record: &Record, out: &mut impl Write) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    let first = ["start_s", "length_s", "messages", "deliveries"].map(str::to_owned);
    let names = ["response", "service"]
        .into_iter()
        .flat_map(|histogram| COLUMNS.map(|(name, _)| format!("{histogram}_{name}_ns")));
    let ledger = Tally::COLUMNS.map(|(name, _)| name.replace(' ', "_"));
    rows.write_record(first.into_iter().chain(names).chain(ledger))?;
    // The drain is no part of the window: its rates would be a dive to nothing.
    let within = |interval: &&Interval| interval.start < record.workload.duration;
    for interval in before(record).iter().chain(&record.intervals).filter(within) {
        rows.write_record(row(interval))?;
    }
    rows.flush()
}

/// The warm-up. There is none if nothing was sent, and nothing came, before the window.
fn before(record: &Record) -> Option<Interval> {
    let ledger = record.before.filter(|tally| *tally != Tally::default())?;
    let warm_up = record.workload.warm_up;
    Some(Interval {
        messages: ledger.sent,
        ledger: Some(ledger),
        ..Interval::empty(-warm_up, warm_up)
    })
}

fn row(interval: &Interval) -> impl Iterator<Item = String> {
    let Interval { start, length, messages, response, service, ledger, .. } = interval;
    let first = [
        format!("{start:.3}"),
        format!("{length:.3}"),
        messages.to_string(),
        response.count.to_string(),
    ];
    let figures =
        [response, service].into_iter().flat_map(|s| COLUMNS.map(|(_, of)| of(s).to_string()));
    let ledger = Tally::COLUMNS
        .map(|(_, of)| ledger.as_ref().map_or_else(String::new, |tally| of(tally).to_string()));
    first.into_iter().chain(figures).chain(ledger)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn lines(record: &Record) -> Vec<String> {
        let mut out = Vec::new();
        write(record, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_interval_is_a_row_of_as_many_cells_as_the_header() {
        let record = sample::record();
        let lines = lines(&record);
        assert_eq!(lines.len(), 1 + record.intervals.len());
        assert!(lines[0].starts_with("start_s,length_s,messages,deliveries,response_min_ns,"));
        assert!(lines[0].contains(",service_p9999_ns,service_max_ns,sent,expected,ok,lost,"));
        let cells = |line: &String| line.split(',').count();
        assert!(lines.iter().all(|line| cells(line) == cells(&lines[0])));
    }

    #[test]
    fn the_rows_end_with_the_window() {
        let mut record = sample::record();
        record.workload.duration = 59.5;
        record.intervals.push(Interval { start: 60.0, ..record.intervals[0].clone() });
        assert_eq!(lines(&record).len(), 1 + 60);
    }

    #[test]
    fn each_figure_stands_under_its_name() {
        let mut record = sample::record();
        let interval = &mut record.intervals[3];
        interval.length = 0.25;
        interval.response.p999 = 123;
        interval.service.max = 456;
        let lines = lines(&record);
        let cell = |name| {
            let column = lines[0].split(',').position(|header| header == name).unwrap();
            lines[4].split(',').nth(column).unwrap()
        };
        assert_eq!(cell("start_s"), "3.000");
        assert_eq!(cell("length_s"), "0.250");
        assert_eq!(cell("messages"), "498");
        assert_eq!(cell("deliveries"), "430");
        assert_eq!(cell("response_p999_ns"), "123");
        assert_eq!(cell("service_max_ns"), "456");
    }

    #[test]
    fn the_ledger_stands_in_the_seconds_and_what_was_before_them_in_the_first_row() {
        let mut record = sample::full();
        let before = Tally { sent: 9, expected: 18, ok: 17, cut_off: 1, ..Tally::default() };
        record.before = Some(before);
        record.intervals[2].ledger = None;
        let lines = lines(&record);
        assert_eq!(lines.len(), 2 + record.intervals.len());
        assert!(lines[1].starts_with("-5.000,5.000,9,0,0,"), "{}", lines[1]);
        assert!(lines[1].ends_with(",9,18,17,0,0,0,0,1,0,0,0,0,0,0,0"), "{}", lines[1]);
        assert!(lines[4].ends_with(",,,,,,,,,,,,,,,"), "{}", lines[4]);
        assert!(lines[33].ends_with(",500,249500,249480,3,0,0,1,7,5,4,1,0,0,2,0"), "{}", lines[33]);
    }

    #[test]
    fn a_run_without_intervals_has_its_header() {
        let record = Record { intervals: Vec::new(), ..sample::record() };
        assert_eq!(lines(&record).len(), 1);
    }
}
