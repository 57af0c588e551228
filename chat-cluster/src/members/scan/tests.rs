use super::*;

const A: Incarnation = Incarnation(1);
const B: Incarnation = Incarnation(2);
const C: Incarnation = Incarnation(3);

/// A stretch of the log: a record each 100 ms, from its 5,000th.
struct Stretch {
    scan: Scan,
    sequence: u64,
    time: u64,
}

impl Stretch {
    fn new(dead: &[(Incarnation, u64)]) -> Self {
        Self { scan: Scan::new(dead.iter().copied()), sequence: 5_000, time: 1_000_000 }
    }

    /// Returns whether a pass with this entry is taken.
    fn has(&mut self, node: Incarnation, n: u64, entry: Notice) -> bool {
        let pass = Pass { node, n, entries: vec![Entry::Node(entry)] };
        self.sequence += 1;
        self.time += 100;
        let (sequence, time) = (self.sequence, self.time);
        let message = pass.encode().expect("short");
        let record = Record { subscription: 0, delivered: 0, sequence, time, message };
        let taken = self.scan.take(&record);
        assert!(taken.as_ref().is_none_or(|taken| *taken == pass));
        taken.is_some()
    }

    fn takes(&mut self, node: Incarnation, n: u64) -> bool {
        self.has(node, n, Notice::Alive)
    }
}

#[test]
fn a_pass_that_was_sent_again_is_not_taken_again() {
    let mut log = Stretch::new(&[]);
    let passes = [(A, 7), (B, 3), (A, 7), (A, 8), (B, 3), (A, 7), (B, 4), (A, 8), (A, 9)];
    let taken: Vec<_> = passes.into_iter().filter(|(node, n)| log.takes(*node, *n)).collect();
    assert_eq!(taken, [(A, 7), (B, 3), (A, 8), (B, 4), (A, 9)]);
}

#[test]
fn a_pass_behind_a_hole_waits_for_the_one_before_it() {
    let mut log = Stretch::new(&[]);
    assert!(log.takes(A, 7));
    assert!(!log.takes(A, 9));
    assert!(log.takes(A, 8) && log.takes(A, 9));
    assert!(!log.takes(A, 12));
    log.time += 1_500;
    assert!(log.takes(B, 1));
    log.time += 1_500;
    assert!(log.takes(A, 13), "the hole is given up");
}

#[test]
fn a_dead_node_has_no_more_passes() {
    let mut log = Stretch::new(&[(C, 40)]);
    assert!(log.takes(C, 40), "it died after this one");
    assert!(log.takes(A, 7) && log.takes(B, 3));
    assert!(log.has(A, 8, Notice::Dead(B, 2)));
    assert!(log.takes(B, 4), "it had published since");
    assert!(log.has(A, 9, Notice::Dead(B, 4)));
    assert!(!log.takes(B, 5));
    assert!(!log.takes(B, 3));
    assert!(log.has(A, 10, Notice::Dead(C, 40)));
    assert!(!log.takes(C, 41));
}

#[test]
fn a_node_that_died_before_the_stretch_has_none_in_it() {
    let mut log = Stretch::new(&[(C, 40)]);
    assert!(!log.takes(C, 41));
    assert!(!log.has(C, 42, Notice::Hello { attempt: 0 }));
    assert!(log.takes(A, 7));
    assert!(log.has(A, 8, Notice::Dead(B, 9)), "which was not heard here");
    assert!(!log.takes(B, 10));
}

#[test]
fn a_newcomer_may_leave_out_numbers_until_it_has_the_chat() {
    let mut log = Stretch::new(&[]);
    assert!(log.has(A, 1, Notice::Hello { attempt: 0 }));
    assert!(log.has(A, 3, Notice::Hello { attempt: 1 }));
    assert!(log.takes(A, 4));
    assert!(!log.takes(A, 6));
}

#[test]
fn when_the_chat_is_opened_anew_no_earlier_node_has_passes() {
    let mut log = Stretch::new(&[]);
    assert!(log.takes(A, 7));
    for n in 1..=8 {
        log.time += 900;
        assert!(log.has(B, n, Notice::Hello { attempt: 0 }));
    }
    assert!(log.has(B, 9, Notice::Found(Box::default())));
    assert!(!log.takes(A, 8));
    assert!(!log.takes(C, 1), "nor one that was not heard");
    assert!(log.takes(B, 10));
    assert!(log.has(C, 1, Notice::Hello { attempt: 0 }) && log.takes(C, 2));
}
