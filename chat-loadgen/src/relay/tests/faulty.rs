//! Faults: what arrives differs from what was sent in the logged ways, and in no other.

use std::time::{Duration, Instant};

use super::super::log::Totals;
use super::harness::{Client, Running};
use crate::wire::payload::{Found, Kind, Mark, Message};

const LINES: u32 = 99;
/// Two that speak, one after the other, two that only listen, and one that says when it is over.
const CLIENTS: usize = 5;

struct Entry {
    fault: String,
    receiver: usize,
    sender: usize,
    text: String,
}

struct Outcome {
    heard: Vec<Vec<String>>,
    log: Vec<Entry>,
    totals: Totals,
}

fn line(kind: Kind, sender: usize, number: u32) -> String {
    let mut line = Vec::new();
    let sender = u32::try_from(sender).unwrap();
    Mark::new(7, true).write(Message { kind, sender, number }, 40, &mut line);
    String::from_utf8(line).unwrap() + "\n"
}

/// A probe, measured lines and one that carries nothing, so many to a write.
fn speak(client: &mut Client, sender: usize, at_once: usize) {
    let mut lines = vec![line(Kind::Probe, sender, 0)];
    lines.extend((0..LINES).map(|number| line(Kind::Measured, sender, number)));
    lines.push("hola\n".to_owned());
    for part in lines.chunks(at_once) {
        client.say(&part.concat());
    }
    client.say("salir\n");
    client.hear_to_the_end();
}

fn outcome(faults: &[&str], at_once: usize) -> Outcome {
    let running = Running::start(faults);
    let mut clients = running.gather(CLIENTS);
    let ports: Vec<u16> = clients.iter().map(Client::port).collect();
    for (sender, client) in clients[..2].iter_mut().enumerate() {
        // The end of the connection is the last of what follows from its lines.
        speak(client, sender, at_once);
    }
    clients[4].say("fin\n");
    for client in &mut clients[2..4] {
        client.hear("fin\n");
    }
    let (totals, text) = running.stop();
    let last = text.lines().last().unwrap_or_default();
    assert_eq!(last, format!("totals\t{totals}"));
    let index = |port: &str| ports.iter().position(|p| p.to_string() == port).unwrap();
    let entry = |line: &str| match line.split('\t').collect::<Vec<_>>()[..] {
        [fault, to, from, text] => Entry {
            fault: fault.into(),
            receiver: index(to),
            sender: index(from),
            text: text.into(),
        },
        _ => panic!("{line:?}"),
    };
    let log: Vec<Entry> = text.lines().filter(|line| *line != last).map(entry).collect();
    let heard = clients[..4].iter().map(Client::lines).collect();
    Outcome { heard, log, totals }
}

/// Messages that a receiver must have got from a sender, according to the log.
fn due(log: &[Entry], receiver: usize, sender: usize) -> Vec<(String, bool)> {
    let fault = |line: &str| {
        let is_its = |entry: &&Entry| {
            (entry.receiver, entry.sender) == (receiver, sender) && entry.text == line.trim_end()
        };
        let faults: Vec<_> = log.iter().filter(is_its).map(|entry| &entry.fault[..]).collect();
        assert!(faults.len() <= 1, "{faults:?} {line}");
        faults.first().copied().unwrap_or_default()
    };
    let mut due = Vec::new();
    if receiver != sender {
        due.push((line(Kind::Probe, sender, 0), false));
    }
    let (mut late, mut held) = (None, None);
    for line in (0..LINES).map(|number| line(Kind::Measured, sender, number)) {
        let fault = fault(&line);
        assert!(late.is_none() || fault.is_empty(), "{fault} behind a held line");
        assert_eq!(receiver == sender && !fault.is_empty(), fault == "echo", "{fault}");
        match fault {
            "drop" => {}
            "swap" => late = Some((line, false)),
            "held" => held = Some((line, false)),
            "dup" => due.extend([(line.clone(), false), (line, false)]),
            "corrupt" => due.push((line, true)),
            "" if receiver == sender => {}
            "" | "echo" => {
                due.push((line, false));
                due.extend(late.take());
            }
            _ => panic!("{fault}"),
        }
    }
    if receiver != sender {
        due.push(("hola\n".to_owned(), false));
    }
    due.extend(held);
    due
}

