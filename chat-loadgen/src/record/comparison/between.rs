//! Comparison of any records with the first of them (`compare`).

use crate::record::comparison::baseline::value;
use crate::record::comparison::median::Estimate;
use crate::record::comparison::workload::{Incomparable, differences, other_machine};
use crate::record::threshold::Metric;
use crate::record::{Record, Status};

/// Figures that are compared, where all records have them.
const COMPARED: [&str; 12] = [
    "response.p50",
    "response.p90",
    "response.p99",
    "response.p99.9",
    "response.max",
    "first.p99",
    "last.p50",
    "last.p99",
    "delivery_rate",
    "cpu_per_delivery",
    "memory_per_client",
    "rate",
];

/// Fields of a workload that may differ.
const FREE: [&str; 3] = ["dialect", "door", "seed"];

/// One figure of all records.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The figure.
    pub(crate) metric: Metric,
    /// Its value in each record, in their order.
    pub(crate) values: Vec<Estimate>,
    /// For each record, true if its generator may have made the figure itself.
    pub(crate) own: Vec<bool>,
}

/// Ratio of a value to the first record's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    /// Ratio of the medians, or of single values.
    pub(crate) ratio: f64,
    /// The range that the intervals leave, where both records are of several runs.
    pub(crate) range: Option<[f64; 2]>,
}

/// Compares records, each with its name. They may differ in server and dialect, which is the usual
/// reason to compare, and in the seed; not in the rest of the workload, nor in the machine.
///
/// # Errors
///
/// They differ in more, a record's run is INVALID or was interrupted, or there are no samples.
pub(crate) fn compare(records: &[(String, Record)]) -> Result<Vec<Row>, Incomparable> {
    let mut problems: Vec<String> =
        records.iter().flat_map(|(name, record)| unfit(name, record)).collect();
    if let Some(((first, before), others)) = records.split_first() {
        for (name, now) in others {
            let workloads = ((&**first, &before.workload), (&**name, &now.workload));
            problems.extend(differences(workloads.0, workloads.1, &FREE));
            problems.extend(other_machine((first, &before.environment), (name, &now.environment)));
        }
    }
    let rows = COMPARED.iter().filter_map(|name| row(name.parse().ok()?, records)).collect();
    if problems.is_empty() { Ok(rows) } else { Err(Incomparable(problems)) }
}

impl Row {
    /// Ratio of a record's value to the first one's.
    pub(crate) fn ratio(&self, record: usize) -> Ratio {
        let (first, other) = (self.values[0], self.values[record]);
        let range = [other.low / first.high, other.high / first.low];
        let both = first.coverage > 0.0 && other.coverage > 0.0;
        Ratio {
            ratio: other.median / first.median,
            range: Some(range).filter(|range| both && range.iter().all(|end| end.is_finite())),
        }
    }
}

impl Ratio {
    /// Returns whether the intervals leave it open which record has more.
    pub(crate) fn is_open(&self) -> bool {
        self.range.is_some_and(|[low, high]| (low..=high).contains(&1.0))
    }
}

fn unfit(name: &str, record: &Record) -> Vec<String> {
    let reasons = [
        (record.verdict.status == Status::Partial, "was interrupted"),
        (record.verdict.status == Status::Invalid, "is INVALID"),
        (record.latency.response.count == 0, "has no samples"),
    ];
    let holds = reasons.into_iter().filter(|(holds, _)| *holds);
    holds.map(|(_, reason)| format!("{name} {reason}")).collect()
}

/// A figure of all records; nothing if one does not have it.
fn row(metric: Metric, records: &[(String, Record)]) -> Option<Row> {
    let values = records.iter().map(|(_, record)| value(metric, record).ok());
    let own = records.iter().map(|(_, record)| metric.is_own(record)).collect();
    Some(Row { metric, values: values.collect::<Option<_>>()?, own })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn named<const N: usize>(records: [Record; N]) -> Vec<(String, Record)> {
        ["a", "b", "c", "d"].map(str::to_owned).into_iter().zip(records).collect()
    }

    fn p99(rows: &[Row]) -> &Row {
        rows.iter().find(|row| row.metric.to_string() == "response.p99").unwrap()
    }

    #[test]
    fn servers_and_dialects_are_compared_by_their_ratios() {
        let mut nats = sample::record();
        nats.workload.dialect = "nats".into();
        nats.workload.seed = 9;
        nats.latency.response.p99 *= 3;
        nats.verdict.status = Status::Faulty;
        let rows = compare(&named([sample::record(), nats])).unwrap();
        assert_eq!(rows.len(), 10, "without the server's own figures");
        let ratio = p99(&rows).ratio(1);
        assert!((ratio.ratio - 3.0).abs() < 1e-9 && ratio.range.is_none() && !ratio.is_open());
    }

    #[test]
    fn intervals_bound_the_ratio() {
        let runs = |factors: &[f64]| sample::repeated(factors, &sample::record());
        let records = [runs(&[1.0, 2.0, 1.5]), runs(&[3.0, 5.0, 6.0]), runs(&[2.0, 2.0, 9.0])];
        let rows = compare(&named(records)).unwrap();
        let ratio = p99(&rows).ratio(1);
        let [low, high] = ratio.range.unwrap();
        for (is, should) in [(ratio.ratio, 5.0 / 1.5), (low, 1.5), (high, 6.0)] {
            assert!((is - should).abs() < 1e-4, "{is} {should}");
        }
        assert!(!ratio.is_open() && p99(&rows).ratio(2).is_open());
        let mixed = compare(&named([runs(&[1.0, 2.0]), sample::record()])).unwrap();
        assert_eq!(p99(&mixed).ratio(1).range, None);
    }

    #[test]
    fn what_cannot_be_compared_is_refused_with_all_reasons() {
        let mut other = sample::record();
        other.workload.pacing = "closed 64".into();
        other.workload.clients = 7;
        other.environment.cpus = 2;
        other.verdict.status = Status::Partial;
        let mut invalid = sample::record();
        invalid.verdict.status = Status::Invalid;
        let Incomparable(problems) =
            compare(&named([sample::record(), other, invalid])).unwrap_err();
        assert_eq!(
            problems,
            [
                "b was interrupted",
                "c is INVALID",
                "clients is 500 in a, 7 in b",
                "pacing is \"open 500/s poisson\" in a, \"closed 64\" in b",
                "cpus is 8 in a, 2 in b",
            ]
        );
        let mut silent = sample::record();
        silent.latency.response.count = 0;
        let refused = compare(&named([silent, sample::record()])).unwrap_err();
        assert_eq!(refused.0, ["a has no samples"]);
    }
}
