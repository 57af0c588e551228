//! Thresholds: the conditions of `--fail-if 'last.p99>20ms'`, `--find-max 'p99<5ms && lost==0'` and
//! `--abort-if 'p99>1s for 3s'`.
//!
//! Comparisons of a [`Metric`] with a number, joined by `&&` and, binding less, by `||`. A time
//! always has a unit: without one its reader would have to guess.

mod list;
mod live;
mod metric;
mod parse;

use std::cmp::Ordering;
use std::fmt;

pub(crate) use self::list::help;
pub(crate) use self::live::{AbortCondition, LiveFigures};
pub(crate) use self::metric::{Metric, Unknown};
pub(crate) use self::parse::ParseError;
use crate::record::{Record, Status};

/// Condition on a run's figures, as the options give it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    text: String,
    /// Alternatives, of which one must hold: each is a list of comparisons that must all hold.
    any: Vec<Vec<Relation>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Relation {
    metric: Metric,
    operator: Operator,
    number: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Different,
}

impl Condition {
    /// Returns whether the condition holds of a run.
    ///
    /// # Errors
    ///
    /// The run lacks one of the figures, even if the others would decide.
    pub(crate) fn holds(&self, record: &Record) -> Result<bool, Unknown> {
        let mut holds = false;
        for all in &self.any {
            let mut every = true;
            for comparison in all {
                every &= comparison.holds(record)?;
            }
            holds |= every;
        }
        Ok(holds)
    }

    /// Metrics of its comparisons.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = Metric> {
        self.any.iter().flatten().map(|comparison| comparison.metric)
    }

    /// Returns whether the condition holds of figures of which some are unknown: a comparison with
    /// one of these does not.
    fn certainly_holds(&self, value: impl Fn(Metric) -> Option<f64>) -> bool {
        let certain = |one: &Relation| value(one.metric).is_some_and(|value| one.holds_of(value));
        self.any.iter().any(|all| all.iter().all(certain))
    }

    /// Returns whether a run's figures decide the condition, although the generator may have made
    /// some of them itself: the server's part of such a figure is what it says at most.
    pub(crate) fn is_certain(&self, record: &Record) -> bool {
        let holds = |unknown| {
            let outcome = |comparison: &Relation| comparison.outcome(record, unknown);
            self.any.iter().any(|all| all.iter().all(outcome))
        };
        holds(false) == holds(true)
    }

    /// Makes a run invalid if it decides the condition by a figure that the generator may have made
    /// itself.
    pub(crate) fn doubt(&self, record: &mut Record) {
        if self.is_certain(record) {
            return;
        }
        record.verdict.status = Status::Invalid;
        let reason = format!("this is the generator's own: {}", self.actual(record));
        record.verdict.reasons.insert(0, reason);
    }

    /// The run's values of the condition's figures: `last.p99 = 31.2 ms (condition:
    /// last.p99>20ms)`.
    pub(crate) fn actual(&self, record: &Record) -> String {
        let mut figures: Vec<_> =
            self.any.iter().flatten().map(|comparison| comparison.actual(record)).collect();
        figures.dedup();
        format!("{} (condition: {self})", figures.join(", "))
    }
}

impl fmt::Display for Condition {
    /// Formats the condition as it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Relation {
    fn holds(&self, record: &Record) -> Result<bool, Unknown> {
        self.metric.value(record).map(|value| self.holds_of(value))
    }

    fn holds_of(&self, value: f64) -> bool {
        let order = value.total_cmp(&self.number);
        match self.operator {
            Operator::Less => order == Ordering::Less,
            Operator::AtMost => order != Ordering::Greater,
            Operator::More => order == Ordering::Greater,
            Operator::AtLeast => order != Ordering::Less,
            Operator::Equal => order == Ordering::Equal,
            Operator::Different => order != Ordering::Equal,
        }
    }

    /// Whether it holds of the server's part; `unknown` where that is not known.
    fn outcome(&self, record: &Record, unknown: bool) -> bool {
        let holds = self.holds(record) == Ok(true);
        let less_suffices = match self.operator {
            Operator::Less | Operator::AtMost => holds,
            Operator::More | Operator::AtLeast => !holds,
            Operator::Equal | Operator::Different => false,
        };
        if self.metric.is_own(record) && !less_suffices { unknown } else { holds }
    }

