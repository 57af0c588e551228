//! Everything that is not an ordinary delivery: counts of each kind, with the first few of each as
//! witnesses.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::traffic::ledger::seconds::{DueSeconds, Second, SentSeconds};

use super::Arrival;

/// A kind of wrong delivery, or of words that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Anomaly {
    /// See [`crate::record::Ledger::lost`].
    Lost,
    /// See [`crate::record::Ledger::late`].
    Late,
    /// See [`crate::record::Ledger::reordered`].
    Reordered,
    /// See [`crate::record::Ledger::corrupt`].
    Corrupt,
    /// See [`crate::record::Ledger::cut_off`].
    CutOff,
    /// See [`crate::record::Ledger::died_with_node`].
    DiedWithNode,
    /// See [`crate::record::Ledger::undecided`].
    Undecided,
    /// See [`crate::record::Ledger::duplicated`].
    Duplicated,
    /// See [`crate::record::Ledger::echoed`].
    Echoed,
    /// See [`crate::record::Ledger::foreign`].
    Foreign,
    /// See [`crate::record::Ledger::merged`].
    Merged,
    /// See [`crate::record::Ledger::disorder`].
    Disorder,
    /// A refusal or an error of the server.
    Refusal,
    /// A line of the server that is no message.
    Notice,
    /// A line of a client that is not of this run.
    Stranger,
    /// Bytes that are no line of this protocol.
    Garbage,
}

impl Anomaly {
    /// All kinds, in the order of their declaration.
    pub(crate) const ALL: [Self; 16] = [
        Self::Lost,
        Self::Late,
        Self::Reordered,
        Self::Corrupt,
        Self::CutOff,
        Self::DiedWithNode,
        Self::Undecided,
        Self::Duplicated,
        Self::Echoed,
        Self::Foreign,
        Self::Merged,
        Self::Disorder,
        Self::Refusal,
        Self::Notice,
        Self::Stranger,
        Self::Garbage,
    ];

    /// The server's other words: they are no deliveries.
    pub(crate) const WORDS: [Self; 4] =
        [Self::Refusal, Self::Notice, Self::Stranger, Self::Garbage];

    /// Name of the kind in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Late => "late",
            Self::Reordered => "reordered",
            Self::Corrupt => "corrupt",
            Self::CutOff => "cut off",
            Self::DiedWithNode => "died with node",
            Self::Undecided => "undecided",
            Self::Duplicated => "duplicated",
            Self::Echoed => "echoed",
            Self::Foreign => "foreign",
            Self::Merged => "merged",
            Self::Disorder => "disorder",
            Self::Refusal => "refusals",
            Self::Notice => "notices",
            Self::Stranger => "strangers",
            Self::Garbage => "garbage",
        }
    }

    /// Returns whether the delivery was due: it counts in the second of its message. Any other
    /// counts in the second in which it came.
    pub(crate) fn was_due(self) -> bool {
        matches!(
            self,
            Self::Lost
                | Self::Late
                | Self::Reordered
                | Self::Corrupt
                | Self::CutOff
                | Self::DiedWithNode
                | Self::Undecided
        )
    }

    /// Returns whether a delivery is wrong.
    pub(crate) fn is_fault(self) -> bool {
        !Self::WORDS.contains(&self)
            && !matches!(self, Self::CutOff | Self::DiedWithNode | Self::Undecided | Self::Merged)
    }
}

/// Numbers of anomalies, in the order of [`Anomaly::ALL`].
pub(crate) type News = [u64; Anomaly::ALL.len()];

/// One anomaly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// Index of the receiver.
    pub(crate) receiver: u32,
    /// Sender and number, if they can be told.
    pub(crate) message: Option<(u32, u32)>,
    /// Time at which the message was sent, in nanoseconds of the run's clock; if it is remembered.
    pub(crate) sent: Option<u64>,
    /// Nanoseconds of the run's clock.
    pub(crate) at: u64,
    /// What was seen; the line as it arrived.
    pub(crate) detail: String,
}

/// All anomalies of one worker, or of a run.
#[derive(Debug, Default)]
pub(crate) struct Anomalies {
    /// Deliveries that were due. They are counted apart from what became of each.
    pub(crate) due: u64,
    /// Messages that were overtaken, and those of them that have come after all.
    pub(crate) overtaken: u64,
    /// See [`Self::overtaken`].
    pub(crate) recovered: u64,
    /// Gaps that were forgotten.
    pub(crate) forgotten: u64,
    /// Deliveries of other generators' messages.
    pub(crate) elsewhere: u64,
    /// The first of these: its arrival, its sender and its number.
    pub(crate) first_elsewhere: Option<(u64, u32, u32)>,
    /// Number of receivers to which the messages of another generator's sender, from that number on,
    /// did not come; apart for those whose connection had ended.
    pub(crate) tails: BTreeMap<(u32, u32, bool), u32>,
    /// Those that were due, by the second of their message.
    pub(crate) due_seconds: DueSeconds,
    counts: BTreeMap<(Anomaly, Second), u64>,
    witnesses: BTreeMap<Anomaly, Vec<Sighting>>,
    most: usize,
    /// Numbers of all kinds since they were last taken, if there are any.
    news: Option<News>,
}