fn assert_heard(heard: &[String], due: &[(String, bool)]) {
    assert_eq!(heard.len(), due.len(), "{heard:#?}\n{due:#?}");
    for (heard, (due, damaged)) in heard.iter().zip(due) {
        if !damaged {
            assert_eq!(heard, due);
            continue;
        }
        assert_eq!(heard.len(), due.len(), "{heard} {due}");
        let differing = heard.bytes().zip(due.bytes()).filter(|(a, b)| a != b);
        let bytes: Vec<_> = differing.collect();
        assert!(matches!(bytes[..], [(byte, _)] if byte.is_ascii_graphic()), "{heard} {due}");
        let found = Mark::new(7, true).find(heard.trim_end().as_bytes());
        let seen = matches!(found, Found::Corrupt(_) | Found::Torn(_) | Found::Rest);
        assert!(seen, "{heard} {found:?}");
    }
}

/// Runs with these faults and compares everything; what the log holds of each fault.
fn check(faults: &[&str]) -> Totals {
    let Outcome { heard, log, totals } = outcome(faults, 7);
    for (receiver, heard) in heard.iter().enumerate() {
        let mut all: Vec<_> = due(&log, receiver, 0);
        match receiver {
            0 => {}
            1 => all.extend(due(&log, receiver, 1)),
            _ => {
                all.extend(due(&log, receiver, 1));
                all.push(("fin\n".to_owned(), false));
            }
        }
        assert_heard(heard, &all);
    }
    let count = |name: &str| log.iter().filter(|entry| entry.fault == name).count() as u64;
    assert_eq!(
        totals,
        Totals {
            dropped: count("drop"),
            duplicated: count("dup"),
            swapped: count("swap"),
            echoed: count("echo"),
            corrupted: count("corrupt"),
            ..Totals::default()
        }
    );
    totals
}

/// Deliveries of measured lines: the first sender has four receivers, the second three.
const DELIVERIES: u64 = LINES as u64 * 7;

fn assert_a_third(count: u64, of: u64) {
    assert!((of / 4..of / 2).contains(&count), "{count} of {of}");
}

#[test]
fn a_relay_without_faults_has_none() {
    assert_eq!(check(&[]), Totals::default());
}

#[test]
fn dropped() {
    assert_eq!(check(&["--drop", "1/1"]).dropped, DELIVERIES);
    assert_a_third(check(&["--drop", "1/3"]).dropped, DELIVERIES);
}

#[test]
fn duplicated() {
    assert_eq!(check(&["--dup", "1/1"]).duplicated, DELIVERIES);
    assert_a_third(check(&["--dup", "1/3"]).duplicated, DELIVERIES);
}

#[test]
fn corrupted() {
    assert_eq!(check(&["--corrupt", "1/1"]).corrupted, DELIVERIES);
    assert_a_third(check(&["--corrupt", "1/3"]).corrupted, DELIVERIES);
}

#[test]
fn echoed() {
    assert_eq!(check(&["--echo", "1/1"]).echoed, u64::from(LINES) * 2);
    assert_a_third(check(&["--echo", "1/3"]).echoed, u64::from(LINES) * 2);
}

#[test]
fn swapped() {
    // Of an odd number, the last finds no successor.
    assert_eq!(check(&["--swap", "1/1"]).swapped, u64::from(LINES / 2) * 7);
    // A line behind a held one is not held: one in four.
    let swapped = check(&["--swap", "1/3"]).swapped;
    assert!((DELIVERIES / 6..DELIVERIES / 3).contains(&swapped), "{swapped}");
}

#[test]
fn all_at_once() {
    let odds = ["--drop", "1/5", "--dup", "1/5", "--corrupt", "1/5", "--swap", "1/5"];
    let totals = check(&[&odds[..], &["--echo", "1/5", "--seed", "9"]].concat());
    let Totals { dropped, duplicated, corrupted, swapped, echoed, .. } = totals;
    assert!([dropped, duplicated, corrupted, swapped, echoed].iter().all(|&count| count > 20));
}

