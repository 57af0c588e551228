//! The share of one generator in a run that several made together, and what the others' records
//! decide of it.
//!
//! A generator judges what the others send by its number. It does not know how many of its messages
//! another generator has sent in the end, so what is missing behind the last one that came is
//! undecided until the records are put together: see [`decide`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::figures;
use crate::record::{Ledger, Record, Status, Witness};

/// The share of one generator in a run (`--join`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    /// The generator, counted from 1.
    pub(crate) number: u32,
    /// Number of generators.
    pub(crate) of: u32,
    /// Mark of the run: equal for all its generators, from their options and `--run-id`.
    pub(crate) run: u32,
    /// Deliveries of other generators' messages to this one's clients: judged, not timed.
    pub(crate) elsewhere: u64,
    /// Nanoseconds from when the first message of another generator was due, by this one's clock, to its
    /// arrival here. Negative if it came before that: then the clock of that one is ahead.
    #[serde(default)]
    pub(crate) first_elsewhere: Option<i64>,
    /// True if this generator ended before the run did: what came then, it has not seen.
    pub(crate) interrupted: bool,
    /// This generator's senders.
    pub(crate) senders: Vec<SentBy>,
    /// Messages of other generators' senders that did not come, and of which this one does not know
    /// whether they were sent.
    pub(crate) tails: Vec<Tail>,
}

/// The messages of one sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SentBy {
    /// Index among the senders of all generators.
    pub(crate) sender: u32,
    /// Name of the client.
    pub(crate) name: String,
    /// Number of messages that it sent, warm-up included.
    pub(crate) sent: u32,
    /// True if its connection ended before the run did.
    pub(crate) disconnected: bool,
}

/// The last messages of a sender, which did not come to some receivers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tail {
    /// Index of the sender among those of all generators.
    pub(crate) sender: u32,
    /// Number of the first of these messages.
    pub(crate) from: u32,
    /// Number of messages that the sender was to send.
    pub(crate) planned: u32,
    /// Number of receivers to which they did not come.
    pub(crate) receivers: u32,
    /// True if these receivers' connections had ended.
    pub(crate) cut_off: bool,
}

/// Decides in the ledgers of one run's records what each generator could not know: of what did not
/// come, each message that its sender did send is lost (or cut off, where a connection had ended),
/// and the others were not due. Tails of generators without a record here stay undecided, and so do
/// messages that were sent to a generator that was interrupted.
pub(crate) fn decide<'a>(records: impl IntoIterator<Item = &'a mut Record>) {
    let mut records: Vec<&mut Record> = records.into_iter().collect();
    let shares = records.iter().filter_map(|record| record.share.as_ref());
    let sent: BTreeMap<u32, SentBy> =
        shares.flat_map(|share| &share.senders).map(|sent| (sent.sender, sent.clone())).collect();
    for Record { share, ledger, verdict, .. } in &mut records {
        let Some(share) = share else { continue };
        share.tails.retain(|tail| match sent.get(&tail.sender) {
            Some(sent) => {
                close(ledger, tail, sent, share.interrupted);
                false
            }
            None => true,
        });
        if !share.interrupted {
            decide_witnesses(ledger, sent.values());
        }
        if ledger.undecided == 0 {
            verdict.reasons.retain(|reason| !reason.starts_with("undecided: "));
        }
        if ledger.wrong() > 0 && verdict.status == Status::Valid {
            verdict.status = Status::Faulty;
        }
    }
}

/// Reasons for which these named records are not of one run, if one of them is a share of one.
pub(crate) fn problems(records: &[(String, Record)]) -> Vec<String> {
    let mut problems = Vec::new();
    for (at, (name, record)) in records.iter().enumerate() {
        let before = records[..at].iter();
        let (first, of_first) = (&records[0].0, &records[0].1.share);
        match (&record.share, of_first) {
            (Some(share), Some(first_share)) if share.run != first_share.run => {
                problems
                    .push(format!("{name} is of another run of several generators than {first}"));
            }
            (Some(share), Some(_)) => {
                let same = |other: &Record| {
                    other.share.as_ref().is_some_and(|other| other.number == share.number)
                };
                let twice = before.filter(|(_, other)| same(other)).map(|(other, _)| {
                    format!("{other} and {name} are both of generator {}", share.number)
                });
                problems.extend(twice);
            }
            (None, None) => {}
            (Some(_), None) => problems.push(format!("{name} is a share of a run, {first} is not")),
            (None, Some(_)) => problems.push(format!("{first} is a share of a run, {name} is not")),
        }
    }
    problems
}

