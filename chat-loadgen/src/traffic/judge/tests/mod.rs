//! Tests of the judge: what each line is called, and that the ledger closes.

mod closes;
mod lines;

use crate::traffic::ledger::anomalies::Sighting;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;

use mio::net::TcpStream;

use super::lines::heard_probe;
use super::*;
use crate::door::wrapping::Wrapping;
use crate::traffic::client::Newcomer;
use crate::traffic::in_flight::InFlight;
use crate::traffic::ledger::deaths::Deaths;
use crate::traffic::sending::connection::Connection;
use crate::traffic::sending::send_half::SendHalf;
use crate::traffic::shared::sample;
use crate::wire::dialects::{Stage, Who};

/// A listener that has heard both senders.
fn client(shared: &Shared, part: Part, back: Option<Box<[u32]>>) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let stream = std::net::TcpStream::connect(address).expect("a connection");
    let who = Arc::new(Who { name: "c-2".to_owned(), room: Some(0) });
    let stream = TcpStream::from_std(stream);
    let connection = Arc::new(Connection { stream, wrapping: Wrapping::default() });
    let send_half = Arc::new(SendHalf::new(Arc::clone(&connection), who, shared.resumes));
    let is_back = back.is_some();
    let newcomer = Newcomer {
        early: Vec::new(),
        index: 2,
        part,
        sender: None,
        server: 0,
        witness: false,
        send_half,
        connection,
        stage: Stage::Ready,
        back,
    };
    let mut client = Client::new(newcomer, false, shared);
    client.began = true;
    if !is_back {
        heard_probe(shared, &mut client, 0);
        heard_probe(shared, &mut client, 1);
    }
    client
}

/// The text of a message, which counts as sent.
fn text(shared: &Shared, sender: u32, number: u32) -> String {
    while shared.in_flight.sent(sender) <= number {
        // Two or three messages a second.
        let next = u64::from(shared.in_flight.sent(sender));
        shared.enter_second(sender, 1_000 + next * 400_000_000);
        let number = shared.in_flight.begin(sender, 1_000, 1).expect("a number");
        shared.in_flight.stamp(sender, number, 1_000);
    }
    let mut text = Vec::new();
    shared.mark.write(Message { kind: Kind::Measured, sender, number }, 40, &mut text);
    String::from_utf8(text).expect("ASCII")
}

struct Seen {
    shared: Shared,
    judge: Judge,
    client: Client,
}

impl Seen {
    fn new() -> Self {
        let shared = sample::shared();
        let judge = Judge::new(0, 1, false, &shared);
        let client = client(&shared, Part::Steady, None);
        Self { shared, judge, client }
    }

    fn text(&self, number: u32) -> String {
        text(&self.shared, 0, number)
    }

    fn hear(&mut self, line: &str) {
        let event = Event::Said(line.as_bytes());
        self.judge.judge_frame(&self.shared, &mut self.client, event, 1_100);
    }

    /// The counts that are not 0, once the account is closed; they must add up to what was due.
    fn close(&mut self, ending: Ending) -> Vec<(&'static str, u64)> {
        self.judge.close_account(&self.shared, &mut self.client, ending, 1_200);
        self.judge.close_cut_account(&self.shared, &mut self.client, 1_200);
        let all = [
            Anomaly::Lost,
            Anomaly::Late,
            Anomaly::Reordered,
            Anomaly::Corrupt,
            Anomaly::CutOff,
            Anomaly::DiedWithNode,
            Anomaly::Undecided,
            Anomaly::Duplicated,
            Anomaly::Echoed,
            Anomaly::Foreign,
            Anomaly::Merged,
            Anomaly::Refusal,
            Anomaly::Stranger,
            Anomaly::Notice,
            Anomaly::Garbage,
        ];
        let count = |anomaly| self.judge.anomalies.count(anomaly);
        let classes: u64 = all[..7].iter().map(|&anomaly| count(anomaly)).sum();
        assert_eq!(self.judge.ok + classes, self.judge.anomalies.due, "the ledger does not close");
        self.closes_by_second();
        let witnesses = |anomaly| self.judge.anomalies.witnesses(anomaly);
        for anomaly in all.into_iter().filter(|&anomaly| count(anomaly) > 0) {
            let complete = |seen: &Sighting| !seen.detail.is_empty();
            assert!(!witnesses(anomaly).is_empty(), "{anomaly:?}");
            assert!(witnesses(anomaly).iter().all(complete), "{anomaly:?}");
        }
        let counts = all.into_iter().map(|anomaly| (anomaly.name(), count(anomaly)));
        let ok = ("ok", self.judge.ok);
        [ok].into_iter().chain(counts).filter(|(_, number)| *number > 0).collect()
    }
}

