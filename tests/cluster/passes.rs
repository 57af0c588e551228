//! What is published comes back to all, in one order.

use chat_cluster::entry::Subject;
use chat_cluster::log::{Arrival, Log};
use chat_cluster::pass::MAX_PASS;
use chat_drive::failure::Result;
use chat_tests::harness::broker::Broker;
use chat_tests::harness::stage::Stage;

use crate::{ANA, BEA, logs, next, operator, pass, publish, record, subscribe};

#[tokio::test(flavor = "multi_thread")]
async fn all_hear_the_passes_of_all_in_one_order() -> Result {
    const EACH: u64 = 200;
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut ana, mut bea] = logs(&broker).await;
    let (created, last) = subscribe(&mut ana, 1, 0).await;
    assert_eq!((subscribe(&mut bea, 1, 0).await, last), ((created, 0), 0));
    for number in 0..EACH {
        let subject = if number % 3 == 0 { Subject::Private } else { Subject::Public };
        ana.publish(subject, &pass(number));
        bea.publish(subject, &pass(number + EACH));
    }
    let mut numbers = Vec::new();
    for sequence in 1..=2 * EACH {
        let heard = record(&mut ana).await;
        assert_eq!((heard.sequence, heard.delivered, heard.subscription), (sequence, sequence, 1));
        numbers.push(u64::from_le_bytes(heard.message[..8].try_into().expect("eight bytes")));
        assert_eq!(record(&mut bea).await, heard);
    }
    for range in [0..EACH, EACH..2 * EACH] {
        let of_one: Vec<_> =
            numbers.iter().copied().filter(|number| range.contains(number)).collect();
        assert_eq!(of_one, range.collect::<Vec<_>>(), "each node's passes are in their order");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_is_kept_is_acknowledged() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut log] = logs(&broker).await;
    publish(&mut log, 1);
    assert_eq!(next(&mut log).await, Arrival::Acknowledged);
    assert_eq!(log.archive().last().await.expect("told"), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_begins_behind_any_record_and_ends_the_one_before() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut log] = logs(&broker).await;
    for number in 1..=100 {
        publish(&mut log, number);
    }
    subscribe(&mut log, 1, 0).await;
    assert_eq!(record(&mut log).await.message, pass(1));
    assert_eq!(subscribe(&mut log, 2, 90).await.1, 100);
    for number in 91..=100 {
        let heard = record(&mut log).await;
        assert_eq!((heard.subscription, heard.delivered, heard.sequence), (2, number - 90, number));
        assert_eq!(heard.message, pass(number));
    }
    publish(&mut log, 101);
    assert_eq!(record(&mut log).await.delivered, 11);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_pass_is_kept_and_only_private_ones_expire() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut log] = logs(&broker).await;
    subscribe(&mut log, 1, 0).await;
    let longest = vec![7; MAX_PASS];
    for subject in [Subject::Public, Subject::Private] {
        log.publish(subject, &longest);
        assert_eq!(record(&mut log).await.message, longest);
    }
    let stream = operator(&broker).await.get_stream("CHAT_school").await.expect("there");
    for (sequence, expected) in [(1, None), (2, Some("1h"))] {
        let kept = stream.get_raw_message(sequence).await.expect("kept");
        let expires = kept.headers.get("Nats-TTL").map(|value| value.as_str().to_owned());
        assert_eq!(expires.as_deref(), expected);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_reaches_the_node_that_it_is_for() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut ana, mut bea] = logs(&broker).await;
    assert_eq!(ana.join(ANA).await.expect("joined"), 0);
    assert_eq!(bea.join(BEA).await.expect("joined"), 0);
    let snapshot: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
    ana.send_snapshot(ANA, vec![1]);
    ana.send_snapshot(BEA, snapshot.clone());
    ana.send_snapshot(BEA, vec![2]);
    assert_eq!(next(&mut bea).await, Arrival::Snapshot(snapshot));
    assert_eq!(next(&mut bea).await, Arrival::Snapshot(vec![2]));
    assert_eq!(next(&mut ana).await, Arrival::Snapshot(vec![1]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_node_hears_nothing_that_was_for_the_one_before() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut log] = logs(&broker).await;
    log.join(ANA).await.expect("joined");
    publish(&mut log, 1);
    assert_eq!(next(&mut log).await, Arrival::Acknowledged);
    subscribe(&mut log, 1, 0).await;
    log.arrived().await;
    assert_eq!(log.join(BEA).await.expect("joined"), 1);
    publish(&mut log, 2);
    subscribe(&mut log, 1, 1).await;
    assert_eq!(record(&mut log).await.message, pass(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_delivered_as_fast_as_it_is_read() -> Result {
    // Several times what the broker delivers before it waits for an answer.
    const PASSES: u64 = 400;
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut ana, mut bea] = logs(&broker).await;
    let longest = vec![7; MAX_PASS];
    for _ in 0..PASSES {
        ana.publish(Subject::Public, &longest);
        assert_eq!(next(&mut ana).await, Arrival::Acknowledged);
    }
    subscribe(&mut bea, 1, 0).await;
    for sequence in 1..=PASSES {
        let heard = record(&mut bea).await;
        assert_eq!((heard.sequence, heard.delivered), (sequence, sequence));
    }
    Ok(())
}
