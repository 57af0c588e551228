//! Tests of the recording of latencies.

use super::*;
use crate::traffic::shared::sample;

/// Sender 0 sends a message at these times.
fn send(shared: &Shared, intended: u64, written: u64) -> (u32, u32) {
    let number = shared.in_flight.begin(0, intended, 1).expect("a number");
    shared.in_flight.stamp(0, number, written);
    (0, number)
}

#[test]
fn every_time_is_what_it_says() {
    let shared = sample::shared();
    let mut latency = LatencyRecorder::new(0, 2, &shared.in_flight);
    let message = send(&shared, 1_000, 1_030);
    // The three others of its room.
    for (now, response) in [(1_100, 100), (1_150, 150), (1_200, 200)] {
        assert_eq!(latency.take_completed(), Completions::default());
        let taken = latency.delivered(&shared, message, now, true);
        assert_eq!(taken, Some(Delivered { response }));
    }
    assert_eq!(latency.take_completed(), Completions { all: 1, awaited: 1 });
    let slice = latency.take_slice();
    let (messages, disturbance, untimed) = latency.finish(&shared);
    let range = |h: &Histogram<u64>| (h.len(), h.min(), h.max());
    assert_eq!(range(&slice.response), (3, 100, 200));
    assert_eq!(range(&slice.service), (3, 70, 170));
    assert_eq!(range(&messages.lag), (3, 30, 30));
    assert_eq!(range(&messages.first), (1, 100, 100));
    assert_eq!(range(&messages.last), (1, 200, 200));
    assert_eq!(range(&messages.spread), (1, 100, 100));
    assert_eq!(untimed, 0);
    assert_eq!(messages.extremes[2], Extremes { min: 200, max: 200 });
    assert_eq!((disturbance.deliveries.len(), disturbance.messages.len()), (3, 1));
}

#[test]
fn only_what_was_intended_within_the_window_counts() {
    let shared = sample::shared();
    let mut latency = LatencyRecorder::new(0, 2, &shared.in_flight);
    for (intended, counts) in [(999, false), (1_000, true), (1_999, true), (2_000, false)] {
        let message = send(&shared, intended, 2_500);
        let taken = latency.delivered(&shared, message, 3_000, true);
        assert_eq!(taken.is_some(), counts, "{intended}");
    }
    assert_eq!(latency.take_slice().response.len(), 2);
}

#[test]
fn a_message_that_a_receiver_missed_is_not_waited_for_and_has_no_last_receipt() {
    let shared = sample::shared();
    let mut latency = LatencyRecorder::new(0, 2, &shared.in_flight);
    let message = send(&shared, 1_000, 1_000);
    latency.delivered(&shared, message, 1_100, true);
    latency.missed(&shared, message.0, message.1);
    latency.missed(&shared, message.0, message.1);
    assert_eq!(latency.take_completed().all, 1);
    let message = send(&shared, 1_000, 1_000);
    latency.delivered(&shared, message, 1_300, true);
    latency.delivered(&shared, message, 1_400, true);
    let message = send(&shared, 1_000, 1_000);
    for now in [1_500, 1_600, 1_700] {
        latency.delivered(&shared, message, now, true);
    }
    let (messages, ..) = latency.finish(&shared);
    assert_eq!((messages.last.len(), messages.spread.len()), (1, 1));
    assert_eq!((messages.first.len(), messages.extremes[1].min), (3, 100));
    assert_eq!((messages.last.max(), messages.lag.len()), (700, 6));
}

#[test]
fn what_comes_when_its_times_are_forgotten_is_counted() {
    let shared = sample::shared();
    let mut latency = LatencyRecorder::new(0, 2, &shared.in_flight);
    let first = send(&shared, 1_000, 1_000);
    for _ in 0..64 {
        send(&shared, 1_000, 1_000);
    }
    assert_eq!(latency.delivered(&shared, first, 1_100, true), None);
    assert_eq!(latency.finish(&shared).2, 1);
}