impl Seen {
    /// Checks that what was due in each second is not less than what went wrong of it, and all of it
    /// what was due.
    fn closes_by_second(&self) {
        let Self { shared, judge, .. } = self;
        let mut sent = BTreeMap::new();
        for sender in 0..2 {
            let seconds = shared.seconds.split(sender, 0..shared.in_flight.sent(sender));
            sent.extend(seconds.into_iter().map(|(second, number)| ((sender, second), number)));
        }
        let mut ok = judge.anomalies.due_seconds.by_second(&sent);
        assert_eq!(ok.values().sum::<i64>(), judge.anomalies.due.cast_signed());
        for (anomaly, second, number) in judge.anomalies.by_second() {
            if anomaly.was_due() {
                *ok.entry(second).or_default() -= number.cast_signed();
            }
        }
        assert!(ok.values().all(|number| *number >= 0), "{ok:?}");
        assert_eq!(ok.values().sum::<i64>(), judge.ok.cast_signed());
    }
}

#[test]
fn what_was_due_counts_in_the_second_of_its_message_and_what_came_besides_when_it_came() {
    let mut seen = Seen::new();
    let texts: Vec<String> = (0..8).map(|number| seen.text(number)).collect();
    // Three messages in the first second and the third, two in the second.
    for number in [0, 1, 4, 3, 6, 6, 7] {
        seen.hear(&texts[number]);
    }
    seen.close(Ending::Over);
    let by_second: Vec<_> = seen.judge.anomalies.by_second().collect();
    let expected = [
        (Anomaly::Lost, Some(0), 1),
        (Anomaly::Lost, Some(2), 1),
        (Anomaly::Reordered, Some(1), 1),
        (Anomaly::Duplicated, Some(0), 1),
    ];
    assert_eq!(by_second, expected);
}

#[test]
fn what_is_missing_in_too_many_gaps_is_lost_in_its_second() {
    let mut seen = Seen::new();
    let last = 2 * 16_390;
    for number in (0..=last).step_by(2) {
        let text = seen.text(number);
        seen.hear(&text);
    }
    assert!(seen.judge.anomalies.count(Anomaly::Lost) > 0);
    let counts = [("ok", u64::from(last) / 2 + 1), ("lost", u64::from(last) / 2)];
    assert_eq!(seen.close(Ending::Over), counts);
}

#[test]
fn a_text_twice_on_a_line_is_a_duplicate_and_two_messages_on_one_are_merged() {
    let mut seen = Seen::new();
    let [a, b, c] = [0, 1, 2].map(|number| seen.text(number));
    seen.hear(&format!("{a}{a}"));
    seen.hear(&format!("{b}{c}"));
    assert_eq!(seen.close(Ending::Over), [("ok", 3), ("duplicated", 1), ("merged", 1)]);
}

#[test]
fn a_message_that_is_cut_around_another_is_one_fault() {
    let mut seen = Seen::new();
    let [a, b] = [0, 1].map(|number| seen.text(number));
    seen.hear(&format!("{}{b}{}", &a[..20], &a[20..]));
    let [c, d] = [2, 3].map(|number| seen.text(number));
    for line in [&c[..20], &d, &c[20..]] {
        seen.hear(line);
    }
    assert_eq!(seen.close(Ending::Over), [("ok", 2), ("corrupt", 2)]);
}

#[test]
fn two_damaged_texts_are_two_faults() {
    let mut seen = Seen::new();
    let [a, b, c] = [0, 1, 2].map(|number| seen.text(number));
    seen.hear(&a.replace('}', "#"));
    seen.hear(&format!("#{}", &b[1..]));
    seen.hear(&c);
    assert_eq!(seen.close(Ending::Over), [("ok", 1), ("corrupt", 2)]);
}

#[test]
fn who_leaves_has_lost_what_was_overtaken_and_the_rest_is_undecided() {
    let mut seen = Seen::new();
    let texts: Vec<String> = (0..6).map(|number| seen.text(number)).collect();
    seen.hear(&texts[0]);
    seen.hear(&texts[3]);
    assert_eq!(seen.close(Ending::Leaving), [("ok", 2), ("lost", 2), ("undecided", 2)]);
    let lost = seen.judge.anomalies.witnesses(Anomaly::Lost);
    assert_eq!(lost[0].message, Some((0, 1)));
    assert_eq!(lost[0].sent, Some(1_000));
}

