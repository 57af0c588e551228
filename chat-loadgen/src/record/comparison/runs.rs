//! Several runs of one workload (`--runs`): the median of each figure, with its confidence interval.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::comparison::median::Estimate;
use crate::record::figures::float;
use crate::record::threshold::Metric;
use crate::record::{Record, Status, Verdict};

/// Maximum share of runs that may be INVALID. These are left out of the medians, and what left them
/// out may depend on what is measured (a server that takes all of the machine makes the generator
/// late), so beyond this the rest is no fair choice any more.
const INVALID_SHARE: f64 = 0.25;

/// Figures that are kept of all runs, beside those of the conditions.
const KEPT: [&str; 18] = [
    "response.p50",
    "response.p90",
    "response.p99",
    "response.p99.9",
    "response.max",
    "service.p50",
    "service.p99",
    "lag.p99",
    "first.p99",
    "last.p50",
    "last.p99",
    "spread.p99",
    "rate",
    "delivery_rate",
    "cpu_per_delivery",
    "memory_per_client",
    "pacing.p99",
    "generator.cpu",
];

/// Several runs of one workload. The rest of the record is that of one of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Runs {
    /// Runs that were asked for; fewer are here if they were interrupted.
    pub(crate) asked: u32,
    /// The run whose record this is, counted from 1: among those that are used, the one in the
    /// middle by `response.p99`.
    pub(crate) shown: u32,
    /// The runs that are complete, in their order.
    pub(crate) each: Vec<OneRun>,
    /// Figures over the runs that are used.
    pub(crate) figures: Vec<Figure>,
}

/// One of several runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OneRun {
    /// Verdict on it.
    pub(crate) verdict: Verdict,
    /// True if its figures are used: it is not invalid, or all are.
    pub(crate) used: bool,
    /// Faults of each kind that it had.
    pub(crate) faults: BTreeMap<String, u64>,
    /// Figures of its latency that the generator may have made itself.
    #[serde(default)]
    pub(crate) own_figures: Vec<String>,
}

/// One figure over several runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// Its name, as in conditions.
    pub(crate) metric: String,
    /// Its median over the runs that are used, and the confidence interval.
    #[serde(flatten)]
    pub(crate) over: Estimate,
    /// Its value in each run, also in those that are not used; nothing where it is not known.
    pub(crate) values: Vec<Option<f64>>,
}

impl Runs {
    /// Joins the records of runs of one workload, of which `asked` were wanted, into one; `more` are
    /// figures to keep beside the usual ones. Nothing if there is no record.
    pub(crate) fn join<T>(
        mut runs: Vec<(Record, T)>,
        asked: u32,
        more: &[Metric],
    ) -> Option<(Record, T)> {
        let records = || runs.iter().map(|(record, _)| record);
        let mut each: Vec<_> = records().map(OneRun::of).collect();
        if !each.iter().any(|run| run.used) {
            // The verdict says what the figures are worth.
            for run in &mut each {
                run.used = true;
            }
        }
        let all: Vec<_> = records().collect();
        let figures = figures(&all, &each, more);
        let verdict = verdict(&each, asked);
        let own_figures = own_figures(&all, &each);
        let shown = middle(&all, &each)?;
        let (mut record, rest) = runs.swap_remove(shown);
        record.verdict = verdict;
        record.own_figures = own_figures;
        let shown = u32::try_from(shown + 1).unwrap_or(u32::MAX);
        record.runs = Some(Self { asked, shown, each, figures });
        Some((record, rest))
    }

    /// A figure's median and interval; nothing if it is not known of every run that is used.
    pub(crate) fn figure(&self, metric: Metric) -> Option<Estimate> {
        let name = metric.to_string();
        self.figures.iter().find(|figure| figure.metric == name).map(|figure| figure.over)
    }

    /// Number of runs whose figures are used.
    pub(crate) fn used(&self) -> usize {
        self.each.iter().filter(|run| run.used).count()
    }

    /// Returns whether deliveries were wrong in any run.
    pub(crate) fn any_wrong(&self) -> bool {
        self.each.iter().any(|run| !run.faults.is_empty())
    }

    /// The part of the verdict's reasons that is about single runs: `run 2: the generator sent late`.
    pub(crate) fn reasons_of_each(&self) -> Vec<String> {
        reasons_of(&self.each)
    }