    fn actual(&self, record: &Record) -> String {
        match self.metric.value(record) {
            Ok(value) => format!("{} = {}", self.metric, self.metric.quantity().show(value)),
            Err(unknown) => unknown.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::sample;

    fn condition(text: &str) -> Condition {
        text.parse().unwrap()
    }

    /// `last.p99` is 31.2 ms, 3 are lost, a quarter of a million deliveries come per second.
    fn run() -> Record {
        let mut record = sample::full();
        record.latency.last.p99 = 31_200_000;
        record
    }

    #[test]
    fn conditions_hold_or_do_not() {
        let table = [
            ("last.p99>20ms", true),
            ("last.p99<=20ms", false),
            ("last.p99 >= 31.2 ms", true),
            ("last.p99>31200us", false),
            ("last.p99<=31.2ms", true),
            ("last.p99<31.2ms", false),
            ("lost>=4", false),
            ("last.p99==31200000ns", true),
            ("last.p99 != 0.0312s", false),
            ("lost>0", true),
            ("lost!=3", false),
            ("duplicated < 2", true),
            ("messages>29k&&messages<30k", true),
            ("delivery_rate>=249k/s", true),
            ("rate < 0.5k", true),
            ("generator.busiest_thread<50%", true),
            ("generator.busiest_thread==41%", true),
            ("generator.busiest_thread>0.41", false),
            ("memory_per_client<28KiB", true),
            ("memory_per_client>1MiB", false),
            ("generator.cpu<38.5s", true),
            ("response.count>1M || lost==3", true),
        ];
        let run = run();
        for (text, holds) in table {
            assert_eq!(condition(text).holds(&run), Ok(holds), "{text}");
        }
    }

    #[test]
    fn and_binds_more_than_or() {
        let (yes, no) = ("lost==3", "lost==4");
        let table = [
            (format!("{yes} || {no} && {no}"), true),
            (format!("{no} && {no} || {yes}"), true),
            (format!("{yes} && {no} || {no}"), false),
            (format!("{no} || {yes} && {yes}"), true),
        ];
        for (text, holds) in table {
            assert_eq!(condition(&text).holds(&run()), Ok(holds), "{text}");
        }
    }

    #[test]
    fn what_a_run_does_not_have_never_passes_for_an_answer() {
        let unknown = condition("lost==3 || cpu_per_delivery<5us").holds(&sample::record());
        assert_eq!(unknown.unwrap_err().metric, "cpu_per_delivery");
    }

    #[test]
    fn the_actual_figures_stand_beside_the_condition() {
        let shown = [
            ("last.p99>20ms", "last.p99 = 31.2 ms (condition: last.p99>20ms)"),
            (" lost==0&&rate>1k ", "lost = 3, rate = 500/s (condition: lost==0&&rate>1k)"),
            ("messages>1 && messages<9", "messages = 29,994 (condition: messages>1 && messages<9)"),
        ];
        for (text, actual) in shown {
            assert_eq!(condition(text).actual(&run()), actual);
        }
        let actual = condition("cpu_per_delivery<5us").actual(&sample::record());
        assert!(actual.contains("--spawn"), "{actual}");
    }

    fn comparison() -> impl Strategy<Value = String> {
        let metric_and_unit = prop_oneof![
            (
                prop::sample::select(
                    &["p50", "last.p99.9", "canary.p9999", "cpu_per_delivery"][..]
                ),
                "(ns|us|µs|ms|s)"
            ),
            (prop::sample::select(&["lost", "disorder", "bulk.count"][..]), "(|k|M)"),
            (prop::sample::select(&["rate", "delivery_rate"][..]), "(|k|M)(|/s)"),
            (prop::sample::select(&["generator.starved"][..]), "(|%)"),
        ];
        (metric_and_unit, " ?(<|<=|>|>=|==|!=) ?[0-9]{1,9}(\\.[0-9]{1,6})? ?")
            .prop_map(|((metric, unit), middle)| format!("{metric}{middle}{unit}"))
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(
            first in comparison(),
            more in prop::collection::vec((" ?(&&|[|]{2}) ?", comparison()), 0..4),
        ) {
            let mut parts = vec![first];
            parts.extend(more.iter().flat_map(|(join, next)| [join.clone(), next.clone()]));
            let text = parts.concat();
            let read = condition(&text);
            prop_assert_eq!(&read.to_string(), text.trim());
            prop_assert_eq!(read.any.iter().flatten().count(), 1 + more.len());
            prop_assert_eq!(condition(&read.to_string()), read);
        }

        #[test]
        fn nothing_makes_it_panic(text in "[a-z0-9.<>=!&| %µ/-]{0,40}") {
            let _ = text.parse::<Condition>();
        }
    }

    #[test]
    fn a_threshold_on_such_a_figure_makes_the_run_invalid_only_where_it_decides() {
        for (condition, status) in [
            ("p99.9>20ms", Status::Invalid),
            ("p99>20ms", Status::Valid),
            ("lost>0", Status::Valid),
            // The server's part is at most what is shown.
            ("p99.9>80ms", Status::Valid),
            ("p99.9<=80ms", Status::Valid),
            ("p99.9<20ms", Status::Invalid),
            ("p99.9>20ms && lost>0", Status::Valid),
            ("p99.9>20ms || lost==0", Status::Valid),
        ] {
            let mut record = sample::record();
            record.latency.response.p999 = 75_000_000;
            record.own_figures = vec!["response.p99.9".to_owned()];
            condition.parse::<Condition>().unwrap().doubt(&mut record);
            assert_eq!(record.verdict.status, status, "{condition}");
            let says = record.verdict.reasons.concat();
            assert_eq!(says.contains("own: response.p99.9 = 75.0 ms"), status == Status::Invalid);
        }
    }
}
