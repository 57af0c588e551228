use super::*;

const NOW: Duration = Duration::from_secs(9);

fn record(subscription: u64, delivered: u64, sequence: u64) -> Record {
    Record { subscription, delivered, sequence, time: 0, message: Vec::new() }
}

#[test]
fn each_record_is_taken_once_in_order() {
    let mut follow = Follow::behind(10);
    assert_eq!(follow.subscribe(NOW), (1, 10));
    assert_eq!(follow.check(&record(1, 1, 11)), Verdict::Take);
    assert_eq!(follow.check(&record(1, 1, 11)), Verdict::Old, "repeated on the way");
    assert_eq!(follow.check(&record(1, 2, 12)), Verdict::Take);
    assert_eq!(follow.check(&record(1, 4, 14)), Verdict::Lost, "13 was lost on the way");
    assert_eq!(follow.subscribe(NOW), (2, 12));
    assert_eq!(follow.check(&record(1, 5, 15)), Verdict::Old, "of the first subscription");
    assert_eq!(follow.check(&record(2, 1, 13)), Verdict::Take);
    assert_eq!(follow.position(), 13);
}

#[test]
fn a_subscription_that_begins_too_early_is_read_over() {
    let mut follow = Follow::behind(2);
    follow.subscribe(NOW);
    let verdicts = [1, 2, 3].map(|n| follow.check(&record(1, n, n)));
    assert_eq!(verdicts, [Verdict::Old, Verdict::Old, Verdict::Take]);
}

#[test]
fn records_that_the_log_does_not_have_any_more_are_told_from_lost_ones() {
    let mut follow = Follow::behind(2);
    follow.subscribe(NOW);
    assert_eq!(follow.check(&record(1, 1, 5)), Verdict::Gone);
}

#[test]
fn another_log_and_one_that_was_set_back_are_told() {
    let mut follow = Follow::behind(2);
    follow.subscribe(NOW);
    assert_eq!(follow.check_log(1, 77, 2), Ok(()));
    follow.check(&record(1, 1, 3));
    follow.subscribe(NOW);
    assert_eq!(follow.check_log(1, 77, 2), Ok(()), "the late answer to another subscription");
    assert_eq!(follow.check_log(2, 77, 3), Ok(()));
    assert_eq!(follow.check_log(2, 77, 2), Err(Fenced::OtherLog), "it has forgotten a record");
    assert_eq!(follow.check_log(2, 78, 9), Err(Fenced::OtherLog), "made anew");
}

#[test]
fn the_watchdog_gives_each_subscription_its_time() {
    let mut follow = Follow::behind(0);
    follow.subscribe(NOW);
    assert_eq!(follow.watchdog(Duration::ZERO), NOW + WATCHDOG);
    assert_eq!(follow.watchdog(NOW + WATCHDOG), NOW + WATCHDOG * 2);
}