/// Remarks on the sum of these records, if they are shares of one run.
pub(crate) fn remarks(records: &[(String, Record)]) -> Vec<String> {
    let shares: Vec<&Share> =
        records.iter().filter_map(|(_, record)| record.share.as_ref()).collect();
    let Some(Share { of, .. }) = shares.first() else { return Vec::new() };
    let elsewhere = shares.iter().map(|share| share.elsewhere).sum();
    let mut remarks = vec![format!(
        "one run of {of} generators: {} deliveries from one to another were judged and not timed",
        figures::count(elsewhere),
    )];
    let absent = absent(records.iter().map(|(_, record)| record));
    remarks.extend(absent.into_iter().map(|number| {
        format!("generator {number} of {of} has no record here: what it sent last is undecided")
    }));
    remarks
}

/// The generators without a record among these, counted from 1; none if this is a whole run, or not
/// one of several generators.
pub(crate) fn absent<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<u32> {
    let shares: Vec<&Share> =
        records.into_iter().filter_map(|record| record.share.as_ref()).collect();
    let of = shares.iter().map(|share| share.of).max().unwrap_or(0);
    let has = |number: &u32| shares.iter().any(|share| share.number == *number);
    (1..=of).filter(|number| !has(number)).collect()
}

fn close(ledger: &mut Ledger, tail: &Tail, sent: &SentBy, interrupted: bool) {
    let receivers = u64::from(tail.receivers);
    let due = u64::from(sent.sent.saturating_sub(tail.from)) * receivers;
    let all = u64::from(tail.planned.saturating_sub(tail.from)) * receivers;
    ledger.expected -= all - due;
    if tail.cut_off {
        ledger.cut_off -= all - due;
        return;
    }
    ledger.undecided -= all;
    if interrupted {
        ledger.undecided += due;
    } else if sent.disconnected {
        ledger.cut_off += due;
    } else {
        ledger.lost += due;
    }
}