    /// Coverage of the intervals.
    pub(crate) fn coverage(&self) -> f64 {
        self.figures.first().map_or(0.0, |figure| figure.over.coverage)
    }
}

impl OneRun {
    fn of(record: &Record) -> Self {
        let faults = record.ledger.anomalies().into_iter().filter(|(_, number)| *number > 0);
        Self {
            verdict: record.verdict.clone(),
            used: record.verdict.status != Status::Invalid,
            faults: faults.map(|(kind, number)| (kind.to_owned(), number)).collect(),
            own_figures: record.own_figures.clone(),
        }
    }
}

fn figures(records: &[&Record], each: &[OneRun], more: &[Metric]) -> Vec<Figure> {
    let mut metrics: Vec<Metric> = KEPT.iter().filter_map(|name| name.parse().ok()).collect();
    for metric in more {
        if !metrics.contains(metric) {
            metrics.push(*metric);
        }
    }
    let figure = |metric: Metric| {
        let values: Vec<_> = records.iter().map(|record| metric.value(record).ok()).collect();
        let used = values.iter().zip(each).filter(|(_, run)| run.used).map(|(value, _)| *value);
        let used: Option<Vec<f64>> = used.collect();
        Some(Figure { metric: metric.to_string(), over: Estimate::of(&used?)?, values })
    };
    metrics.into_iter().filter_map(figure).collect()
}

/// The run in the middle by the response's 99th percentile, of those that are used. Of two in the
/// middle, the faster.
fn middle(records: &[&Record], each: &[OneRun]) -> Option<usize> {
    let mut order: Vec<_> = (0..records.len()).filter(|i| each[*i].used).collect();
    order.sort_by_key(|i| records[*i].latency.response.p99);
    order.get(order.len().checked_sub(1)? / 2).copied()
}

/// The verdict on all runs, with the reasons of each.
fn verdict(each: &[OneRun], asked: u32) -> Verdict {
    let number = each.len();
    let invalid = each.iter().filter(|run| run.verdict.status == Status::Invalid).count();
    let wrong = each.iter().filter(|run| !run.faults.is_empty()).count();
    let incomplete = u32::try_from(number).is_ok_and(|number| number < asked);
    let mut reasons = Vec::new();
    if invalid == number {
        reasons.push(format!("all {number} runs are INVALID, and the medians are theirs"));
    } else if invalid > 0 {
        reasons.push(format!("{invalid} of {number} runs are INVALID: shown, and not used"));
    }
    if incomplete {
        reasons.push(format!("ended early: {number} of {asked} runs are complete"));
    }
    if wrong > 0 {
        reasons.push(format!("deliveries were wrong in {wrong} of {number} runs"));
    }
    let status = if float(invalid as u64) > INVALID_SHARE * float(number as u64) {
        Status::Invalid
    } else if incomplete {
        Status::Partial
    } else if wrong > 0 {
        Status::Faulty
    } else {
        Status::Valid
    };
    reasons.extend(reasons_of(each));
    Verdict { status, reasons }
}

/// Faults and reasons of each run, behind its number.
fn reasons_of(each: &[OneRun]) -> Vec<String> {
    let reasons = |(number, run): (usize, &OneRun)| {
        let faults = run.faults.iter().map(|(kind, count)| format!("{count} {kind}"));
        let own = run.verdict.reasons.iter().cloned();
        let said = faults.chain(own).map(|reason| format!("run {number}: {reason}"));
        said.collect::<Vec<_>>()
    };
    (1..).zip(each).flat_map(reasons).collect()
}