#[test]
fn what_was_due_after_a_cut_is_cut_off() {
    let mut seen = Seen::new();
    let texts: Vec<String> = (0..4).map(|number| seen.text(number)).collect();
    seen.hear(&texts[0]);
    seen.hear(&texts[2]);
    seen.judge.close_account(&seen.shared, &mut seen.client, Ending::CutOff, 1_200);
    seen.client.presence = Presence::Lost;
    seen.text(9);
    // One was in flight, six were sent later.
    assert_eq!(seen.close(Ending::Over), [("ok", 2), ("lost", 1), ("cut off", 7)]);
}

#[test]
fn what_arrives_after_the_deadline_is_late_and_not_lost() {
    let mut seen = Seen::new();
    let texts: Vec<String> = (0..4).map(|number| seen.text(number)).collect();
    seen.hear(&texts[1]);
    seen.judge.late = true;
    seen.hear(&texts[0]);
    seen.hear(&texts[2]);
    seen.hear(&texts[2]);
    let counts = [("ok", 1), ("lost", 1), ("late", 2), ("duplicated", 1)];
    assert_eq!(seen.close(Ending::Over), counts);
}

#[test]
fn a_message_of_this_run_that_was_never_sent_is_foreign() {
    let mut seen = Seen::new();
    let mut unsent = Vec::new();
    let message = Message { kind: Kind::Measured, sender: 0, number: 7 };
    seen.shared.mark.write(message, 0, &mut unsent);
    seen.hear(&String::from_utf8(unsent).expect("ASCII"));
    assert_eq!(seen.close(Ending::Over), [("foreign", 1)]);
}

/// A run in which another generator's sender, number 1, is to send six messages.
fn with_another_generator() -> Seen {
    let mut seen = Seen::new();
    seen.shared.in_flight = InFlight::joined(0..1, 2, 64);
    seen.judge = Judge::new(0, 1, false, &seen.shared);
    seen.client = client(&seen.shared, Part::Steady, None);
    seen.shared.in_flight.expect_others(|_| 6);
    seen
}

fn hear_from_another_generator(seen: &mut Seen, numbers: &[u32]) {
    for &number in numbers {
        let mut text = Vec::new();
        let message = Message { kind: Kind::Measured, sender: 1, number };
        seen.shared.mark.write(message, 40, &mut text);
        seen.hear(&String::from_utf8(text).expect("ASCII"));
    }
}

#[test]
fn what_another_generator_sends_is_judged_and_not_timed() {
    let mut seen = with_another_generator();
    hear_from_another_generator(&mut seen, &[0, 1, 1, 3, 6]);
    let own = seen.text(0);
    seen.hear(&own);
    let counts = [("ok", 4), ("lost", 1), ("undecided", 2), ("duplicated", 1), ("foreign", 1)];
    assert_eq!(seen.close(Ending::Over), counts);
    assert_eq!(seen.judge.anomalies.elsewhere, 3);
    assert_eq!(seen.judge.anomalies.tails, [((1, 4, false), 1)].into());
    assert_eq!(seen.judge.latency.take_slice().response.len(), 1);
    let witness = &seen.judge.anomalies.witnesses(Anomaly::Undecided)[0];
    assert_eq!((witness.message, witness.sent), (Some((1, 4)), None));
}

#[test]
fn what_another_generator_may_have_sent_to_a_client_that_was_cut_off_is_a_tail() {
    let mut seen = with_another_generator();
    hear_from_another_generator(&mut seen, &[0, 1]);
    seen.judge.close_account(&seen.shared, &mut seen.client, Ending::CutOff, 1_200);
    seen.client.presence = Presence::Lost;
    assert_eq!(seen.close(Ending::Over), [("ok", 2), ("cut off", 4)]);
    assert_eq!(seen.judge.anomalies.tails, [((1, 2, true), 1)].into());
}

