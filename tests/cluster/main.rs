//! Chats on several servers, over real NATS servers.

mod archive;
mod doors;
mod failures;
mod making;
mod nodes;
mod passes;

use std::time::Duration;

use async_nats::jetstream;
use chat_cluster::entry::{Incarnation, Subject};
use chat_cluster::log::{Arrival, Log, Record};
use chat_cluster::nats::{self, JetStream, NatsError, Options, Replicas};
use chat_drive::role::PATIENCE;
use chat_tests::harness::broker::Broker;
use tokio::time::{sleep, timeout};

/// Requests that no event answers are repeated after this time.
const AGAIN: Duration = Duration::from_millis(50);

/// The way to a broker.
fn options(broker: &Broker<'_>) -> Options {
    Options {
        servers: vec![broker.address()],
        name: "school".parse().expect("a name"),
        user: None,
        credentials: None,
        authorities: None,
        requires_tls: false,
    }
}

/// Makes the log, and connects to it so often.
async fn logs<const N: usize>(broker: &Broker<'_>) -> [JetStream; N] {
    let options = options(broker);
    nats::init(&options, Replicas::One, None, None).await.expect("made");
    let mut logs = Vec::new();
    for _ in 0..N {
        logs.push(nats::connect(&options).await.expect("connected"));
    }
    logs.try_into().unwrap_or_else(|_| panic!("so many"))
}

/// What arrives next.
async fn next(log: &mut JetStream) -> Arrival {
    loop {
        if let Some(arrival) = log.next() {
            return arrival;
        }
        timeout(PATIENCE, log.arrived()).await.expect("something arrives");
    }
}

/// The next record.
async fn record(log: &mut JetStream) -> Record {
    loop {
        match next(log).await {
            Arrival::Record(record) => return record,
            Arrival::Acknowledged => {}
            other => panic!("not a record: {other:?}"),
        }
    }
}

/// Subscribes. Returns when the log was made, and its last sequence number.
async fn subscribe(log: &mut JetStream, number: u64, behind: u64) -> (u64, u64) {
    log.subscribe(number, behind);
    subscribed(log, number).await
}

/// The same for a subscription that was asked for.
async fn subscribed(log: &mut JetStream, number: u64) -> (u64, u64) {
    loop {
        match next(log).await {
            Arrival::Subscribed { subscription, created, last } => {
                assert_eq!(subscription, number);
                return (created, last);
            }
            Arrival::Acknowledged => {}
            other => panic!("not subscribed: {other:?}"),
        }
    }
}

/// Goes on until the subscription is cut.
async fn until_cut(log: &mut JetStream) {
    while next(log).await != Arrival::Cut {}
}

/// Goes on until the log tells of such a trouble.
async fn until_trouble(log: &mut JetStream, is_it: impl Fn(&NatsError) -> bool) {
    let trouble = async {
        while !log.trouble().is_some_and(&is_it) {
            let _ = timeout(AGAIN, log.arrived()).await;
        }
    };
    timeout(PATIENCE, trouble).await.expect("the trouble is told of");
}

/// Repeats what cannot be done yet.
async fn eventually<T>(mut attempt: impl AsyncFnMut() -> Result<T, NatsError>) -> T {
    let mut last = None;
    let attempts = async {
        loop {
            match attempt().await {
                Ok(done) => return done,
                Err(error) => last = Some(error),
            }
            sleep(AGAIN).await;
        }
    };
    let done = timeout(PATIENCE, attempts).await;
    done.unwrap_or_else(|_| panic!("never: {last:?}"))
}

/// A client of NATS that is no node.
async fn operator(broker: &Broker<'_>) -> jetstream::Context {
    jetstream::new(async_nats::connect(broker.address()).await.expect("connected"))
}

/// The pass of this number: 64 bytes.
fn pass(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(8)
}

fn publish(log: &mut JetStream, number: u64) {
    log.publish(Subject::Public, &pass(number));
}

const ANA: Incarnation = Incarnation(1);
const BEA: Incarnation = Incarnation(2);