/// Witnesses of what was undecided become those of what was decided, or go.
fn decide_witnesses<'a>(ledger: &mut Ledger, sent: impl Iterator<Item = &'a SentBy>) {
    let sent: BTreeMap<&str, &SentBy> = sent.map(|sent| (&*sent.name, sent)).collect();
    let undecided = ledger.witnesses.remove("undecided").unwrap_or_default();
    for witness in undecided {
        let of = witness.sender.as_deref().and_then(|name| sent.get(name));
        let (kind, detail) = match of {
            None => ("undecided", witness.detail.clone()),
            Some(of) if witness.number.is_none_or(|number| number >= of.sent) => continue,
            Some(of) if of.disconnected => ("cut_off", "its sender was disconnected".to_owned()),
            Some(_) => ("lost", "never arrived".to_owned()),
        };
        let witnesses = ledger.witnesses.entry(kind.to_owned()).or_default();
        witnesses.push(Witness { detail, ..witness });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn share(number: u32, senders: Vec<SentBy>, tails: Vec<Tail>) -> Share {
        Share {
            number,
            of: 3,
            run: 7,
            elsewhere: 0,
            first_elsewhere: None,
            interrupted: false,
            senders,
            tails,
        }
    }

    fn sent(sender: u32, sent: u32, disconnected: bool) -> SentBy {
        SentBy { sender, name: format!("c-{sender}"), sent, disconnected }
    }

    fn tail(sender: u32, from: u32, receivers: u32, cut_off: bool) -> Tail {
        Tail { sender, from, planned: 10, receivers, cut_off }
    }

    /// Records of two of three generators. The first has undecided messages of the second's two
    /// senders, and of the third's.
    fn records() -> [Record; 2] {
        let tails = vec![
            tail(1, 8, 3, false), // One was sent and is lost to three, one was not sent.
            tail(1, 9, 2, true),  // Not sent, and two receivers were cut off.
            tail(2, 4, 5, false), // Sent up to 6, and then its sender was disconnected.
            tail(3, 7, 1, false), // Of the third generator.
        ];
        let witness = |sender: &str, number| Witness {
            sender: Some(sender.to_owned()),
            number: Some(number),
            ..sample::full().ledger.witnesses["lost"][0].clone()
        };
        let witnesses = ["c-1", "c-2", "c-3"].into_iter().zip([8, 4, 7]);
        let mut undecided: Vec<_> = witnesses.map(|(name, number)| witness(name, number)).collect();
        undecided.push(witness("c-1", 9));
        let ledger = Ledger {
            expected: 141,
            ok: 100,
            undecided: 6 + 30 + 3,
            cut_off: 2,
            witnesses: [("undecided".to_owned(), undecided)].into(),
            ..Ledger::default()
        };
        let first = Record { ledger, share: Some(share(1, vec![], tails)), ..sample::record() };
        let senders = vec![sent(1, 9, false), sent(2, 6, true)];
        let second = Record { share: Some(share(2, senders, vec![])), ..sample::record() };
        [first, second]
    }

    #[test]
    fn what_another_generator_sent_and_did_not_come_is_lost_or_cut_off() {
        let mut records = records();
        assert!(records[0].ledger.closes());
        decide(&mut records);
        let [Record { ledger, share: Some(share), .. }, _] = &records else { panic!("a share") };
        assert!(ledger.closes(), "{ledger:?}");
        assert_eq!(records[0].verdict.status, Status::Faulty);
        let counts = [ledger.expected, ledger.lost, ledger.cut_off, ledger.undecided];
        assert_eq!(counts, [116, 3, 10, 3]);
        let kinds = ledger.witnesses.iter().map(|(kind, all)| (&**kind, all.len()));
        assert_eq!(kinds.collect::<Vec<_>>(), [("cut_off", 1), ("lost", 1), ("undecided", 1)]);
        // Once more, and nothing is decided twice.
        assert_eq!(share.tails, [tail(3, 7, 1, false)]);
        let once = records.clone();
        decide(&mut records);
        assert!(records == once);
    }

    #[test]
    fn what_was_sent_to_a_generator_that_was_interrupted_stays_undecided() {
        let mut records = records();
        records[0].share.as_mut().expect("a share").interrupted = true;
        decide(&mut records);
        let ledger = &records[0].ledger;
        assert!(ledger.closes(), "{ledger:?}");
        let counts = [ledger.expected, ledger.lost, ledger.cut_off, ledger.undecided];
        assert_eq!(counts, [116, 0, 0, 16]);
        assert_eq!(ledger.witnesses["undecided"].len(), 4);
    }

    #[test]
    fn only_the_shares_of_one_run_belong_together() {
        let problems = |records: [Record; 2]| {
            let [first, second] = records;
            problems(&[("a.json".to_owned(), first), ("b.json".to_owned(), second)]).join("; ")
        };
        let [first, second] = records();
        assert_eq!(problems([first.clone(), second.clone()]), "");
        assert_eq!(problems([sample::record(), sample::record()]), "");
        let words = problems([second.clone(), second.clone()]);
        assert_eq!(words, "a.json and b.json are both of generator 2");
        let words = problems([first.clone(), sample::record()]);
        assert_eq!(words, "a.json is a share of a run, b.json is not");
        let other = Share { run: 8, ..second.share.clone().expect("a share") };
        let words = problems([first, Record { share: Some(other), ..second }]);
        assert!(words.starts_with("b.json is of another run"), "{words}");
    }

    #[test]
    fn a_generator_without_a_record_is_named() {
        let [first, second] = records();
        assert_eq!(absent([&first, &second]), [3]);
        assert_eq!(absent([&sample::record()]), [0; 0]);
    }
}
