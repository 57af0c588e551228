//! The verdict in words, for the terminal and the page.

use chat_protocol::text::showable;

use crate::record::figures::{count, rate, time_of};
use crate::record::validity::is_own;
use crate::record::{
    Ledger, Nodes, Record, Seam, SearchResult, SearchState, SlowReader, Step, TriedRate, Witness,
    Workload,
};

/// Cuts, and what became of the clients that were cut off.
pub(super) fn seam(seam: &Seam) -> Vec<String> {
    let mut items = vec![
        format!("{} cuts, {} of them within a line", count(seam.cuts), count(seam.within_a_line)),
        format!("back {} times", count(seam.resumed)),
        format!("{} deliveries crossed a cut, and are not timed", count(seam.crossed)),
    ];
    if seam.kills > 0 {
        items.insert(0, format!("server killed {} times", count(seam.kills)));
        items.push(format!("{} accepted lines lost", count(seam.accepted_lost)));
    }
    items
}

/// Clients of a workload whose deliveries are not timed.
pub(super) fn untimed(asked: &Workload) -> Option<String> {
    let number = count(asked.untimed.into());
    let words = format!("{number} untimed, reading {} s later", asked.others_after);
    (asked.untimed > 0).then_some(words)
}

/// Faults of nodes and their broker that a workload asks for.
pub(super) fn faults_of_nodes(asked: &Workload) -> Vec<String> {
    let mut items = Vec::new();
    if asked.kill_node > 0.0 {
        items.push(format!("a node killed every {} s", asked.kill_node));
    }
    if asked.cut_node > 0.0 {
        items.push(format!("a node cut off for {} s", asked.cut_node));
    }
    if asked.kill_broker {
        items.push("broker killed".to_owned());
    }
    items
}

/// The same faults, as they were made.
pub(super) fn nodes(made: &Nodes) -> Vec<String> {
    [
        (made.kills, "nodes killed"),
        (made.cuts, "cut off from the broker"),
        (made.broker_kills, "broker killed"),
    ]
    .map(|(number, what)| format!("{what} {} times", count(number)))
    .into()
}

/// The verdict in a line: `VALID`, `FAULTY: 3 lost, 1 duplicated`.
pub(super) fn headline(record: &Record) -> String {
    let word = record.verdict.status.word();
    let anomalies: Vec<_> = record
        .ledger
        .anomalies()
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{} {name}", count(number)))
        .collect();
    if anomalies.is_empty() { word.to_owned() } else { format!("{word}: {}", anomalies.join(", ")) }
}

/// Mark of a figure that is among a run's own ones, which the generator may have made itself: `*`.
pub(super) fn mark(own: &[String], histogram: &str, figure: &str) -> &'static str {
    if is_own(own, histogram, figure) { "*" } else { "" }
}

/// The same of a ratio of two runs' figures: of either.
pub(super) fn mark_either(own: [&[String]; 2], histogram: &str, figure: &str) -> &'static str {
    if own.iter().any(|own| is_own(own, histogram, figure)) { "*" } else { "" }
}

/// The words in place of the figures of a ledger that was not kept.
pub(super) const NOT_JUDGED: &str = "deliveries are not judged (--verify off)";

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

/// Kinds of faults that are found when a client's account is closed, not when something arrives.
const MISSED: [&str; 4] = ["lost", "cut_off", "died_with_node", "undecided"];

