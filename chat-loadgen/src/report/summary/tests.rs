//! Tests of the summary.

use super::*;
use crate::record::{Ledger, LedgerState, Status, figures, sample};
use crate::report::wrapping::{WIDTH, narrowed};

/// The line that begins with a label.
fn line<'a>(text: &'a str, label: &str) -> &'a str {
    let label = format!("{label} ");
    text.lines().find(|line| line.trim_start().starts_with(&label)).expect(&label)
}

#[test]
fn an_ordinary_run_fits_on_a_screen() {
    for (record, most) in [(sample::record(), 24), (sample::full(), 70)] {
        let text = summary(&record);
        assert!(text.lines().count() <= most, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
    }
}

#[test]
fn a_narrow_terminal_has_it_all_in_more_lines() {
    let repeated = sample::repeated(&[1.0, 2.0, 4.0], &sample::full());
    for record in [sample::record(), sample::full(), repeated] {
        let text = summary(&record);
        let narrow = narrowed(&text, 40);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&narrow), words(&text));
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
        let p99 = figures::time(record.latency.response.p99);
        assert!(narrow.contains(" p99 ") && narrow.contains(&p99), "{narrow}");
        let faults = if record.ledger.lost > 0 { "3 lost, 1 late, 1" } else { "0 lost" };
        assert!(narrow.contains(faults), "{narrow}");
    }
}