#[test]
fn a_seed_gives_the_same_faults_however_lines_meet() {
    let faults = |seed: &str, at_once| {
        let odds = ["--drop", "1/4", "--swap", "1/4", "--echo", "1/4", "--corrupt", "1/4"];
        let Outcome { log, heard, .. } = outcome(&[&odds[..], &["--seed", seed]].concat(), at_once);
        let fault = |entry: &Entry| {
            let Entry { fault, receiver, sender, text } = entry;
            (*receiver, *sender, text.clone(), fault.clone())
        };
        let mut faults: Vec<_> = log.iter().map(fault).collect();
        faults.sort();
        (faults, heard)
    };
    let first = faults("5", 1);
    assert_eq!(faults("5", 50), first);
    assert_ne!(faults("6", 50).0, first.0);
}

#[test]
fn a_held_line_without_successor_comes_after_a_while_and_is_no_swap() {
    let running = Running::start(&["--swap", "1/1"]);
    let mut clients = running.gather(2);
    let text = line(Kind::Measured, 0, 0);
    clients[0].say(&(text.clone() + "hola\n"));
    let begun = Instant::now();
    clients[1].hear("hola\n");
    clients[1].hear(&text);
    assert!(begun.elapsed() >= Duration::from_millis(190), "{:?}", begun.elapsed());
    assert_eq!(clients[1].heard, format!("hola\n{text}"));
    let ports = (clients[1].port(), clients[0].port());
    let (totals, log) = running.stop();
    assert_eq!(totals, Totals::default());
    let held = format!("held\t{}\t{}\t{text}", ports.0, ports.1);
    assert_eq!(log, format!("{held}totals\t{totals}\n"));
}

#[test]
fn a_held_line_is_not_lost_when_the_relay_stops() {
    let running = Running::start(&["--swap", "1/1"]);
    let mut clients = running.gather(2);
    let text = line(Kind::Measured, 0, 0);
    clients[0].say(&(text.clone() + "hola\n"));
    clients[1].hear("hola\n");
    running.stop();
    clients[1].hear(&text);
}

#[test]
fn what_is_lost_to_all_is_noted_as_a_receiver_can_tell_it() {
    let running = Running::start(&["--drop-all", "1/1"]);
    let mut clients = running.gather(3);
    let texts = [0, 1].map(|number| line(Kind::Measured, 0, number));
    clients[0].say(&(texts[0].clone() + "hola\n"));
    for client in &mut clients[1..] {
        client.hear("hola\n");
        assert_eq!(client.heard, "hola\n");
    }
    clients[0].say(&texts[1]);
    clients[1].say("fin\n");
    clients[2].hear("fin\n");
    let (totals, log) = running.stop();
    assert_eq!(totals, Totals { dropped: 4, ..Totals::default() });
    let noted = |fault: &str, text: &str| {
        log.lines()
            .filter(|line| line.starts_with(fault) && line.ends_with(text.trim_end()))
            .count()
    };
    assert_eq!((noted("drop\t", &texts[0]), noted("unseen\t", &texts[1])), (2, 2), "{log}");
}

#[test]
fn a_line_without_its_newline_goes_on_with_the_next() {
    let running = Running::start(&["--merge", "1/1"]);
    let mut clients = running.gather(2);
    let texts = [0, 1].map(|number| line(Kind::Measured, 0, number));
    clients[0].say(&(texts.concat() + "hola\n"));
    clients[1].hear("hola\n");
    assert_eq!(clients[1].heard, texts.concat().replace('\n', "") + "\nhola\n");
    let (totals, log) = running.stop();
    assert_eq!(totals, Totals { merged: 1, ..Totals::default() });
    assert!(log.starts_with("merge\t") && log.contains(&texts[1]), "{log}");
}