/// A fault of a kind in a line: `c-17 ← c-3 #812 at 31.2 s, sent at 31.1 s: arrived again`, or of what did
/// not arrive `missed by 31.2 s`. Behind each name stands its server, if there are several.
pub(super) fn witness(kind: &str, witness: &Witness) -> String {
    let at_server = |server: &Option<String>| server.as_ref().map(|server| format!(" ({server})"));
    let receiver =
        witness.receiver.clone() + &at_server(&witness.receiver_server).unwrap_or_default();
    let sender = witness.sender.as_ref().map(|name| format!(" ← {name}")).unwrap_or_default()
        + &at_server(&witness.sender_server).unwrap_or_default();
    let number = witness.number.map(|number| format!(" #{number}")).unwrap_or_default();
    let seen = if MISSED.contains(&kind) { "missed by" } else { "at" };
    let at = moment(witness.at);
    let sent = witness.sent.map(|sent| format!(", sent at {}", moment(sent))).unwrap_or_default();
    visible(&format!("{receiver}{sender}{number} {seen} {at}{sent}: {}", witness.detail))
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

/// Result of a search: `found: 2,000/s holds (3 of 3 runs held), 2,091/s does not (0 of 3 runs held)`.
pub(super) fn bracket(result: &SearchResult) -> String {
    let state = match result.state {
        SearchState::Found => "found",
        SearchState::None => "none",
        SearchState::Unfinished => "unfinished",
        SearchState::Undecided => "undecided",
    };
    let ends = match (result.holds, result.fails) {
        (None, None) => "nothing is known of any rate".to_owned(),
        (None, Some(end)) if result.state == SearchState::None => {
            format!("no rate holds: {}", tried(end, "is the lowest tried, and failed"))
        }
        (None, Some(end)) => format!("no rate is known that holds, {}", tried(end, "does not")),
        (Some(end), None) => format!("{}, no rate is known that does not", tried(end, "holds")),
        (Some(low), Some(high)) => format!("{}, {}", tried(low, "holds"), tried(high, "does not")),
    };
    format!("{state}: {ends}")
}

/// An end of the bracket; one that has not passed the sequential test yet only seems to be so.
fn tried(end: TriedRate, what: &str) -> String {
    let TriedRate { held, failed, no_evidence, clear, .. } = end;
    let doubt = if clear { "" } else { ", not clear yet" };
    let besides =
        if no_evidence > 0 { format!(", {no_evidence} more no evidence") } else { String::new() };
    let rate = rate(end.rate);
    format!("{rate}/s {what} ({held} of {} runs held{besides}{doubt})", held + failed)
}

/// The answer of one run of a search: `yes`, `no`, or a dash if it is no evidence.
pub(super) fn holds(step: &Step) -> &'static str {
    match (step.holds, step.no_evidence) {
        (_, true) => "–",
        (true, false) => "yes",
        (false, false) => "no",
    }
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
    use crate::record::{Status, sample};

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
    fn a_bracket_says_what_it_is_worth() {
        let mut result = sample::full().search_result.unwrap();
        assert_eq!(
            bracket(&result),
            "unfinished: 2,000/s holds (2 of 2 runs held, 1 more no evidence), \
             2,800/s does not (0 of 1 runs held, 1 more no evidence, not clear yet)"
        );
        let mut bracket = |state, holds: bool, fails: bool| {
            result.state = state;
            let known = |end: Option<TriedRate>, is_known: bool| end.filter(|_| is_known);
            let [holds, fails] = [known(result.holds, holds), known(result.fails, fails)];
            bracket(&SearchResult { holds, fails, ..result.clone() })
        };
        // Without evidence nothing is said of the server.
        let unknown = "undecided: nothing is known of any rate";
        assert_eq!(bracket(SearchState::Undecided, false, false), unknown);
        let open = bracket(SearchState::Undecided, false, true);
        assert!(open.starts_with("undecided: no rate is known that holds, 2,800/s does not ("));
        let open = bracket(SearchState::Undecided, true, false);
        assert!(open.ends_with("), no rate is known that does not"), "{open}");
        let none = bracket(SearchState::None, false, true);
        assert!(
            none.starts_with("none: no rate holds: 2,800/s is the lowest tried, and failed (0 of")
        );
    }

    #[test]
    fn a_witness_cannot_write_to_the_terminal() {
        let mut seen = sample::full().ledger.witnesses["duplicated"][0].clone();
        seen.detail += "\t\r\n\u{202e}end";
        assert_eq!(
            witness("duplicated", &seen),
            "c-48 ← c-3 #9 at 31.2 s, sent at 31.2 s: came again 1.2 ms later: \
             <b>\u{FFFD}[31mhola</b> \u{FFFD}\u{FFFD}\u{FFFD}end"
        );
        seen.receiver_server = Some("[::1]:9001".to_owned());
        seen.sender_server = Some("[::1]:9002".to_owned());
        assert!(
            witness("duplicated", &seen)
                .starts_with("c-48 ([::1]:9001) ← c-3 ([::1]:9002) #9 at 31.2 s, ")
        );
        (seen.receiver_server, seen.sender_server) = (None, None);
        seen.sender = None;
        seen.number = None;
        seen.sent = None;
        seen.at = -20_000_000;
        assert!(witness("duplicated", &seen).starts_with("c-48 at -20.0 ms: came"));
        assert!(witness("lost", &seen).starts_with("c-48 missed by -20.0 ms: came"));
    }
}