/// Figures that the generator may have made itself in half of the runs that are used, or more: then
/// it may have made their median.
fn own_figures(all: &[&Record], each: &[OneRun]) -> Vec<String> {
    let used = || all.iter().zip(each).filter(|(_, run)| run.used).map(|(record, _)| record);
    let number = |figure: &String| used().filter(|run| run.own_figures.contains(figure)).count();
    let mut own: Vec<String> = used().flat_map(|run| run.own_figures.clone()).collect();
    own.sort();
    own.dedup();
    own.retain(|figure| number(figure) * 2 >= used().count());
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    /// Runs with these 99th percentiles in milliseconds; those of which `invalid` says so are.
    fn joined(p99: &[u64], invalid: &[usize], asked: u32) -> (Record, usize) {
        let run = |(i, p99): (usize, &u64)| {
            let mut record = sample::record();
            record.latency.response.p99 = p99 * 1_000_000;
            if invalid.contains(&i) {
                record.verdict.status = Status::Invalid;
                record.verdict.reasons.push("too busy".into());
            }
            (record, i)
        };
        Runs::join(p99.iter().enumerate().map(run).collect(), asked, &[]).unwrap()
    }

    fn p99(record: &Record) -> Figure {
        let runs = record.runs.as_ref().unwrap();
        runs.figures.iter().find(|figure| figure.metric == "response.p99").unwrap().clone()
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the ends are values themselves")]
    fn the_record_is_the_middle_runs_with_the_figures_of_all() {
        let (record, rest) = joined(&[5, 1, 9, 3, 7], &[], 5);
        assert_eq!((record.latency.response.p99, rest), (5_000_000, 0));
        assert_eq!(record.runs.as_ref().unwrap().shown, 1);
        let Figure { over, values, .. } = p99(&record);
        assert_eq!([over.low, over.median, over.high], [1e6, 5e6, 9e6]);
        assert_eq!(values[3], Some(3e6));
        assert_eq!(record.verdict.status, Status::Valid);
        // A condition sees the medians.
        let condition: crate::record::threshold::Condition =
            "p99>=5ms && p99<=5ms".parse().unwrap();
        assert_eq!(condition.holds(&record), Ok(true));
        assert_eq!(joined(&[5, 1, 9, 3], &[], 4).0.latency.response.p99, 3_000_000);
    }

    #[test]
    fn an_invalid_run_is_shown_and_not_used_and_more_than_a_quarter_make_all_invalid() {
        let (record, rest) = joined(&[5, 1, 9, 3, 7], &[1], 5);
        assert_eq!(rest, 0);
        let Figure { over, values, .. } = p99(&record);
        assert_eq!(([over.low, over.high], values[1]), ([3e6, 9e6], Some(1e6)));
        assert_eq!(record.verdict.status, Status::Valid);
        let reasons = record.verdict.reasons.join("\n");
        assert!(reasons.starts_with("1 of 5 runs are INVALID"), "{reasons}");
        assert!(reasons.contains("run 2: too busy"), "{reasons}");
        assert_eq!(joined(&[5, 1, 9, 3, 7], &[1, 2], 5).0.verdict.status, Status::Invalid);
        assert_eq!(joined(&[5, 1, 9], &[0], 3).0.verdict.status, Status::Invalid);
        // Where nothing else is there, the figures are those of INVALID runs, as of a single one.
        let (record, _) = joined(&[5, 1, 9], &[0, 1, 2], 3);
        assert_eq!(
            (record.verdict.status, record.latency.response.p99),
            (Status::Invalid, 5_000_000)
        );
        assert_eq!(p99(&record).over.median.to_bits(), 5e6_f64.to_bits());
        assert!(record.verdict.reasons[0].starts_with("all 3 runs are INVALID"));
    }

    #[test]
    fn wrong_deliveries_in_any_run_are_the_verdict_on_all() {
        let mut runs: Vec<_> = (0..3).map(|_| (sample::record(), ())).collect();
        runs[2].0.ledger.lost = 4;
        runs[2].0.verdict.status = Status::Faulty;
        runs[2].0.latency.response.p99 *= 10;
        let (record, ()) = Runs::join(runs, 3, &[]).unwrap();
        assert_eq!((record.ledger.lost, record.verdict.status), (0, Status::Faulty));
        assert!(record.any_wrong());
        let reasons = record.verdict.reasons.join("\n");
        assert!(reasons.contains("wrong in 1 of 3 runs") && reasons.contains("run 3: 4 lost"));
    }

    #[test]
    fn fewer_runs_than_asked_for_are_partial() {
        let (record, _) = joined(&[5, 1], &[], 9);
        assert_eq!(record.verdict.status, Status::Partial);
        assert_eq!(record.verdict.reasons, ["ended early: 2 of 9 runs are complete"]);
        assert!(Runs::join(Vec::<(Record, ())>::new(), 9, &[]).is_none());
    }
}
