//! Anomalies of deliveries: counts of each kind, with the first few of each as witnesses.

use std::collections::BTreeMap;
use std::ops::Range;

/// A kind of wrong delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Anomaly {
    /// See [`crate::record::Ledger::lost`].
    Lost,
    /// See [`crate::record::Ledger::duplicated`].
    Duplicated,
    /// See [`crate::record::Ledger::reordered`].
    Reordered,
    /// See [`crate::record::Ledger::echoed`].
    Echoed,
    /// See [`crate::record::Ledger::corrupt`].
    Corrupt,
    /// See [`crate::record::Ledger::foreign`].
    Foreign,
    /// See [`crate::record::Ledger::disorder`].
    Disorder,
}

impl Anomaly {
    /// Name of the anomaly in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Anomaly::Lost => "lost",
            Anomaly::Duplicated => "duplicated",
            Anomaly::Reordered => "reordered",
            Anomaly::Echoed => "echoed",
            Anomaly::Corrupt => "corrupt",
            Anomaly::Foreign => "foreign",
            Anomaly::Disorder => "disorder",
        }
    }
}

/// One anomaly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// Index of the receiver.
    pub(crate) receiver: u32,
    /// Sender and number, if they can be told.
    pub(crate) message: Option<(u32, u32)>,
    /// Nanoseconds of the run's clock.
    pub(crate) at: u64,
    /// Further details: the line as it arrived.
    pub(crate) detail: String,
}

/// All anomalies of one worker, or of a run.
#[derive(Debug, Default)]
pub(crate) struct Anomalies {
    /// Deliveries that never came.
    pub(crate) lost: u64,
    /// Deliveries in whose place a damaged one came.
    pub(crate) replaced: u64,
    /// Gaps that were forgotten.
    pub(crate) forgotten: u64,
    /// Deliveries that could not come, because the connection had ended.
    pub(crate) cut_off: u64,
    seen: BTreeMap<Anomaly, u64>,
    witnesses: BTreeMap<Anomaly, Vec<Sighting>>,
    most: usize,
    unreported: u64,
}

impl Anomalies {
    /// None yet; `most` witnesses of each are kept.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Counts an anomaly that the client of that index received.
    #[cold]
    pub(crate) fn record(
        &mut self,
        anomaly: Anomaly,
        receiver: u32,
        message: Option<(u32, u32)>,
        at: u64,
        detail: impl FnOnce() -> String,
    ) {
        *self.seen.entry(anomaly).or_default() += 1;
        self.unreported += 1;
        let witnesses = self.witnesses.entry(anomaly).or_default();
        if witnesses.len() < self.most {
            witnesses.push(Sighting { receiver, message, at, detail: detail() });
        }
    }

    /// Keeps witnesses of messages that never came to the client of that index. Their number is
    /// counted apart, because some of them may have come damaged beyond recognition.
    pub(crate) fn keep_lost(&mut self, receiver: u32, sender: u32, numbers: Range<u32>, at: u64) {
        let witnesses = self.witnesses.entry(Anomaly::Lost).or_default();
        for number in numbers.take(self.most.saturating_sub(witnesses.len())) {
            let message = Some((sender, number));
            witnesses.push(Sighting { receiver, message, at, detail: String::new() });
        }
    }

    /// Number of times that an anomaly was seen.
    pub(crate) fn count(&self, anomaly: Anomaly) -> u64 {
        match anomaly {
            Anomaly::Lost => self.lost,
            seen => self.seen.get(&seen).copied().unwrap_or(0),
        }
    }

    /// Anomalies that were seen since the last call.
    pub(crate) fn take_seen(&mut self) -> u64 {
        std::mem::take(&mut self.unreported)
    }

    /// Adds another worker's.
    pub(crate) fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.replaced += other.replaced;
        self.cut_off += other.cut_off;
        self.forgotten += other.forgotten;
        for (anomaly, count) in other.seen {
            *self.seen.entry(anomaly).or_default() += count;
        }
        for (anomaly, witnesses) in other.witnesses {
            let all = self.witnesses.entry(anomaly).or_default();
            all.extend(witnesses);
            all.sort_by_key(|sighting| sighting.at);
            all.truncate(self.most);
        }
    }

    /// The witnesses of each anomaly.
    pub(crate) fn witnesses(&self) -> impl Iterator<Item = (Anomaly, &[Sighting])> {
        let seen = |(anomaly, _): &(&Anomaly, &Vec<Sighting>)| self.count(**anomaly) > 0;
        self.witnesses.iter().filter(seen).map(|(anomaly, witnesses)| (*anomaly, &**witnesses))
    }
}
