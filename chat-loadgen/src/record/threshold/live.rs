//! Conditions that end a run early (`--abort-if 'p99>1s for 3s'`), and the figures that are known while
//! a run goes on.
//!
//! Times and rates are those of the last whole second, because a figure of the whole run would hardly
//! notice what begins late. Counts are those of the run so far.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Condition, Metric, ParseError};
use crate::record::Summary;
use crate::record::figures::float;

/// Condition that ends a run, if it holds for a time without interruption.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AbortCondition {
    /// The condition.
    pub(crate) condition: Condition,
    /// The time for which it has to hold.
    pub(crate) hold: Duration,
}

/// The reasons for which a text is no condition that ends a run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum AbortError {
    /// It is no condition.
    #[error(transparent)]
    Condition(#[from] ParseError),
    /// What follows `for` is no time.
    #[error("`{0}` behind `for` is no time like 3s or 500ms")]
    Time(String),
    /// The figure is known only at the end.
    #[error(
        "`{0}` is known only at the end of a run; while it goes on there are p50, p99 and so on of \
         response and service; {names}", names = LIVE.map(|(name, _)| name).join(", ")
    )]
    NotLive(Metric),
}

impl FromStr for AbortCondition {
    type Err = AbortError;

    fn from_str(text: &str) -> Result<Self, AbortError> {
        let (condition, hold) = match text.rsplit_once(" for ") {
            Some((condition, time)) => {
                let hold = humantime::parse_duration(time.trim());
                (condition, hold.map_err(|_| AbortError::Time(time.trim().to_owned()))?)
            }
            None => (text, Duration::ZERO),
        };
        let condition: Condition = condition.parse()?;
        let unknown = condition.metrics().find(|metric| !is_live(*metric));
        match unknown {
            Some(metric) => Err(AbortError::NotLive(metric)),
            None => Ok(Self { condition, hold }),
        }
    }
}

impl fmt::Display for AbortCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)?;
        if !self.hold.is_zero() {
            write!(f, " for {}", humantime::format_duration(self.hold))?;
        }
        Ok(())
    }
}

/// Figures of a run that goes on.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveFigures {
    /// Response and service of the last second; nothing if nothing arrived, or no second is over.
    pub(crate) latencies: Option<[Summary; 2]>,
    /// Messages and deliveries per second of the last second; nothing while no second is over.
    pub(crate) rates: Option<[f64; 2]>,
    /// Messages that were sent in the measuring window.
    pub(crate) messages: u64,
    /// Deliveries.
    pub(crate) deliveries: u64,
    /// Deliveries that were overtaken a second ago and have not arrived.
    pub(crate) lost: u64,
    /// See [`crate::record::Ledger::duplicated`]. The following ones likewise.
    pub(crate) duplicated: u64,
    pub(crate) reordered: u64,
    pub(crate) echoed: u64,
    pub(crate) corrupt: u64,
    pub(crate) foreign: u64,
    pub(crate) merged: u64,
    pub(crate) disconnected: u64,
    pub(crate) refusals: u64,
}

/// Figure of a run that goes on, by its name.
type Live = (&'static str, fn(&LiveFigures) -> Option<f64>);

/// Figures beside response and service.
const LIVE: [Live; 13] = [
    ("rate", |live| Some(live.rates?[0])),
    ("delivery_rate", |live| Some(live.rates?[1])),
    ("messages", |live| Some(float(live.messages))),
    ("deliveries", |live| Some(float(live.deliveries))),
    ("lost", |live| Some(float(live.lost))),
    ("duplicated", |live| Some(float(live.duplicated))),
    ("reordered", |live| Some(float(live.reordered))),
    ("echoed", |live| Some(float(live.echoed))),
    ("corrupt", |live| Some(float(live.corrupt))),
    ("foreign", |live| Some(float(live.foreign))),
    ("merged", |live| Some(float(live.merged))),
    ("disconnected", |live| Some(float(live.disconnected))),
    ("refusals", |live| Some(float(live.refusals))),
];

fn live(name: &str) -> Option<&'static Live> {
    LIVE.iter().find(|(known, _)| *known == name)
}

/// Returns whether a figure is known while a run goes on.
pub(super) fn is_live(metric: Metric) -> bool {
    match metric {
        Metric::Stat(histogram, stat) => {
            ["response", "service"].contains(&histogram.name) && stat.name != "count"
        }
        Metric::Plain(plain) => live(plain.name).is_some(),
    }
}

