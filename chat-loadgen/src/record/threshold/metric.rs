//! Metrics of conditions: every figure of a record that has a name.

use std::fmt;
use std::str::FromStr;

use strsim::damerau_levenshtein;
use thiserror::Error;

use crate::record::figures::{self, float};
use crate::record::validity::is_own;
use crate::record::{Generator, Record, Server, Summary};

/// A figure of a record, by its name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Metric {
    /// A percentile or the like of a histogram: `last.p99`.
    Stat(&'static Histogram, &'static Stat),
    /// Anything else: `lost`, `rate`, `generator.cpu`.
    Plain(&'static Plain),
}

/// A histogram that has a name.
#[derive(Debug)]
pub(crate) struct Histogram {
    pub(super) name: &'static str,
    of: fn(&Record) -> &Summary,
}

/// A figure that every histogram has.
#[derive(Debug)]
pub(crate) struct Stat {
    pub(super) name: &'static str,
    /// Alternative spelling.
    alias: &'static str,
    quantity: Quantity,
    pub(super) of: fn(&Summary) -> f64,
}

/// A figure of its own.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(super) name: &'static str,
    quantity: Quantity,
    of: fn(&Record) -> Result<f64, &'static str>,
}

/// Physical quantity of a figure; it decides which units are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Nanoseconds.
    Time,
    /// A number of things.
    Count,
    /// A number of things per second.
    Rate,
    /// A part of one.
    Share,
    /// Bytes.
    Memory,
}

/// A name that no figure has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown metric{meant} (`--fail-if help` lists all)", meant = meant(.0))]
pub(crate) struct UnknownMetric(String);

/// Names for what is called otherwise here.
const OTHERWISE: [(&str, &str); 8] = [
    ("avg", "mean"),
    ("average", "mean"),
    ("median", "p50"),
    ("latency", "p50 or last.p99"),
    ("errors", "lost or disconnected"),
    ("throughput", "rate or delivery_rate"),
    ("loss", "lost"),
    ("cpu", "server.cpu or generator.cpu"),
];

/// Typing errors that a name may have: at most one for so many letters.
const LETTERS_FOR_AN_ERROR: usize = 3;

/// A name that is longer is none, and takes long to compare.
const LONGEST: usize = 40;

/// The metric that was probably meant, as a question; nothing if there is none.
fn meant(name: &str) -> String {
    let name = name.to_lowercase();
    let part = name.rsplit_once('.').map_or(&*name, |(_, part)| part);
    if let Some((_, meant)) = OTHERWISE.iter().find(|(known, _)| *known == part) {
        return format!("; did you mean {meant}?");
    }
    let percentile = part.strip_prefix('p').is_some_and(|number| number.parse::<f64>().is_ok());
    if percentile && STATS.iter().all(|stat| stat.name != part && stat.alias != part) {
        return "; there are p50, p90, p99, p99.9 and p99.99".to_owned();
    }
    let stats = |histogram: &Histogram| {
        STATS.each_ref().map(|stat| format!("{}.{}", histogram.name, stat.name))
    };
    let names = PLAIN.iter().map(|plain| plain.name.to_owned());
    let names = names.chain(STATS.iter().map(|stat| stat.name.to_owned()));
    names
        .chain(HISTOGRAMS.iter().flat_map(stats))
        .filter(|_| name.len() <= LONGEST)
        .map(|known| (damerau_levenshtein(&name, &known), known))
        .filter(|(errors, _)| *errors <= name.len() / LETTERS_FOR_AN_ERROR)
        .min_by_key(|(errors, _)| *errors)
        .map_or_else(String::new, |(_, known)| format!("; did you mean {known}?"))
}

/// A figure that this run does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{metric}` is not known: {why}")]
pub(crate) struct Unknown {
    pub(crate) metric: String,
    /// Reason for which the figure is missing.
    pub(crate) why: &'static str,
}

