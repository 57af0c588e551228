use super::*;
use crate::entry::{Act, Incarnation, Notice};
use crate::pass::{MAX_PASS, Pass};

const ME: Incarnation = Incarnation(7);
const START: Duration = Duration::from_secs(100);

fn say(text: &str) -> Entry {
    Entry::Person(1, Act { kind: 5, body: text.as_bytes().into() })
}

impl Uplink {
    fn propose_public(&mut self, entry: &Entry) -> Result<(), ProposeError> {
        self.propose(entry, Subject::Public)
    }
}

/// The number and the entries of what is published now.
fn sent(uplink: &mut Uplink, now: Duration) -> Option<(Subject, u64, Vec<Entry>)> {
    let (subject, message) = uplink.transmit(now)?;
    let Pass { n, entries, .. } = Pass::decode(message).expect("a pass");
    Some((subject, n, entries))
}

#[test]
fn what_is_proposed_while_a_pass_is_in_flight_is_the_next_pass() {
    let mut uplink = Uplink::new(ME);
    uplink.propose_public(&say("a")).unwrap();
    assert_eq!(sent(&mut uplink, START), Some((Subject::Public, 1, vec![say("a")])));
    uplink.propose_public(&say("b")).unwrap();
    uplink.propose_public(&Entry::Node(Notice::Alive)).unwrap();
    assert_eq!(sent(&mut uplink, START), None, "one pass in flight");
    assert!(uplink.returned(1));
    let next = vec![say("b"), Entry::Node(Notice::Alive)];
    assert_eq!(sent(&mut uplink, START), Some((Subject::Public, 2, next)));
}

#[test]
fn a_pass_is_sent_again_each_500_ms_until_it_comes_back() {
    let mut uplink = Uplink::new(ME);
    uplink.propose_public(&say("a")).unwrap();
    let first = sent(&mut uplink, START);
    assert_eq!(uplink.deadline(), Some(START + RESEND));
    assert_eq!(sent(&mut uplink, START + RESEND / 2), None);
    for again in 1..5 {
        assert_eq!(sent(&mut uplink, START + RESEND * again), first);
        assert!(!uplink.returned(2), "another one");
    }
    assert_eq!(uplink.in_flight_since(), Some(START));
    assert!(uplink.returned(1) && !uplink.returned(1), "it comes back once");
    assert_eq!((uplink.waiting(), uplink.deadline(), uplink.in_flight_since()), (0, None, None));
    assert_eq!(uplink.idle_since(), Some(START));
}

#[test]
fn private_messages_have_a_subject_of_their_own_and_keep_their_place() {
    let mut uplink = Uplink::new(ME);
    let entries = ["a", "b", "c", "d"].map(say);
    let subjects = [Subject::Public, Subject::Private, Subject::Private, Subject::Public];
    for (entry, subject) in entries.iter().zip(subjects) {
        uplink.propose(entry, subject).unwrap();
    }
    let mut passes = Vec::new();
    for n in 1..=3 {
        passes.push(sent(&mut uplink, START).expect("a pass"));
        uplink.returned(n);
    }
    let [a, b, c, d] = entries;
    let expected = [
        (Subject::Public, 1, vec![a]),
        (Subject::Private, 2, vec![b, c]),
        (Subject::Public, 3, vec![d]),
    ];
    assert_eq!(passes, expected);
}

#[test]
fn a_pass_is_at_most_64_kib() {
    let mut uplink = Uplink::new(ME);
    let too_long = say(&"x".repeat(MAX_PASS));
    assert_eq!(uplink.propose_public(&too_long), Err(ProposeError::TooLong));
    let line = say(&"x".repeat(1000));
    (0..150).for_each(|_| uplink.propose_public(&line).unwrap());
    let mut lines = 0;
    for n in 1..=3 {
        assert!(uplink.transmit(START).expect("a pass").1.len() <= MAX_PASS);
        lines += sent(&mut uplink, START + RESEND).expect("the same again").2.len();
        uplink.returned(n);
    }
    assert_eq!((lines, uplink.waiting()), (150, 0));
}
