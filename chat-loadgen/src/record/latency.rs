//! The record's traffic and latencies, and the histograms behind these.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Counts and rates of messages and deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Traffic {
    /// Clients that took part from the start.
    pub(crate) connected: u32,
    /// Messages intended within the measuring window, per second; nothing in a closed loop, where
    /// sending waits for receiving.
    pub(crate) offered_rate: Option<f64>,
    /// Messages of the measuring window that were written by its end, per second.
    pub(crate) achieved_rate: f64,
    /// Messages of the measuring window that were written.
    pub(crate) messages: u64,
    /// Messages of the measuring window that the server did not take in time, or that had no sender
    /// any more.
    pub(crate) unsent: u64,
    /// Deliveries of these messages that arrived.
    pub(crate) deliveries: u64,
    /// Messages of the measuring window that did not reach all receivers to which they were due:
    /// they have no last receipt, and no spread.
    #[serde(default)]
    pub(crate) incomplete: u64,
    /// Those of these deliveries that arrived within the measuring window, per second.
    pub(crate) delivery_rate: f64,
    /// Bytes read in the measuring window.
    pub(crate) bytes: u64,
}

/// Percentiles of one histogram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Number of samples.
    pub(crate) count: u64,
    /// Smallest sample.
    pub(crate) min: u64,
    /// Mean of the samples.
    pub(crate) mean: f64,
    /// Median: half of the samples are not above this.
    pub(crate) p50: u64,
    /// 90th percentile.
    pub(crate) p90: u64,
    /// 99th percentile.
    pub(crate) p99: u64,
    /// 99.9th percentile.
    pub(crate) p999: u64,
    /// 99.99th percentile.
    pub(crate) p9999: u64,
    /// Largest sample.
    pub(crate) max: u64,
}

impl Summary {
    /// Summary of a histogram of nanoseconds.
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            count: histogram.len(),
            min: histogram.min(),
            mean: histogram.mean(),
            p50: histogram.value_at_quantile(0.5),
            p90: histogram.value_at_quantile(0.9),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            p9999: histogram.value_at_quantile(0.9999),
            max: histogram.max(),
        }
    }
}

/// Exact extremes of a histogram's samples, which the histogram itself knows to three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extremes {
    /// Smallest sample.
    pub(crate) min: u64,
    /// Largest sample.
    pub(crate) max: u64,
}

impl Extremes {
    /// Those of no samples.
    pub(crate) const NONE: Self = Self { min: u64::MAX, max: 0 };

    /// Takes a sample.
    #[inline]
    pub(crate) fn note(&mut self, value: u64) {
        // Branches that are foreseen cost less than to write both for every delivery.
        if value < self.min {
            self.min = value;
        }
        if value > self.max {
            self.max = value;
        }
    }

    /// Adds those of other samples.
    pub(crate) fn add(&mut self, other: Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The summary of these samples with exact extremes. No percentile is above the maximum.
    pub(crate) fn of(self, summary: Summary) -> Summary {
        if summary.count == 0 {
            return summary;
        }
        let [p50, p90, p99, p999, p9999] =
            [summary.p50, summary.p90, summary.p99, summary.p999, summary.p9999]
                .map(|value| value.min(self.max));
        Summary { min: self.min, p50, p90, p99, p999, p9999, max: self.max, ..summary }
    }
}

/// Latencies of deliveries and messages, summarized.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Latency {
    /// Response time of every delivery: from the intended time of sending to the receipt.
    pub(crate) response: Summary,
    /// Service time of every delivery: from the write to the receipt.
    pub(crate) service: Summary,
    /// Lag of every delivery: from the intended time of sending to the write.
    pub(crate) lag: Summary,
    /// First receipt of every message, from its intended time of sending.
    pub(crate) first: Summary,
    /// Last receipt of every message that all receivers got to which it was due, from its intended
    /// time of sending.
    pub(crate) last: Summary,
    /// Spread of every such message: from its first receipt to its last.
    pub(crate) spread: Summary,
}

impl Latency {
    /// Latencies of these histograms.
    pub(crate) fn of(histograms: &Histograms) -> Self {
        Self {
            response: Summary::of(&histograms.response),
            service: Summary::of(&histograms.service),
            lag: Summary::of(&histograms.lag),
            first: Summary::of(&histograms.first),
            last: Summary::of(&histograms.last),
            spread: Summary::of(&histograms.spread),
        }
    }
}

/// The histograms behind a [`Latency`], in nanoseconds. In JSON each is a compressed V2 `HdrHistogram`
/// in base64, as in an interval log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Histograms {
    /// See [`Latency::response`].
    #[serde(with = "encoded")]
    pub(crate) response: Histogram<u64>,
    /// See [`Latency::service`].
    #[serde(with = "encoded")]
    pub(crate) service: Histogram<u64>,
    /// See [`Latency::lag`].
    #[serde(with = "encoded")]
    pub(crate) lag: Histogram<u64>,
    /// See [`Latency::first`].
    #[serde(with = "encoded")]
    pub(crate) first: Histogram<u64>,
    /// See [`Latency::last`].
    #[serde(with = "encoded")]
    pub(crate) last: Histogram<u64>,
    /// See [`Latency::spread`].
    #[serde(with = "encoded")]
    pub(crate) spread: Histogram<u64>,
}

/// Figures of one address of the server, or of one of several servers that form one chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AtAddress {
    /// The address.
    pub(crate) address: String,
    /// Clients that took part from the start, with their connection to this address.
    pub(crate) connected: u32,
    /// Senders among these.
    pub(crate) senders: u32,
    /// Deliveries of the measuring window to these clients.
    pub(crate) deliveries: u64,
    /// Number of times one of these lost its connection without having asked for it.
    pub(crate) disconnected: u64,
    /// Response times of their deliveries.
    pub(crate) response: Summary,
}

impl Histograms {
    /// All of them, in the order of the fields.
    pub(crate) fn all(&self) -> [&Histogram<u64>; 6] {
        let Self { response, service, lag, first, last, spread } = self;
        [response, service, lag, first, last, spread]
    }

    /// All of them, in the order of the fields.
    pub(crate) fn all_mut(&mut self) -> [&mut Histogram<u64>; 6] {
        let Self { response, service, lag, first, last, spread } = self;
        [response, service, lag, first, last, spread]
    }
}

/// One receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Receiver {
    /// Its name: `c-17`.
    pub(crate) name: String,
    /// Local address of its connection.
    pub(crate) address: String,
    /// Deliveries of the measuring window.
    pub(crate) deliveries: u64,
    /// Mean response.
    pub(crate) mean: f64,
    /// Longest response.
    pub(crate) max: u64,
}

/// A histogram as text.
mod encoded {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::{
        Deserializer as Decoder, Serializer as _, V2DeflateSerializer,
    };
    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    pub(super) fn serialize<S: Serializer>(
        histogram: &Histogram<u64>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(histogram, &mut bytes).map_err(ser::Error::custom)?;
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Histogram<u64>, D::Error> {
        let bytes = STANDARD.decode(String::deserialize(from)?).map_err(de::Error::custom)?;
        Decoder::new().deserialize(&mut bytes.as_slice()).map_err(de::Error::custom)
    }
}