impl Metric {
    /// Its value: nanoseconds, things, things per second, a part of one, or bytes. Over several runs
    /// (`--runs`) it is the median.
    ///
    /// # Errors
    ///
    /// The run has no such figure: it was not asked for, or there are no samples.
    pub(crate) fn value(self, record: &Record) -> Result<f64, Unknown> {
        if self.is_judged() && !record.workload.verify {
            let why = "--verify off judges no deliveries";
            return Err(Unknown { metric: self.to_string(), why });
        }
        if let Some(runs) = &record.runs {
            let unknown = || Unknown { metric: self.to_string(), why: "some runs do not have it" };
            return runs.figure(self).map(|over| over.median).ok_or_else(unknown);
        }
        let value = match self {
            Self::Plain(plain) => (plain.of)(record),
            Self::Stat(histogram, stat) => {
                let summary = (histogram.of)(record);
                if summary.count == 0 && stat.quantity == Quantity::Time {
                    Err("there are no samples")
                } else {
                    Ok((stat.of)(summary))
                }
            }
        };
        value.map_err(|why| Unknown { metric: self.to_string(), why })
    }

    /// Physical quantity of the figure.
    pub(crate) fn quantity(self) -> Quantity {
        match self {
            Self::Stat(_, stat) => stat.quantity,
            Self::Plain(plain) => plain.quantity,
        }
    }

    /// Returns whether the figure needs judged deliveries (`--verify`).
    pub(crate) fn is_judged(self) -> bool {
        matches!(self, Self::Plain(plain) if JUDGED.contains(&plain.name))
    }

    /// Returns whether the generator may have made the figure itself.
    pub(crate) fn is_own(self, record: &Record) -> bool {
        let own = &record.own_figures;
        matches!(self, Self::Stat(histogram, stat) if is_own(own, histogram.name, stat.name))
    }
}

impl PartialEq for Metric {
    /// Compares the names: a name belongs to one figure only.
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stat(histogram, stat) => write!(f, "{}.{}", histogram.name, stat.name),
            Self::Plain(plain) => f.write_str(plain.name),
        }
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    /// Parses a name. Without a histogram (`p99`) it is a figure of the response.
    fn from_str(name: &str) -> Result<Self, UnknownMetric> {
        if let Some(plain) = PLAIN.iter().find(|plain| plain.name == name) {
            return Ok(Self::Plain(plain));
        }
        let (histogram, stat) = match name.split_once('.') {
            Some((histogram, stat)) if !histogram.starts_with('p') || histogram == "pacing" => {
                (histogram, stat)
            }
            _ => ("response", name),
        };
        let histogram = HISTOGRAMS.iter().find(|known| known.name == histogram);
        let stat = STATS.iter().find(|known| known.name == stat || known.alias == stat);
        match (histogram, stat) {
            (Some(histogram), Some(stat)) => Ok(Self::Stat(histogram, stat)),
            _ => Err(UnknownMetric(name.to_owned())),
        }
    }
}

impl Quantity {
    /// Units of the quantity with their sizes. The empty unit is a bare number, where that is
    /// clear.
    pub(super) fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Time => &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)],
            Self::Count => &[("", 1.0), ("k", 1e3), ("M", 1e6)],
            Self::Rate => {
                &[("", 1.0), ("/s", 1.0), ("k", 1e3), ("k/s", 1e3), ("M", 1e6), ("M/s", 1e6)]
            }
            Self::Share => &[("", 1.0), ("%", 0.01)],
            Self::Memory => &[
                ("", 1.0),
                ("B", 1.0),
                ("KiB", 1024.0),
                ("MiB", 1_048_576.0),
                ("GiB", 1_073_741_824.0),
            ],
        }
    }

    /// Formats a value for people.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Time => figures::time_of(value),
            Self::Count if value < 999.5 => format!("{value:.0}"),
            Self::Count => figures::rate(value),
            Self::Rate => format!("{}/s", figures::rate(value)),
            Self::Share => figures::share(value),
            Self::Memory => figures::bytes(value),
        }
    }
}

pub(super) static HISTOGRAMS: [Histogram; 9] = [
    Histogram { name: "response", of: |r| &r.latency.response },
    Histogram { name: "service", of: |r| &r.latency.service },
    Histogram { name: "lag", of: |r| &r.latency.lag },
    Histogram { name: "first", of: |r| &r.latency.first },
    Histogram { name: "last", of: |r| &r.latency.last },
    Histogram { name: "spread", of: |r| &r.latency.spread },
    Histogram { name: "pacing", of: |r| &r.generator.pacing },
    Histogram { name: "canary", of: |r| &r.generator.canary },
    Histogram { name: "bulk", of: |r| &r.generator.bulk },
];