#[test]
fn the_verdict_and_its_reasons_come_first() {
    assert!(summary(&sample::record()).starts_with("VALID\nworkload"));
    let mut record = sample::full();
    let text = summary(&record);
    let expected =
        "FAULTY: 3 lost, 1 late, 1 duplicated, 1 disconnected\nwhy        3 deliveries were lost\n";
    assert!(text.starts_with(expected), "{text}");
    record.verdict.status = Status::Invalid;
    record.verdict.reasons = vec!["pretext ".repeat(60), "\u{1b}[2J".into()];
    let text = summary(&record);
    assert!(text.starts_with("INVALID: 3 lost"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert_eq!(text.matches("pretext").count(), 60);
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
}

#[test]
fn the_figures_stand_in_their_lines() {
    let mut record = sample::full();
    record.latency.last.p99 = 31_249_000;
    record.latency.first.count = 0;
    let text = summary(&record);
    assert!(line(&text, "workload").contains("500 clients, 50 senders · 1 room · 2 slow"));
    assert!(text.contains("300 untimed, reading 0.5 s later") && text.contains("churn 0.50/s"));
    assert!(text.contains("30.0 s of it beside the untimed"), "{text}");
    assert!(line(&text, "traffic").contains("29,994 messages, 500/s of 500/s offered · 6 UNSENT"));
    assert!(text.contains(" 14,967,006 deliveries, 249,450/s\n"), "{text}");
    assert_eq!(line(&text, "last").split_whitespace().nth(5), Some("31.2"));
    assert_eq!(line(&text, "first").matches('–').count(), 5);
    assert!(
        line(&text, "ledger")
            .contains("14,970,000 expected, warm-up included = 14,969,980 ok + 3 lost")
    );
    let sum = "3 lost\n           + 0 reordered + 0 corrupt + 1 late + 7 cut off + 5 died with node\n           + 4 undecided\n";
    assert!(text.contains(sum), "{text}");
    let besides = "1 duplicated · 0 echoed · 0 foreign · 0 in disorder · 1 disconnected";
    assert!(text.contains(besides) && text.contains("2 merged"), "{text}");
    assert!(line(&text, "words").ends_with("refusals 1 · strangers 7"), "{text}");
    assert!(text.contains("refusals    c-9 at 31.2 s: -OOM command not allowed"), "{text}");
    assert!(line(&text, "fate").ends_with("1 of 2 slow readers were cut off"), "{text}");
    assert!(text.contains(" c-7 after 12.5 s, 6,250 messages behind\n"), "{text}");
    assert!(text.contains("\ngenerator  pacing lag p99"), "{text}");
    assert!(text.contains("2.77 µs CPU per delivery"), "{text}");
    assert!(text.contains("27.9 KiB per client"), "{text}");
    assert!(line(&text, "relay").contains("1.22 µs CPU per delivery, here 2.27×"), "{text}");
    assert!(line(&text, "without").contains(" ms "), "{text}");
}

#[test]
fn a_rate_without_the_deliveries_of_the_drain_says_so() {
    let mut record = sample::full();
    assert!(!summary(&record).contains("after the window"));
    record.traffic.delivery_rate *= 0.98;
    let text = summary(&record);
    assert!(text.contains("244,461/s, the others after the window"), "{text}");
}

#[test]
fn what_may_be_the_generators_own_is_marked_and_incomplete_messages_are_counted() {
    let mut record = sample::record();
    record.own_figures = vec!["response.p99.9".into(), "last.max".into()];
    record.traffic.incomplete = 1234;
    let text = summary(&record);
    let marked = |label| {
        let row = line(&text, label);
        row.match_indices(" ms").map(|(at, _)| row[at..].starts_with(" ms*")).collect::<Vec<_>>()
    };
    assert_eq!(marked("response"), [false, false, false, true, false], "{text}");
    assert_eq!(marked("last"), [false, false, false, false, true], "{text}");
    assert_eq!(text.matches('*').count(), 2, "{text}");
    assert!(text.contains("1,234 messages incomplete"), "{text}");
}

#[test]
fn the_figures_of_other_runs_are_marked_as_these_runs_have_them() {
    let mut record = sample::full();
    record.own_figures = Vec::new();
    record.own_without_slow_readers = vec!["response.p50".into()];
    record.floor.as_mut().unwrap().own_figures = vec!["response.p99".into()];
    record.search[1].own_figures = vec!["response.p99".into(), "response.p50".into()];
    let text = summary(&record);
    assert!(text.contains("\nwhy        figures marked * may be the generator's own\n"), "{text}");
    let marks = |label| line(&text, label).split("  ").filter(|cell| cell.ends_with('*')).count();
    assert_eq!([marks("without"), marks("with")], [1, 0], "{text}");
    let floor = &text[text.find("\nfloor").unwrap()..];
    // The percentile of the relay's run, and its ratio.
    assert_eq!(line(floor, "response").matches('*').count(), 2, "{floor}");
    assert_eq!(line(floor, "last").matches('*').count(), 0, "{floor}");
    assert_eq!(line(floor, "1,000/s").matches('*').count(), 1, "{floor}");
    assert_eq!(line(floor, "250/s").matches('*').count(), 0, "{floor}");
}

#[test]
fn a_ledger_that_was_not_kept_has_no_figures() {
    let mut record = sample::record();
    record.ledger = Ledger { state: LedgerState::NotJudged, ..Ledger::default() };
    let text = summary(&record);
    assert_eq!(line(&text, "ledger"), "ledger     deliveries are not judged (--verify off)");
    assert!(!text.contains(" ok") && !text.contains("duplicated"), "{text}");
}

#[test]
fn what_was_not_asked_for_is_not_mentioned() {
    let text = summary(&sample::record());
    for word in [
        "slow",
        "without",
        "server",
        "floor",
        "search",
        "cut off",
        "died with node",
        "disorder",
        "churn",
        "undecided",
        "merged",
        "words",
    ] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[test]
fn three_witnesses_of_each_fault_and_five_receivers_are_enough() {
    let mut record = sample::full();
    record.latency.response.mean = record.worst[4].mean / 1.6;
    let text = summary(&record);
    assert_eq!(text.matches("never arrived").count(), 3);
    assert_eq!(text.matches("came again").count(), 1);
    assert_eq!(text.matches("29,934 deliveries").count(), 5);
    assert!(line(&text, "worst").contains("c-17     127.0.0.1:41000"), "{text}");
    record.latency.response.mean = record.worst[0].mean / 1.4;
    assert!(!summary(&record).contains("worst"), "receivers that differ little");
}

#[test]
fn the_floor_stands_beside_the_result() {
    let mut record = sample::full();
    record.latency.response.p99 = 9_000_000;
    record.floor.as_mut().unwrap().latency.response.p99 = 3_000_000;
    let text = summary(&record);
    let floor = &text[text.find("\nfloor").unwrap()..];
    let row = line(floor, "response");
    assert!(row.contains("3.00 ms") && row.ends_with("3.00×"), "{row}");
}

#[test]
fn every_rate_that_was_tried_is_a_row() {
    let text = summary(&sample::full());
    let search = &text[text.find("\nsearch").unwrap()..];
    assert_eq!(search.trim().lines().count(), 10);
    assert!(search.contains("unfinished: ") && search.contains("interrupted after 5 runs"));
    let words = |row: &str| row.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let fourth = words(search.trim().lines().nth(7).unwrap());
    assert_eq!((fourth[0].as_str(), fourth[1].as_str()), ("4,000/s", "no"));
    assert_eq!(fourth.last().unwrap(), "7");
}

#[test]
fn each_address_has_a_line_if_there_is_more_than_one() {
    let text = summary(&sample::full());
    let at = line(&text, "192.0.2.2:12345");
    let p99 = figures::time(sample::full().addresses[1].response.p99);
    assert!(at.contains(" 250 ") && at.contains(" 25 ") && at.contains(&p99), "{text}");
    let text = summary(&sample::record());
    assert!(!text.contains("address "), "{text}");
    assert!(line(&text, "workload").contains("basico at 192.0.2.1:12345 · 500 clients"), "{text}");
}

#[test]
fn several_runs_come_before_the_figures_of_one() {
    let mut record = sample::repeated(&[1.0, 2.0, 4.0, 3.0, 1.5, 1.1], &sample::record());
    record.runs.as_mut().unwrap().each[1].verdict.reasons.push("a remark".into());
    record.verdict.reasons.push("run 2: a remark".into());
    let text = summary(&record);
    assert!(line(&text, "runs").contains("1 VALID · 2 VALID · 3 VALID"), "{text}");
    assert!(text.find("response.p99").unwrap() < text.find("\ntraffic").unwrap(), "{text}");
    assert!(text.contains("with 96.9 %"), "{text}");
    assert!(text.contains("run 5's"), "{text}");
    assert!(!text.contains("run 2: "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
}
