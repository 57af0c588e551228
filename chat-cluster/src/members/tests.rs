use super::*;

const A: Incarnation = Incarnation(1);
const B: Incarnation = Incarnation(2);
const C: Incarnation = Incarnation(3);
const YES: Taken = Taken::Yes { missed: 0 };

/// A and B have the chat; the numbers of their last passes are 10 and 20. The time of the log is 100 s.
fn two() -> Members {
    let mut members = Members::default();
    members.clock.tick(100_000);
    for (node, last) in [(A, 10), (B, 20)] {
        members.add(node, last);
        members.is_ready_now(node);
    }
    members
}

/// The log runs, second by second, and this node publishes.
fn run(members: &mut Members, seconds: u64, node: Incarnation) {
    for _ in 0..seconds {
        members.clock.tick(members.clock.now() + 1_000);
        let last = members.last(node).expect("a member");
        assert_eq!(members.take(node, last + 1, false), YES);
    }
}

#[test]
fn the_next_pass_is_taken_and_a_duplicate_is_not() {
    let mut members = two();
    assert_eq!(members.take(A, 10, false), Taken::No);
    assert_eq!(members.take(A, 11, false), YES);
    assert_eq!(members.take(A, 11, false), Taken::No);
    assert_eq!(members.take(A, 3, false), Taken::No);
    assert_eq!((members.last(A), members.last(B)), (Some(11), Some(20)));
}

#[test]
fn a_hole_is_not_passed_over_while_its_node_may_go_back_to_it() {
    let mut members = two();
    assert_eq!(members.take(A, 12, false), Taken::No);
    members.clock.tick(101_000);
    assert_eq!(members.take(A, 11, false), YES);
    assert_eq!(members.take(A, 12, false), YES);
    assert_eq!(members.take(A, 14, false), Taken::No);
    members.clock.tick(102_500);
    assert_eq!(members.take(A, 14, false), Taken::No, "this hole is a new one");
}

#[test]
fn a_hole_is_given_up_2_s_after_a_later_pass() {
    let mut members = two();
    assert_eq!(members.take(A, 14, false), Taken::No);
    members.clock.tick(102_000);
    assert_eq!(members.take(A, 15, false), Taken::No);
    members.clock.tick(102_001);
    assert_eq!(members.take(A, 15, false), Taken::Yes { missed: 4 });
    assert_eq!(members.take(A, 14, false), Taken::No, "too late");
}

#[test]
fn a_stranger_is_taken_when_it_says_hello() {
    let mut members = two();
    assert_eq!(members.take(C, 5, false), Taken::No);
    assert_eq!(members.take(C, 5, true), YES);
    assert_eq!(members.take(C, 9, false), YES, "only hellos can be missing before");
    members.is_ready_now(C);
    assert_eq!(members.take(C, 11, true), Taken::No);
}

#[test]
fn a_silent_node_is_declared_dead_once_by_the_others() {
    let mut members = two();
    run(&mut members, 5, B);
    assert_eq!(members.silent(B).count(), 0, "5 s are not more than 5 s");
    run(&mut members, 1, B);
    assert_eq!(members.silent(B).collect::<Vec<_>>(), [(A, 10)]);
    assert_eq!(members.silent(A).count(), 0, "not by itself");
    assert!(!members.bury(A, 9), "it has published something since");
    assert!(members.bury(A, 10) && !members.bury(A, 10));
    assert_eq!(members.take(A, 11, true), Taken::No, "a late pass of the dead");
}

#[test]
fn a_pause_of_the_log_kills_no_node() {
    let mut members = two();
    run(&mut members, 4, B);
    members.clock.tick(members.clock.now() + 60_000);
    assert_eq!(members.silent(B).count(), 0);
    run(&mut members, 6, B);
    assert_eq!(members.silent(B).count(), 1, "it had its 5 s again");
}

#[test]
fn the_smallest_node_that_has_the_chat_answers_and_then_the_next() {
    let mut members = two();
    assert_eq!(members.take(Incarnation(0), 1, true), YES);
    assert_eq!([0, 1, 2].map(|attempt| members.answerer(attempt)), [Some(A), Some(B), Some(A)]);
    assert_eq!(Members::default().answerer(0), None);
}

#[test]
fn a_chat_is_replaced_when_no_node_that_has_it_was_heard_for_6_s() {
    let mut members = two();
    members.take(C, 1, true);
    run(&mut members, 6, C);
    assert!(!members.is_replaced_by(C));
    run(&mut members, 1, C);
    assert!(members.is_replaced_by(C), "hellos do not count");
    assert_eq!(members.take(B, 21, false), YES);
    assert!(!members.is_replaced_by(C));
    assert!(members.is_replaced_by(B), "the founder itself does not count");
}

#[test]
fn a_newcomer_is_alone_when_it_heard_no_node_for_6_s_of_the_log() {
    let mut newcomer = Newcomer::default();
    let run = |newcomer: &mut Newcomer, times: &[u64], hello: bool| {
        for time in times {
            newcomer.clock.tick(*time);
            newcomer.hear(hello);
        }
        newcomer.is_alone()
    };
    assert!(!run(&mut newcomer, &[100_000, 102_000, 104_000, 106_000], true));
    assert!(!run(&mut newcomer, &[110_000, 112_000], true), "a pause of 4 s");
    assert!(!run(&mut newcomer, &[113_000], false), "a node that has the chat");
    assert!(!run(&mut newcomer, &[115_000, 117_000, 119_000], true));
    assert!(run(&mut newcomer, &[119_001], true));
}

#[test]
fn so_many_dead_are_remembered() {
    let mut members = two();
    for n in 0..=REMEMBERED as u64 {
        assert_eq!(members.take(Incarnation(1_000 + n), 1, true), YES);
        assert!(members.bury(Incarnation(1_000 + n), 1));
    }
    assert_eq!(members.dead.len(), REMEMBERED);
    assert_eq!(members.take(Incarnation(1_001), 2, true), Taken::No);
}