pub(super) static STATS: [Stat; 9] = [
    stat("min", "min", |s| float(s.min)),
    stat("mean", "mean", |s| s.mean),
    stat("p50", "p50", |s| float(s.p50)),
    stat("p90", "p90", |s| float(s.p90)),
    stat("p99", "p99", |s| float(s.p99)),
    stat("p99.9", "p999", |s| float(s.p999)),
    stat("p99.99", "p9999", |s| float(s.p9999)),
    stat("max", "max", |s| float(s.max)),
    Stat { quantity: Quantity::Count, ..stat("count", "count", |s| float(s.count)) },
];

/// Figures that are known only where deliveries are judged.
const JUDGED: [&str; 15] = [
    "expected",
    "ok",
    "lost",
    "late",
    "duplicated",
    "reordered",
    "echoed",
    "corrupt",
    "foreign",
    "merged",
    "cut_off",
    "died_with_node",
    "undecided",
    "forgotten",
    "disorder",
];

pub(super) static PLAIN: [Plain; 31] = [
    count("expected", |r| Ok(float(r.ledger.expected))),
    count("ok", |r| Ok(float(r.ledger.ok))),
    count("lost", |r| Ok(float(r.ledger.lost))),
    count("late", |r| Ok(float(r.ledger.late))),
    count("duplicated", |r| Ok(float(r.ledger.duplicated))),
    count("reordered", |r| Ok(float(r.ledger.reordered))),
    count("echoed", |r| Ok(float(r.ledger.echoed))),
    count("corrupt", |r| Ok(float(r.ledger.corrupt))),
    count("foreign", |r| Ok(float(r.ledger.foreign))),
    count("merged", |r| Ok(float(r.ledger.merged))),
    count("cut_off", |r| Ok(float(r.ledger.cut_off))),
    count("died_with_node", |r| Ok(float(r.ledger.died_with_node))),
    count("undecided", |r| Ok(float(r.ledger.undecided))),
    count("disconnected", |r| Ok(float(r.ledger.disconnected))),
    count("forgotten", |r| Ok(float(r.ledger.forgotten))),
    count("refusals", |r| Ok(float(r.words.get("refusals").map_or(0, |words| words.count)))),
    count("disorder", |r| r.ledger.disorder.map(float).ok_or("it needs --total-order")),
    plain("rate", Quantity::Rate, |r| Ok(r.traffic.achieved_rate)),
    count("messages", |r| Ok(float(r.traffic.messages))),
    count("unsent", |r| Ok(float(r.traffic.unsent))),
    count("deliveries", |r| Ok(float(r.traffic.deliveries))),
    plain("delivery_rate", Quantity::Rate, |r| Ok(r.traffic.delivery_rate)),
    plain("cpu_per_delivery", Quantity::Time, |r| of_server(r, |s| s.cpu_per_delivery)),
    plain("memory_per_client", Quantity::Memory, |r| of_server(r, |s| s.memory_per_client)),
    plain("server.cpu", Quantity::Time, |r| of_server(r, |s| s.cpu * 1e9)),
    plain("generator.cpu", Quantity::Time, |r| Ok(r.generator.cpu * 1e9)),
    plain("generator.busiest_thread", Quantity::Share, |r| Ok(r.generator.busiest_thread)),
    plain("generator.starved", Quantity::Share, |r| told(r, |g| g.starved)),
    plain("generator.memory_per_client", Quantity::Memory, |r| {
        told(r, |g| g.memory_per_client.map(float))
    }),
    count("generator.missed", |r| Ok(float(r.generator.missed))),
    count("generator.untimed", |r| Ok(float(r.generator.untimed))),
];

const fn stat(name: &'static str, alias: &'static str, of: fn(&Summary) -> f64) -> Stat {
    Stat { name, alias, quantity: Quantity::Time, of }
}

const fn count(name: &'static str, of: fn(&Record) -> Result<f64, &'static str>) -> Plain {
    plain(name, Quantity::Count, of)
}

const fn plain(
    name: &'static str,
    quantity: Quantity,
    of: fn(&Record) -> Result<f64, &'static str>,
) -> Plain {
    Plain { name, quantity, of }
}

fn of_server(record: &Record, figure: fn(&Server) -> f64) -> Result<f64, &'static str> {
    let server = record.server.as_ref();
    server.map(figure).ok_or("the server's process was not measured; it needs --spawn")
}

fn told(record: &Record, figure: fn(&Generator) -> Option<f64>) -> Result<f64, &'static str> {
    figure(&record.generator).ok_or("this system does not tell")
}

#[cfg(test)]
mod tests;