#[test]
fn a_late_line_comes_after_its_time() {
    let running = Running::start(&["--late", "1/1", "--late-by", "100ms"]);
    let mut clients = running.gather(2);
    let text = line(Kind::Measured, 0, 0);
    let begun = Instant::now();
    clients[0].say(&(text.clone() + "hola\n"));
    clients[1].hear(&text);
    assert!(begun.elapsed() >= Duration::from_millis(100), "{:?}", begun.elapsed());
    assert_eq!(clients[1].heard, format!("hola\n{text}"));
    assert_eq!(running.stop().0, Totals { late: 1, ..Totals::default() });
}

#[test]
fn a_connection_is_cut_and_what_its_client_does_not_get_is_noted() {
    let running = Running::start(&["--cut", "1"]);
    let mut clients = running.gather(3);
    let texts = [0, 1].map(|number| line(Kind::Measured, 0, number));
    clients[0].say(&texts[0]);
    clients[1].hear_to_the_end();
    clients[0].say(&(texts[1].clone() + "hola\n"));
    clients[2].hear("hola\n");
    let ports = (clients[1].port(), clients[0].port());
    let (totals, log) = running.stop();
    assert_eq!(totals, Totals { cut_off: 1, ..Totals::default() });
    assert!(log.starts_with(&format!("cut\t{}\t{}\t{}", ports.0, ports.1, texts[1])), "{log}");
}

#[test]
fn a_stranger_and_a_text_twice_on_a_line() {
    for (fault, heard) in
        [("--stranger", "usuario 0: Hola, soy de fuera\n{}\n"), ("--double", "{}{}\n")]
    {
        let running = Running::start(&[fault, "1/1"]);
        let mut clients = running.gather(2);
        let text = line(Kind::Measured, 0, 0);
        clients[0].say(&(text.clone() + "hola\n"));
        clients[1].hear("hola\n");
        assert_eq!(clients[1].heard, heard.replace("{}", text.trim_end()) + "hola\n");
        let totals = running.stop().0;
        assert_eq!(totals.strangers + totals.doubled, 1);
    }
}

#[test]
fn a_stall_comes_once_and_all_arrives_behind_it() {
    let running = Running::start(&["--stall", "400ms", "--stall-after", "100ms"]);
    let mut clients = running.gather(2);
    let mut longest = Duration::ZERO;
    for number in 0..40 {
        let begun = Instant::now();
        let text = line(Kind::Measured, 0, number);
        clients[0].say(&text);
        clients[1].hear(&text);
        longest = longest.max(begun.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(longest >= Duration::from_millis(300), "{longest:?}");
    let (totals, log) = running.stop();
    assert_eq!(totals, Totals { stalled: 1, ..Totals::default() });
    assert_eq!(log, format!("totals\t{totals}\n"));
}

#[test]
fn all_that_one_receiver_gets_is_later_by_the_same_time() {
    let running = Running::start(&["--delay-one", "1", "--delay-by", "150ms"]);
    let mut clients = running.gather(3);
    let text = line(Kind::Measured, 0, 0);
    let begun = Instant::now();
    clients[0].say(&(text.clone() + "hola\n"));
    clients[2].hear("hola\n");
    clients[1].hear("hola\n");
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
    assert_eq!(clients[1].heard, text + "hola\n");
    assert_eq!(running.stop().0, Totals { delayed: 1, ..Totals::default() });
}

#[test]
fn a_late_line_that_was_overtaken_is_told_from_one_that_was_not() {
    let running = Running::start(&["--late", "1/2", "--late-by", "50ms"]);
    let mut clients = running.gather(2);
    let texts = (0..40).map(|number| line(Kind::Measured, 0, number)).collect::<Vec<_>>();
    clients[0].say(&texts.concat());
    let heard = clients[1].hear_lines(40);
    let (totals, log) = running.stop();
    let overtaken = |text: &String| {
        let place = |text: &String| heard.iter().position(|line| line == text);
        texts.iter().any(|other| other > text && place(other) < place(text))
    };
    for text in &texts {
        let noted = log.lines().find(|line| line.ends_with(text.trim_end()));
        let is_late = noted.is_some_and(|line| line.starts_with("late\t"));
        assert_eq!(is_late, overtaken(text), "{text} {noted:?}");
    }
    assert!(totals.late > 5, "{totals}");
}
