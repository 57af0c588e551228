//! Thresholds: the conditions of `--fail-if 'last.p99>20ms'` and `--find-max 'p99<5ms && lost==0'`.
//!
//! Comparisons of a [`Metric`] with a number, joined by `&&` and, binding less, by `||`. A time
//! always has a unit: without one its reader would have to guess.

mod metric;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

pub(crate) use self::metric::{Metric, Unknown, UnknownMetric};
use crate::record::Record;

/// Condition on a run's figures, as the options give it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    text: String,
    /// Alternatives, of which one must hold: each is a list of comparisons that must all hold.
    any: Vec<Vec<Relation>>,
}

/// The reasons for which a text is no condition.
#[derive(Debug, Clone, PartialEq, Error)]
pub(crate) enum ParseError {
    /// There is no comparison operator.
    #[error("`{0}` is no comparison: a metric, one of < <= > >= == !=, and a number")]
    Comparison(String),
    /// The left side is no metric.
    #[error(transparent)]
    Metric(#[from] UnknownMetric),
    /// The right side is no number.
    #[error("`{0}` is no number of 0 or more")]
    Number(String),
    /// The right side's unit does not fit the left side.
    #[error("`{metric}` is not measured in `{unit}`, but in {possible}")]
    Unit {
        /// The left side.
        metric: String,
        /// The unit that was written.
        unit: String,
        /// The units that are possible.
        possible: String,
    },
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

/// Operators, the longer ones first: `<` is also the start of `<=`.
const OPERATORS: [(&str, Operator); 6] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("!=", Operator::Different),
    ("<", Operator::Less),
    (">", Operator::More),
];

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

    /// Returns whether a run's figures decide the condition, although the generator may have made
    /// some of them itself: the server's part of such a figure is what it says at most.
    pub(crate) fn is_certain(&self, record: &Record) -> bool {
        let holds = |unknown| {
            let outcome = |comparison: &Relation| comparison.outcome(record, unknown);
            self.any.iter().any(|all| all.iter().all(outcome))
        };
        holds(false) == holds(true)
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

impl FromStr for Condition {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let all = |part: &str| part.split("&&").map(str::parse).collect();
        Ok(Self {
            text: text.trim().to_owned(),
            any: text.split("||").map(all).collect::<Result<_, _>>()?,
        })
    }
}

impl Relation {
    fn holds(&self, record: &Record) -> Result<bool, Unknown> {
        let order = self.metric.value(record)?.total_cmp(&self.number);
        Ok(match self.operator {
            Operator::Less => order == Ordering::Less,
            Operator::AtMost => order != Ordering::Greater,
            Operator::More => order == Ordering::Greater,
            Operator::AtLeast => order != Ordering::Less,
            Operator::Equal => order == Ordering::Equal,
            Operator::Different => order != Ordering::Equal,
        })
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

impl FromStr for Relation {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        let no_comparison = || ParseError::Comparison(text.to_owned());
        let at = text.find(['<', '>', '=', '!']).ok_or_else(no_comparison)?;
        let (left, rest) = text.split_at(at);
        let (operator, right) = OPERATORS
            .iter()
            .find_map(|(sign, operator)| Some((*operator, rest.strip_prefix(sign)?)))
            .ok_or_else(no_comparison)?;
        let metric = left.trim().parse()?;
        Ok(Self { metric, operator, number: number(metric, right.trim())? })
    }
}

fn number(metric: Metric, text: &str) -> Result<f64, ParseError> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number: f64 = digits.parse().map_err(|_| ParseError::Number(text.to_owned()))?;
    let units = metric.quantity().units();
    match units.iter().find(|(name, _)| *name == unit.trim_start()) {
        Some((_, size)) => Ok(scaled(number, *size)),
        None => Err(ParseError::Unit {
            metric: metric.to_string(),
            unit: unit.trim().to_owned(),
            possible: possible(units),
        }),
    }
}

/// Multiplied; where the unit is a fraction, divided, because 0.01 is not exactly a hundredth.
fn scaled(number: f64, size: f64) -> f64 {
    if size < 1.0 { number / size.recip().round() } else { number * size }
}

fn possible(units: &[(&str, f64)]) -> String {
    let names = units.iter().map(|(name, _)| if name.is_empty() { "(no unit)" } else { name });
    names.collect::<Vec<_>>().join(", ")
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
    fn mistakes_say_what_is_possible() {
        let table = [
            ("", "no comparison"),
            ("p99", "no comparison"),
            ("p99=5ms", "no comparison"),
            ("p99<5ms &&", "no comparison"),
            ("p98<5ms", "pacing, canary, bulk"),
            ("(p99<5ms)", "unknown metric `(p99`"),
            ("p99<5", "not measured in ``, but in ns, us, µs, ms, s"),
            ("p99<5 min", "`min`"),
            ("lost>5ms", "`lost` is not measured in `ms`, but in (no unit), k, M"),
            ("lost>5%", "(no unit)"),
            ("rate>5k/m", "k/s"),
            ("lost>-1", "no number"),
            ("lost>1.2.3", "no number"),
            ("lost>NaN", "no number"),
            ("lost>=", "no number"),
        ];
        for (text, part) in table {
            let error = text.parse::<Condition>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
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
}
