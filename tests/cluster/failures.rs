//! Brokers that are killed and stopped; logs that are deleted.

use chat_cluster::log::{Arrival, Log};
use chat_cluster::nats::{self, NatsError, Replicas};
use chat_drive::failure::Result;
use chat_tests::harness::broker::Broker;
use chat_tests::harness::stage::Stage;

use crate::{
    eventually, logs, next, operator, options, pass, publish, record, subscribe, subscribed,
    until_cut, until_trouble,
};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_with_a_broker_that_is_killed() -> Result {
    let stage = Stage::new();
    let Some(mut broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut log] = logs(&broker).await;
    let (created, _) = subscribe(&mut log, 1, 0).await;
    for number in 1..=50 {
        publish(&mut log, number);
        assert_eq!(record(&mut log).await.message, pass(number));
    }
    broker.kill()?;
    until_cut(&mut log).await;
    log.subscribe(2, 48);
    until_trouble(&mut log, |trouble| matches!(trouble, NatsError::Disconnected)).await;
    publish(&mut log, 51);
    broker.restart()?;
    let (again, last) = subscribed(&mut log, 2).await;
    assert_eq!((again, log.trouble().is_none()), (created, true));
    assert!((50..=51).contains(&last));
    for number in 49..=51 {
        let heard = record(&mut log).await;
        assert_eq!((heard.sequence, heard.message), (number, pass(number)));
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_stands_still_cuts_the_subscription() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut log] = logs(&broker).await;
    subscribe(&mut log, 1, 0).await;
    publish(&mut log, 1);
    record(&mut log).await;
    broker.pause()?;
    until_cut(&mut log).await;
    log.subscribe(2, 1);
    publish(&mut log, 2);
    broker.resume()?;
    let mut heard = Vec::new();
    while heard.last() != Some(&pass(2)) {
        match next(&mut log).await {
            Arrival::Record(record) => heard.push(record.message),
            // Its connection is given up only now.
            Arrival::Cut => log.subscribe(3, 1),
            _ => {}
        }
    }
    assert_eq!(heard, [pass(2)]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_deleted_is_told_of_and_a_new_one_is_another() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let [mut log] = logs(&broker).await;
    let (created, _) = subscribe(&mut log, 1, 0).await;
    for number in 1..=3 {
        publish(&mut log, number);
        record(&mut log).await;
    }
    operator(&broker).await.delete_stream("CHAT_school").await.expect("deleted");
    until_cut(&mut log).await;
    log.subscribe(2, 3);
    until_trouble(&mut log, |trouble| matches!(trouble, NatsError::NoStream(_))).await;
    nats::init(&options(&broker), Replicas::One, None, None).await.expect("made again");
    let (again, last) = subscribed(&mut log, 2).await;
    assert_ne!(again, created);
    assert_eq!(last, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_subscription_replaces_one_that_cannot_be_made() -> Result {
    let stage = Stage::new();
    let Some(broker) = Broker::start(&stage)? else { return Ok(()) };
    let mut log = nats::connect(&options(&broker)).await.expect("connected");
    log.subscribe(1, 0);
    until_trouble(&mut log, |trouble| matches!(trouble, NatsError::NoStream(_))).await;
    log.subscribe(2, 0);
    nats::init(&options(&broker), Replicas::One, None, None).await.expect("made");
    subscribed(&mut log, 2).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_brokers_go_on_without_their_leader() -> Result {
    let stage = Stage::new();
    let Some(mut brokers) = Broker::start_three(&stage)? else { return Ok(()) };
    let mut options = options(&brokers[0]);
    options.servers = brokers.iter().map(Broker::address).collect();
    eventually(|| nats::init(&options, Replicas::Three, None, None)).await;
    let mut log = nats::connect(&options).await.expect("connected");
    subscribe(&mut log, 1, 0).await;
    publish(&mut log, 1);
    record(&mut log).await;
    let stream = operator(&brokers[0]).await.get_stream("CHAT_school").await.expect("there");
    let leader = stream.cached_info().cluster.clone().and_then(|cluster| cluster.leader);
    let leader = brokers.iter_mut().find(|broker| Some(broker.name()) == leader.as_deref());
    leader.expect("one leads").kill()?;
    publish(&mut log, 2);
    // As a node does: again, until it comes back.
    let (mut subscription, mut kept) = (1, false);
    while !kept {
        if tokio::time::timeout(std::time::Duration::from_millis(500), log.arrived()).await.is_err()
        {
            publish(&mut log, 2);
        }
        match log.next() {
            Some(Arrival::Record(record)) => {
                assert_eq!(record.message, pass(2));
                kept = true;
            }
            Some(Arrival::Cut) => {
                subscription += 1;
                log.subscribe(subscription, 1);
            }
            _ => {}
        }
    }
    Ok(())
}
