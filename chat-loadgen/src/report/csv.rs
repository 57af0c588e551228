//! A run second by second, for spreadsheets: a header line and a row per interval.

use std::io::{self, Write};

use crate::record::{Interval, Record, Summary};

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

/// Writes the intervals. Times are in seconds (`_s`) or nanoseconds (`_ns`).
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
    rows.write_record(first.into_iter().chain(names))?;
    // The drain is no part of the window: its rates would be a dive to nothing.
    let within = |interval: &&Interval| interval.start < record.workload.duration;
    for interval in record.intervals.iter().filter(within) {
        rows.write_record(row(interval))?;
    }
    rows.flush()
}

fn row(interval: &Interval) -> impl Iterator<Item = String> {
    let Interval { start, length, messages, response, service, .. } = interval;
    let first = [
        format!("{start:.3}"),
        format!("{length:.3}"),
        messages.to_string(),
        response.count.to_string(),
    ];
    let figures =
        [response, service].into_iter().flat_map(|s| COLUMNS.map(|(_, of)| of(s).to_string()));
    first.into_iter().chain(figures)
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
        assert!(lines[0].ends_with(",service_p9999_ns,service_max_ns"));
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
    fn a_run_without_intervals_has_its_header() {
        let record = Record { intervals: Vec::new(), ..sample::record() };
        assert_eq!(lines(&record).len(), 1);
    }
}
