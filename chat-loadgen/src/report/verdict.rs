//! The verdict in words, for the terminal and the page.

use chat_protocol::text::showable;

use crate::record::figures::{count, time_of};
use crate::record::validity::is_own;
use crate::record::{Ledger, Record, SlowReader, Status, Witness};

/// The verdict in a line: `VALID`, `FAULTY: 3 lost, 1 duplicated`.
pub(super) fn headline(record: &Record) -> String {
    let word = word(record.verdict.status);
    let anomalies: Vec<_> = record
        .ledger
        .anomalies()
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{} {name}", count(number)))
        .collect();
    if anomalies.is_empty() { word.to_owned() } else { format!("{word}: {}", anomalies.join(", ")) }
}

/// Mark of a figure that the generator may have made itself: `*`.
pub(super) fn mark(record: &Record, histogram: &str, figure: &str) -> &'static str {
    if is_own(record, histogram, figure) { "*" } else { "" }
}

/// Status in capital letters: `VALID`.
pub(super) fn word(status: Status) -> &'static str {
    match status {
        Status::Valid => "VALID",
        Status::Faulty => "FAULTY",
        Status::Partial => "PARTIAL",
        Status::Invalid => "INVALID",
    }
}

/// The classes of a ledger as a sum: `98 ok + 2 lost + 0 reordered + 0 corrupt`. Those that are rare
/// appear only where they are not 0.
pub(super) fn sum(ledger: &Ledger) -> String {
    const ALWAYS: usize = 4;
    let classes = ledger.classes().into_iter().enumerate();
    let shown = classes.filter(|(i, (_, number))| *i < ALWAYS || *number > 0);
    let terms: Vec<_> =
        shown.map(|(_, (name, number))| format!("{} {name}", count(number))).collect();
    terms.join(" + ")
}

/// A fault in a line: `c-17 ← c-3 #812 at 31.2 s, sent at 31.1 s: arrived again`.
pub(super) fn witness(witness: &Witness) -> String {
    let sender = witness.sender.as_ref().map(|name| format!(" ← {name}")).unwrap_or_default();
    let number = witness.number.map(|number| format!(" #{number}")).unwrap_or_default();
    let at = moment(witness.at);
    let sent = witness.sent.map(|sent| format!(", sent at {}", moment(sent))).unwrap_or_default();
    visible(&format!("{}{sender}{number} at {at}{sent}: {}", witness.receiver, witness.detail))
}

/// A slow reader's fate: `c-7 after 12.5 s, 6,250 messages behind`.
pub(super) fn fate(reader: &SlowReader) -> String {
    let when = match (reader.cut_off, reader.at) {
        (true, Some(at)) => format!("after {}", moment(at)),
        (true, None) => "before the end".to_owned(),
        (false, _) => "stayed".to_owned(),
    };
    visible(&format!("{} {when}, {} messages behind", reader.name, count(reader.behind)))
}

#[expect(clippy::cast_precision_loss, reason = "what is shown has three digits")]
fn moment(nanoseconds: i64) -> String {
    time_of(nanoseconds as f64)
}

/// Printable form of a text from the server: without characters that would move the cursor, change
/// colours or reverse the direction.
pub(super) fn visible(text: &str) -> String {
    showable(text.into()).replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn the_headline_counts_the_faults() {
        assert_eq!(headline(&sample::record()), "VALID");
        let mut record = sample::full();
        record.ledger.lost = 1234;
        record.ledger.disorder = Some(2);
        assert_eq!(
            headline(&record),
            "FAULTY: 1,234 lost, 1 late, 1 duplicated, 2 in disorder, 1 disconnected"
        );
        record.verdict.status = Status::Partial;
        assert!(headline(&record).starts_with("PARTIAL: 1,234 lost"));
    }

    #[test]
    fn a_witness_cannot_write_to_the_terminal() {
        let mut seen = sample::full().ledger.witnesses["duplicated"][0].clone();
        seen.detail += "\t\r\n\u{202e}end";
        assert_eq!(
            witness(&seen),
            "c-48 ← c-3 #9 at 31.2 s, sent at 31.2 s: came again 1.2 ms later: \
             <b>\u{FFFD}[31mhola</b> \u{FFFD}\u{FFFD}\u{FFFD}end"
        );
        seen.sender = None;
        seen.number = None;
        seen.sent = None;
        seen.at = -20_000_000;
        assert!(witness(&seen).starts_with("c-48 at -20.0 ms: came"));
    }
}
