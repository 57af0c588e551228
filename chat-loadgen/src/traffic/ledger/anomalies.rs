//! Faults that were seen, counted, with the first few of each as witnesses.

use std::collections::BTreeMap;
use std::ops::Range;

/// What can be wrong with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
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

impl Fault {
    /// As reports call it.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Lost => "lost",
            Fault::Duplicated => "duplicated",
            Fault::Reordered => "reordered",
            Fault::Echoed => "echoed",
            Fault::Corrupt => "corrupt",
            Fault::Foreign => "foreign",
            Fault::Disorder => "disorder",
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Index of the receiver.
    pub receiver: u32,
    /// Sender and number, if they can be told.
    pub message: Option<(u32, u32)>,
    /// Nanoseconds of the run's clock.
    pub at: u64,
    /// What else there is to say.
    pub detail: String,
}

/// All faults of one worker, or of a run.
#[derive(Debug, Default)]
pub struct Faults {
    /// Deliveries that never came.
    pub lost: u64,
    /// Deliveries in whose place a damaged one came.
    pub replaced: u64,
    /// Gaps that had to be forgotten.
    pub forgotten: u64,
    /// Deliveries that could not come, for the connection had ended.
    pub cut_off: u64,
    seen: BTreeMap<Fault, u64>,
    witnesses: BTreeMap<Fault, Vec<Sighting>>,
    most: usize,
    unreported: u64,
}

impl Faults {
    /// None yet; `most` witnesses of each are kept.
    pub fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Counts a fault that the client of that index received.
    #[cold]
    pub fn see(
        &mut self,
        fault: Fault,
        receiver: u32,
        message: Option<(u32, u32)>,
        at: u64,
        detail: impl FnOnce() -> String,
    ) {
        *self.seen.entry(fault).or_default() += 1;
        self.unreported += 1;
        let witnesses = self.witnesses.entry(fault).or_default();
        if witnesses.len() < self.most {
            witnesses.push(Sighting { receiver, message, at, detail: detail() });
        }
    }

    /// Keeps witnesses of what never came to the client of that index. How many those are is counted apart, for some of them
    /// may have come damaged beyond recognition.
    pub fn lose(&mut self, receiver: u32, sender: u32, numbers: Range<u32>, at: u64) {
        let witnesses = self.witnesses.entry(Fault::Lost).or_default();
        for number in numbers.take(self.most.saturating_sub(witnesses.len())) {
            let message = Some((sender, number));
            witnesses.push(Sighting { receiver, message, at, detail: String::new() });
        }
    }

    /// How often a fault was seen.
    pub fn count(&self, fault: Fault) -> u64 {
        match fault {
            Fault::Lost => self.lost,
            seen => self.seen.get(&seen).copied().unwrap_or(0),
        }
    }

    /// Faults that were seen since the last call.
    pub fn take_seen(&mut self) -> u64 {
        std::mem::take(&mut self.unreported)
    }

    /// Adds another worker's.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.replaced += other.replaced;
        self.cut_off += other.cut_off;
        self.forgotten += other.forgotten;
        for (fault, count) in other.seen {
            *self.seen.entry(fault).or_default() += count;
        }
        for (fault, witnesses) in other.witnesses {
            let all = self.witnesses.entry(fault).or_default();
            all.extend(witnesses);
            all.sort_by_key(|sighting| sighting.at);
            all.truncate(self.most);
        }
    }

    /// The first of each.
    pub fn witnesses(&self) -> impl Iterator<Item = (Fault, &[Sighting])> {
        let seen = |(fault, _): &(&Fault, &Vec<Sighting>)| self.count(**fault) > 0;
        self.witnesses.iter().filter(seen).map(|(fault, witnesses)| (*fault, &**witnesses))
    }
}
