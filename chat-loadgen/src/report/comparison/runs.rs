//! Several runs, for the terminal and the page: each run, and the figures over all.

use crate::record::figures::share;
use crate::record::threshold::Metric;
use crate::record::{Figure, OneRun, Record, Runs, Status};

/// Figures that the summary shows.
const SHOWN: [&str; 6] = [
    "response.p50",
    "response.p99",
    "response.p99.9",
    "last.p99",
    "delivery_rate",
    "cpu_per_delivery",
];

/// The runs in a sentence.
pub(crate) fn sentence(runs: &Runs, seed: u64) -> String {
    format!(
        "{} of {} runs are used, with the seed {seed} in each; the rest of this report is run {}'s, \
         the middle by response p99",
        runs.used(),
        runs.asked,
        runs.shown,
    )
}

/// The coverage of the intervals in a sentence.
pub(crate) fn coverage(runs: &Runs) -> String {
    match runs.used() {
        0 | 1 => "one run alone has no interval".to_owned(),
        used => format!(
            "low to high contains the true median with {}{}",
            share(runs.coverage()),
            if used < 6 { "; 95 % takes 6 runs" } else { "" }
        ),
    }
}

/// Each run's verdict, with the cause if it is invalid: `1 VALID`, `2 INVALID, not used: the generator
/// sent late`, `3 FAULTY: 2 lost`.
pub(crate) fn verdicts(runs: &Runs) -> Vec<String> {
    (1..).zip(&runs.each).map(|(number, run)| format!("{number} {}", in_words(run))).collect()
}

fn in_words(run: &OneRun) -> String {
    let mut words = run.verdict.status.word().to_owned();
    if !run.used {
        words += ", not used";
    }
    let faults = run.faults.iter().map(|(kind, number)| format!("{number} {kind}"));
    let words_on_it: Vec<_> = faults.chain(cause(run).map(str::to_owned)).collect();
    if words_on_it.is_empty() { words } else { words + ": " + &words_on_it.join(", ") }
}

/// The first reason for which a run is invalid, without its figures.
fn cause(run: &OneRun) -> Option<&str> {
    let reason = run.verdict.reasons.first().filter(|_| run.verdict.status == Status::Invalid)?;
    reason.split([':', ';']).next()
}

/// A figure as people read it: its name, median, low, high, and each run's value, with `*` where it may
/// be the generator's own.
pub(crate) fn cells(record: &Record, runs: &Runs, figure: &Figure) -> Vec<String> {
    let quantity = figure.metric.parse::<Metric>().map(Metric::quantity);
    let show = |value: f64| match quantity {
        Ok(quantity) => quantity.show(value),
        Err(_) => value.to_string(),
    };
    let over = &figure.over;
    let mut cells = vec![figure.metric.clone()];
    let mark = |own: bool| if own { "*" } else { "" };
    let median_is_own = figure.metric.parse::<Metric>().is_ok_and(|metric| metric.is_own(record));
    cells.push(show(over.median) + mark(median_is_own));
    let is_own = |run: &OneRun| run.own_figures.contains(&figure.metric);
    let of_runs = || figure.values.iter().zip(&runs.each);
    for end in [over.low, over.high] {
        let is_end = |value: Option<f64>| value.is_some_and(|value| value.total_cmp(&end).is_eq());
        let own = of_runs().any(|(value, run)| run.used && is_end(*value) && is_own(run));
        cells.push(show(end) + mark(own));
    }
    let value = |value: f64, run| show(value) + mark(is_own(run));
    cells.extend(
        of_runs().map(|(known, run)| known.map_or("–".to_owned(), |known| value(known, run))),
    );
    cells
}

/// The rows of the summary's table, with their head; nothing if there was one run only.
pub(crate) fn rows(record: &Record) -> Vec<String> {
    let Some(runs) = &record.runs else { return Vec::new() };
    let row = |label: &str, cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>14}")).collect();
        format!("  {label:<18}{}", cells.concat())
    };
    let figures = runs.figures.iter().filter(|figure| SHOWN.contains(&figure.metric.as_str()));
    let mut lines = vec![row("over the runs", &["median", "low", "high"].map(str::to_owned))];
    lines.extend(figures.map(|figure| {
        let cells = cells(record, runs, figure);
        row(&cells[0], &cells[1..4])
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn each_run_and_each_figure_is_told() {
        let mut record = sample::repeated(&[1.0, 2.0, 4.0, 3.0, 1.5], &sample::record());
        record.latency.response.p99 = 0;
        let runs = record.runs.as_mut().unwrap();
        runs.each[2].own_figures = vec!["response.p99".into()];
        runs.each[1].used = false;
        runs.each[1].verdict.status = Status::Invalid;
        runs.each[1].verdict.reasons = vec!["it was late: 3 ms (bound: 1 ms)".into()];
        runs.each[3].faults.insert("lost".into(), 2);
        assert!(sentence(runs, 42).starts_with("4 of 5 runs are used, with the seed 42 in each"));
        assert!(sentence(runs, 42).contains("run 2's"));
        assert_eq!(
            verdicts(runs),
            [
                "1 VALID",
                "2 INVALID, not used: it was late",
                "3 VALID",
                "4 VALID: 2 lost",
                "5 VALID"
            ]
        );
        let p99 = runs.figures.iter().find(|figure| figure.metric == "response.p99").unwrap();
        let cells = cells(&sample::record(), runs, p99);
        // Not the median; of the ends and the runs, what run 3 gave.
        let marked: Vec<_> = (0..9).filter(|i| cells[*i].ends_with('*')).collect();
        assert_eq!(marked, [3, 6], "{cells:?}");
        assert_eq!(cells.len(), 9);
        assert_eq!((&cells[1], &cells[2]), (&cells[5], &cells[4]));
        assert_eq!(cells[3], cells[6]);
        let rows = rows(&record);
        assert_eq!(rows.len(), 6, "{rows:?}");
        assert!(rows.iter().all(|row| row.chars().count() <= 100));
    }

    #[test]
    fn few_runs_say_how_many_an_interval_takes() {
        let said = |number| {
            coverage(sample::repeated(&vec![1.0; number], &sample::record()).runs.as_ref().unwrap())
        };
        assert!(said(5).ends_with("with 93.8 %; 95 % takes 6 runs"));
        assert!(said(6).ends_with("with 96.9 %"));
    }
}