#[test]
fn words_are_counted_by_kind() {
    let mut seen = Seen::new();
    let mut strange = Vec::new();
    let message = Message { kind: Kind::Measured, sender: 0, number: 0 };
    crate::wire::payload::Mark::new(8, true).write(message, 0, &mut strange);
    seen.hear(&String::from_utf8(strange).expect("ASCII"));
    seen.hear("usuario 7: Hola");
    seen.hear("usuario 7: \u{1b}[2J");
    let notice = Event::Other("* té con leche".as_bytes());
    seen.judge.judge_frame(&seen.shared, &mut seen.client, notice, 1_100);
    let refusal = Event::Refused(b"-OOM command not allowed");
    seen.judge.judge_frame(&seen.shared, &mut seen.client, refusal, 1_100);
    let bytes = Event::Other(b"\xff\x00");
    seen.judge.judge_frame(&seen.shared, &mut seen.client, bytes, 1_100);
    let counts = [("refusals", 1), ("strangers", 3), ("notices", 1), ("garbage", 1)];
    assert_eq!(seen.close(Ending::Over), counts);
    let detail = |kind| seen.judge.anomalies.witnesses(kind)[0].detail.clone();
    assert_eq!(detail(Anomaly::Notice), "* té con leche");
    assert_eq!(detail(Anomaly::Refusal), "-OOM command not allowed");
    assert_eq!(detail(Anomaly::Garbage), "\u{fffd}\u{fffd}");
    let strangers = seen.judge.anomalies.witnesses(Anomaly::Stranger);
    assert_eq!(strangers[2].detail, "usuario 7: \u{fffd}[2J");
}

#[test]
fn a_stranger_is_one_until_the_connection_ends_but_a_farewell_is_no_notice() {
    let mut seen = Seen::new();
    seen.client.until = Some(seen.client.sent(&seen.shared));
    seen.hear("usuario 7: Hola");
    let farewell = Event::Other(b"adios");
    seen.judge.judge_frame(&seen.shared, &mut seen.client, farewell, 1_100);
    assert_eq!(seen.close(Ending::Leaving), [("strangers", 1)]);
}

#[test]
fn a_text_without_numbers_that_comes_after_the_goodbye_is_corrupt() {
    let mut seen = Seen::new();
    let (first, second) = (seen.text(0), seen.text(1));
    seen.hear(&first);
    seen.hear(&second);
    seen.client.until = Some(seen.client.sent(&seen.shared));
    let third = seen.text(2);
    seen.hear(&format!("{}zzz{}", &third[..9], &third[12..]));
    assert_eq!(seen.close(Ending::Leaving), [("ok", 2), ("corrupt", 1)]);
}

#[test]
fn what_others_got_well_before_the_goodbye_is_lost() {
    let mut seen = Seen::new();
    let (first, second) = (seen.text(0), seen.text(1));
    seen.text(2);
    let mut other = client(&seen.shared, Part::Steady, None);
    for line in [&first, &second] {
        let event = Event::Said(line.as_bytes());
        seen.judge.judge_frame(&seen.shared, &mut other, event, 1_100);
    }
    seen.hear(&first);
    seen.client.until = Some(seen.client.sent(&seen.shared));
    assert_eq!(*seen.judge.heard_by_others(&seen.shared, &seen.client, 1_099), [1, 0]);
    let heard = seen.judge.heard_by_others(&seen.shared, &seen.client, 1_100);
    assert_eq!(*heard, [2, 0]);
    seen.client.heard = Some(heard);
    seen.judge.close_account(&seen.shared, &mut seen.client, Ending::Leaving, 1_200);
    let count = |anomaly| seen.judge.anomalies.count(anomaly);
    assert_eq!((count(Anomaly::Lost), count(Anomaly::Undecided)), (1, 1));
}

#[test]
fn what_no_client_heard_of_a_dead_server_died_with_it_and_what_one_heard_is_lost_to_the_others() {
    let mut seen = Seen::new();
    let first = seen.text(0);
    seen.text(4);
    seen.hear(&first);
    seen.shared.deaths = Deaths::new(2, 2);
    seen.shared.deaths.lose(0, 1, true, 0);
    // Another client has heard two more.
    seen.shared.deaths.enter_heard(0, 3);
    let end = 1_000 + 2 * seen.shared.patience;
    seen.judge.close_account(&seen.shared, &mut seen.client, Ending::Over, end);
    assert_eq!(seen.close(Ending::Over), [("ok", 1), ("lost", 2), ("died with node", 2)]);
}

#[test]
fn what_a_sender_had_in_flight_when_it_was_cut_is_cut_off_however_long_the_run_goes_on() {
    let mut seen = Seen::new();
    let first = seen.text(0);
    seen.text(1);
    seen.hear(&first);
    seen.shared.audience.leave(0, 0, Some(0), 1_100);
    let end = 1_000 + 2 * seen.shared.patience;
    seen.judge.close_account(&seen.shared, &mut seen.client, Ending::Over, end);
    assert_eq!(seen.close(Ending::Over), [("ok", 1), ("cut off", 1)]);
}