impl LiveFigures {
    /// A figure's value, if it is known yet.
    fn value(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::Stat(histogram, stat) => {
                let [response, service] = self.latencies.as_ref()?;
                Some((stat.of)(if histogram.name == "response" { response } else { service }))
            }
            Metric::Plain(plain) => live(plain.name).and_then(|(_, of)| of(self)),
        }
    }
}

impl AbortCondition {
    /// Returns whether the condition holds now. A comparison with a figure that is not known yet does
    /// not.
    pub(crate) fn holds(&self, figures: &LiveFigures) -> bool {
        self.condition.certainly_holds(|metric| figures.value(metric))
    }

    /// Returns whether the condition holds of the server's part: what of a latency is less than the
    /// generator's disturbance, in nanoseconds, may be the generator's own.
    pub(crate) fn is_certain(&self, figures: &LiveFigures, disturbance: u64) -> bool {
        let part = |metric: Metric, value: f64| match metric {
            Metric::Stat(..) => (value - float(disturbance)).max(0.0),
            Metric::Plain(_) => value,
        };
        self.condition.certainly_holds(|metric| Some(part(metric, figures.value(metric)?)))
    }

    /// Values of the condition's figures now: `response.p99 = 1.20 s, lost = 3`.
    pub(crate) fn actual(&self, figures: &LiveFigures) -> String {
        let shown = |metric: Metric| {
            let value = figures.value(metric).map(|value| metric.quantity().show(value));
            format!("{metric} = {}", value.as_deref().unwrap_or("–"))
        };
        let mut all: Vec<_> = self.condition.metrics().map(shown).collect();
        all.dedup();
        all.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;
    use crate::record::threshold::metric::{Plain, Quantity};

    fn condition(text: &str) -> Result<AbortCondition, AbortError> {
        text.parse()
    }

    #[test]
    fn a_condition_may_have_to_hold_for_a_time() {
        let for_a_time = condition(" p99>1s && lost>0 for 1m 3s").unwrap();
        assert_eq!(for_a_time.hold, Duration::from_secs(63));
        assert_eq!(for_a_time.to_string(), "p99>1s && lost>0 for 1m 3s");
        assert_eq!(condition("lost>0").unwrap().hold, Duration::ZERO);
        assert_eq!(condition("lost>0").unwrap().to_string(), "lost>0");
        let error = condition("lost>0 for ever").unwrap_err().to_string();
        assert!(error.contains("`ever` behind `for` is no time"), "{error}");
        assert!(matches!(condition("for 3s"), Err(AbortError::Condition(_))));
    }

    #[test]
    fn what_is_known_only_at_the_end_is_refused() {
        for name in ["last.p99", "late", "ok", "response.count", "server.cpu", "generator.starved"]
        {
            let metric = name.parse::<Metric>().unwrap();
            let unit = if metric.quantity() == Quantity::Time { "1s" } else { "1" };
            let error = condition(&format!("lost>0 || {name}>{unit}")).unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}` is known only at the end")), "{error}");
            assert!(error.contains("response and service; rate, ") && error.contains("lost, "));
        }
    }

    #[test]
    fn figures_that_are_not_known_yet_hold_nothing() {
        let holds = |text: &str, figures: &LiveFigures| condition(text).unwrap().holds(figures);
        let mut figures = LiveFigures { lost: 3, ..LiveFigures::default() };
        assert!(holds("lost>2", &figures) && !holds("lost>3", &figures));
        for text in ["p99<1s && lost>0", "service.max>=0s", "rate<1", "delivery_rate>=0"] {
            assert!(!holds(text, &figures), "{text}");
        }
        assert!(holds("p99>1s || lost>0", &figures));
        let slow = sample::record().latency.response;
        figures.latencies = Some([Summary { p99: 2_000_000_000, ..slow }, slow]);
        figures.rates = Some([500.0, 4500.0]);
        assert!(holds("p99>1s && service.p99<1s && rate<=500/s && delivery_rate>4k", &figures));
        assert_eq!(
            condition("p99>1s && p99<9s || rate<3").unwrap().actual(&figures),
            "response.p99 = 2.00 s, rate = 500/s"
        );
    }

    #[test]
    fn each_live_figure_is_one_of_a_record() {
        for (name, _) in LIVE {
            assert!(matches!(name.parse(), Ok(Metric::Plain(Plain { .. }))), "{name}");
        }
    }
}