impl Anomalies {
    /// None yet; `most` witnesses of each are kept.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Counts deliveries of a sender's messages that were due to one receiver.
    pub(crate) fn add_due(&mut self, sent: &SentSeconds, sender: u32, numbers: &Range<u32>) {
        self.due += numbers.len() as u64;
        self.due_seconds.add(sent, sender, numbers);
    }

    /// Counts deliveries that were due in this second, from senders that are not known.
    pub(crate) fn add_due_of_unknown(&mut self, second: Second, number: u64) {
        self.due += number;
        self.due_seconds.add_of_unknown(second, number);
    }

    /// Counts an anomaly that was seen, in its second.
    #[cold]
    pub(crate) fn record(
        &mut self,
        anomaly: Anomaly,
        second: Second,
        sighting: impl FnOnce() -> Sighting,
    ) {
        self.count_more(anomaly, second, 1);
        self.keep(anomaly, sighting);
    }

    /// Counts what an arrival has overtaken, or that it was overtaken itself.
    pub(crate) fn note_overtaken(&mut self, arrival: &Arrival) {
        match arrival {
            Arrival::Ahead(missing) => self.overtaken += missing.len() as u64,
            Arrival::Late => self.recovered += 1,
            _ => {}
        }
    }

    /// Counts so many more, without witnesses.
    pub(crate) fn count_more(&mut self, anomaly: Anomaly, second: Second, number: u64) {
        if number > 0 {
            *self.counts.entry((anomaly, second)).or_default() += number;
            self.news.get_or_insert_default()[anomaly as usize] += number;
        }
    }

    /// Counts these messages of a sender, each in its second, without witnesses.
    pub(crate) fn count_numbers(
        &mut self,
        anomaly: Anomaly,
        sent: &SentSeconds,
        (sender, numbers): &(u32, Range<u32>),
    ) {
        for (second, number) in sent.split(*sender, numbers.clone()) {
            self.count_more(anomaly, second, number.into());
        }
    }

    /// Keeps a witness, if there are not enough of that kind. It is not counted.
    pub(crate) fn keep(&mut self, anomaly: Anomaly, sighting: impl FnOnce() -> Sighting) {
        if self.wants(anomaly) > 0 {
            self.witnesses.entry(anomaly).or_default().push(sighting());
        }
    }

    /// Number of witnesses that can still be kept.
    pub(crate) fn wants(&self, anomaly: Anomaly) -> usize {
        self.most.saturating_sub(self.witnesses.get(&anomaly).map_or(0, Vec::len))
    }

    /// Number of times that an anomaly was seen.
    pub(crate) fn count(&self, anomaly: Anomaly) -> u64 {
        let seconds = (anomaly, None)..=(anomaly, Some(u32::MAX));
        self.counts.range(seconds).map(|(_, number)| number).sum()
    }

    /// Numbers of all anomalies in each second that has any.
    pub(crate) fn by_second(&self) -> impl Iterator<Item = (Anomaly, Second, u64)> {
        self.counts.iter().map(|(&(anomaly, second), &number)| (anomaly, second, number))
    }

    /// Numbers of all kinds since the last call, if there are any.
    pub(crate) fn take_news(&mut self) -> Option<News> {
        self.news.take()
    }

    /// Adds another worker's.
    pub(crate) fn add(&mut self, other: Self) {
        self.due += other.due;
        self.forgotten += other.forgotten;
        self.elsewhere += other.elsewhere;
        let firsts = self.first_elsewhere.into_iter().chain(other.first_elsewhere);
        self.first_elsewhere = firsts.min();
        for (tail, receivers) in other.tails {
            *self.tails.entry(tail).or_default() += receivers;
        }
        self.due_seconds.merge(other.due_seconds);
        for ((anomaly, second), count) in other.counts {
            self.count_more(anomaly, second, count);
        }
        for (anomaly, witnesses) in other.witnesses {
            let all = self.witnesses.entry(anomaly).or_default();
            all.extend(witnesses);
            all.sort_by_key(|sighting| sighting.at);
            all.truncate(self.most);
        }
    }

    /// The witnesses of an anomaly; none if it was not seen after all.
    pub(crate) fn witnesses(&self, anomaly: Anomaly) -> &[Sighting] {
        let witnesses = self.witnesses.get(&anomaly).filter(|_| self.count(anomaly) > 0);
        witnesses.map_or(&[], |witnesses| witnesses)
    }
}
