//! The schedule of the open loop: each message's intended time, known before the run.
//!
//! The method is time rescaling. A rate λ(t) has a mean count Λ(t) = ∫λ from 0 to t; seen on the
//! axis of Λ, every load has rate 1. So arrivals are laid out there, evenly, as a Poisson process
//! of rate 1, or in bursts, and each is carried back to its time with Λ⁻¹, which has a closed form
//! for every [`Shape`]. That this gives exactly the Poisson process of rate λ(t) is the
//! time-rescaling theorem: E. Çinlar, *Introduction to Stochastic Processes* (1975), ch. 4.7, the
//! "inversion method" of simulation; E. N. Brown et al., *The Time-Rescaling Theorem and Its
//! Application to Neural Spike Train Data Analysis*, Neural Computation 14 (2002).
//!
//! All but the Poisson process are computed from a message's index, so no rounding adds up.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use thiserror::Error;

use crate::record::figures::whole;

/// Maximum rate, in messages per second: beyond it, times in nanoseconds could not differ.
const MAX_RATE: f64 = 1e9;
const NANOS: f64 = 1e9;

/// Rate over the window, in messages per second: `500/s` throughout, `100:1000/s` from one to the
/// other, `100,200,400/s` in steps of equal length. `1k` is 1000, `2.5M` 2,500,000; the `/s` may be
/// left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape(Form);

#[derive(Debug, Clone, PartialEq)]
enum Form {
    Constant(f64),
    Ramp(f64, f64),
    Steps(Vec<f64>),
}

impl Shape {
    /// A constant rate; zero for a number that is not above zero.
    pub(crate) fn constant(rate: f64) -> Self {
        Self(Form::Constant(if rate > 0.0 { rate.min(MAX_RATE) } else { 0.0 }))
    }

    /// The rate, if it is constant.
    pub(crate) fn constant_rate(&self) -> Option<f64> {
        match self.0 {
            Form::Constant(rate) => Some(rate),
            Form::Ramp(..) | Form::Steps(_) => None,
        }
    }

    /// The highest rate.
    pub(crate) fn highest(&self) -> f64 {
        match &self.0 {
            Form::Constant(rate) => *rate,
            Form::Ramp(from, to) => from.max(*to),
            Form::Steps(rates) => rates.iter().copied().fold(0.0, f64::max),
        }
    }

    /// The rate at the beginning.
    pub(crate) fn first(&self) -> f64 {
        match &self.0 {
            Form::Constant(rate) | Form::Ramp(rate, _) => *rate,
            Form::Steps(rates) => rates.first().copied().unwrap_or_default(),
        }
    }

    /// The rate at a time of a window of this length: λ.
    pub(crate) fn rate_at(&self, time: Duration, window: Duration) -> f64 {
        let part = (time.as_secs_f64() / window.as_secs_f64()).min(1.0);
        match &self.0 {
            Form::Constant(rate) => *rate,
            Form::Ramp(from, to) => from + (to - from) * part,
            Form::Steps(rates) => {
                let last = rates.len().saturating_sub(1);
                let step = usize::try_from(whole(part * count(rates))).unwrap_or(last);
                rates.get(step.min(last)).copied().unwrap_or_default()
            }
        }
    }

    /// Expected number of messages in a window of this length: Λ at its end.
    pub(crate) fn expected(&self, window: Duration) -> f64 {
        let mean = match &self.0 {
            Form::Constant(rate) => *rate,
            Form::Ramp(from, to) => f64::midpoint(*from, *to),
            Form::Steps(rates) => sum(rates) / count(rates),
        };
        mean * window.as_secs_f64()
    }

    /// Λ⁻¹: after how many seconds of a window of `length` seconds the mean count is `u`, which is
    /// below Λ at its end.
    fn seconds_at(&self, u: f64, length: f64) -> f64 {
        match &self.0 {
            Form::Constant(rate) => u / rate,
            Form::Ramp(from, to) => ramp_seconds_at(u, *from, *to, length),
            Form::Steps(rates) => steps_seconds_at(u, rates, length / count(rates)),
        }
    }
}

/// Solves `from·t + (to - from)·t²/(2·length) = u`, in the form that loses no digits where the
/// rates are close.
fn ramp_seconds_at(u: f64, from: f64, to: f64, length: f64) -> f64 {
    if u <= 0.0 {
        return 0.0;
    }
    let rate_squared = from * from + 2.0 * (to - from) * u / length;
    2.0 * u / (from + rate_squared.max(0.0).sqrt())
}

fn steps_seconds_at(u: f64, rates: &[f64], step: f64) -> f64 {
    let (mut begin, mut before) = (0.0, 0.0);
    for rate in rates {
        let within = rate * step;
        if u < before + within {
            return begin + (u - before) / rate;
        }
        before += within;
        begin += step;
    }
    begin
}

fn sum(rates: &[f64]) -> f64 {
    rates.iter().sum()
}

#[expect(clippy::cast_precision_loss, reason = "nobody types 2^53 steps")]
fn count(rates: &[f64]) -> f64 {
    rates.len() as f64
}

impl FromStr for Shape {
    type Err = ParseShapeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rates = text.strip_suffix("/s").unwrap_or(text);
        let form = if let Some((from, to)) = rates.split_once(':') {
            Form::Ramp(rate(from)?, rate(to)?)
        } else if rates.contains(',') {
            Form::Steps(rates.split(',').map(rate).collect::<Result<_, _>>()?)
        } else {
            Form::Constant(rate(rates)?)
        };
        let shape = Self(form);
        if shape.expected(Duration::from_secs(1)) > 0.0 {
            Ok(shape)
        } else {
            Err(ParseShapeError::Nothing)
        }
    }
}

fn rate(text: &str) -> Result<f64, ParseShapeError> {
    let (number, factor) = match text.as_bytes().last() {
        Some(b'k') => (&text[..text.len() - 1], 1e3),
        Some(b'M') => (&text[..text.len() - 1], 1e6),
        _ => (text, 1.0),
    };
    // Rust would also read `inf`, `nan` and `1e3`.
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = number.parse().ok().filter(|_| is_plain).ok_or(ParseShapeError::Form)?;
    Some(number * factor).filter(|rate| *rate <= MAX_RATE).ok_or(ParseShapeError::Range)
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Constant(rate) => write!(f, "{rate}/s"),
            Form::Ramp(from, to) => write!(f, "{from}:{to}/s"),
            Form::Steps(rates) => {
                for (i, rate) in rates.iter().enumerate() {
                    let comma = if i > 0 { "," } else { "" };
                    write!(f, "{comma}{rate}")?;
                }
                f.write_str("/s")
            }
        }
    }
}

/// The reasons for which a text is no shape of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ParseShapeError {
    /// It has another form.
    #[error("expected messages per second such as 500/s, 2.5k/s, 100:1000/s or 100,200,400/s")]
    Form,
    /// A rate is too high.
    #[error("expected at most 1000M/s")]
    Range,
    /// The rate is zero throughout.
    #[error("expected a rate above 0/s")]
    Nothing,
}

/// Arrival process of the messages at a given rate: `even`, `poisson`, or `burst:50`, 50 at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Arrivals {
    /// Evenly: at equal distances.
    #[default]
    Even,
    /// As a Poisson process: independently of each other, as many people do together.
    Poisson,
    /// In bursts: so many at once, then none until their time is used up.
    Burst(NonZeroU32),
}

impl FromStr for Arrivals {
    type Err = ParseArrivalsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "even" => Ok(Self::Even),
            "poisson" => Ok(Self::Poisson),
            _ => {
                let burst = text.strip_prefix("burst:").ok_or(ParseArrivalsError)?;
                burst.parse().map(Self::Burst).map_err(|_| ParseArrivalsError)
            }
        }
    }
}

impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Even => f.write_str("even"),
            Self::Poisson => f.write_str("poisson"),
            Self::Burst(size) => write!(f, "burst:{size}"),
        }
    }
}

/// The text named no kind of arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected even, poisson or burst:n, such as burst:50")]
pub(crate) struct ParseArrivalsError;

/// The intended times of all messages of a window, in nanoseconds, none before its predecessor.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    shape: Shape,
    counter: Counter,
    expected: f64,
    start: u64,
    length: Duration,
}

/// Position of the next message on the axis of Λ.
#[derive(Debug, Clone)]
enum Counter {
    /// In bursts of the second number; even arrivals are bursts of one.
    Index(u64, u64),
    Poisson(Pcg64Mcg, f64),
}

impl Schedule {
    /// The times within a window that begins at `start` nanoseconds. Equal arguments give equal
    /// times; only [`Arrivals::Poisson`] makes use of the seed.
    pub(crate) fn new(
        shape: &Shape,
        arrivals: Arrivals,
        seed: u64,
        start: u64,
        length: Duration,
    ) -> Self {
        let counter = match arrivals {
            Arrivals::Even => Counter::Index(0, 1),
            Arrivals::Burst(size) => Counter::Index(0, u64::from(size.get())),
            Arrivals::Poisson => Counter::Poisson(Pcg64Mcg::seed_from_u64(seed), 0.0),
        };
        Self { shape: shape.clone(), counter, expected: shape.expected(length), start, length }
    }
}

impl Iterator for Schedule {
    type Item = u64;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and bounded by the window's end"
    )]
    fn next(&mut self) -> Option<u64> {
        let u = self.counter.next();
        if u >= self.expected {
            return None;
        }
        let seconds = self.shape.seconds_at(u, self.length.as_secs_f64());
        // Rounding must not carry a message out of its window.
        let last = u64::try_from(self.length.as_nanos()).unwrap_or(u64::MAX).saturating_sub(1);
        Some(self.start.saturating_add(((seconds * NANOS).round() as u64).min(last)))
    }
}

impl Counter {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 messages")]
    fn next(&mut self) -> f64 {
        match self {
            Self::Index(index, burst) => {
                let u = *index / *burst * *burst;
                *index += 1;
                u as f64
            }
            Self::Poisson(random, u) => {
                *u += exponential(random);
                *u
            }
        }
    }
}

/// A waiting time of mean 1. Made from the generator's bits here, so that a seed means the same
/// whatever `rand` does.
#[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
fn exponential(random: &mut Pcg64Mcg) -> f64 {
    let below_one = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    -(1.0 - below_one).ln()
}

#[cfg(test)]
mod tests;
