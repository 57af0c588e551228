//! A subscription to the log: a push consumer, and what it delivers.
//!
//! Not a pull consumer: that of async-nats 0.51 stood still for 17 s after an outage of one. Not one of the library's
//! ordered ones: when they are made anew before their first message, they begin at the first record of all.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context as Waking, Poll, ready};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, push};
use async_nats::{Client, Message, StatusCode, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt, Stream};
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep};

use super::error::NatsError;
use super::options::{ChatName, check_server};
use super::stream::log_info;
use crate::log::Record;

/// When nothing else is delivered, the server says this often that the consumer is there.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// A consumer of which nothing is heard for this time is gone.
const SILENCE: Duration = Duration::from_secs(2);

/// A consumer that nothing listens to any more is deleted by the server after this time.
const INACTIVE: Duration = Duration::from_secs(5);

/// A subscription that has begun.
pub(super) struct Subscription {
    number: u64,
    client: Client,
    messages: Subscriber,
    /// The number of connections before it, itself included. A consumer can lose records when its connection is lost.
    connections: u64,
    heard: Instant,
    silence: Pin<Box<Sleep>>,
}

/// The log, when a subscription begins.
pub(super) struct Beginning {
    pub(super) subscription: Subscription,
    pub(super) created: u64,
    pub(super) last: u64,
}

/// Makes a subscription that delivers the records behind this sequence number.
pub(super) async fn begin(
    context: Context,
    name: ChatName,
    number: u64,
    behind: u64,
) -> Result<Beginning, NatsError> {
    let client = context.client();
    if client.connection_state() != State::Connected {
        return Err(NatsError::Disconnected);
    }
    let connections = connections(&client);
    let deliver_subject = client.new_inbox();
    let messages = client.subscribe(deliver_subject.clone()).await;
    let messages = messages.map_err(|error| NatsError::refused(&error))?;
    let consumer = push::Config {
        deliver_subject,
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: behind + 1 },
        ack_policy: AckPolicy::None,
        flow_control: true,
        idle_heartbeat: HEARTBEAT,
        inactive_threshold: INACTIVE,
        memory_storage: true,
        num_replicas: 1,
        ..push::Config::default()
    };
    let consumer = context.create_consumer_on_stream(consumer, name.stream()).await;
    // The log is looked at behind the consumer: if it is made anew in between, it is the new one that is told of.
    let info = log_info(&context, &name).await?;
    consumer.map_err(|error| NatsError::refused(&error))?;
    check_server(&client)?;
    let heard = Instant::now();
    let silence = Box::pin(tokio::time::sleep_until(heard + SILENCE));
    let subscription = Subscription { number, client, messages, connections, heard, silence };
    let created = u64::try_from(info.created.unix_timestamp_nanos()).unwrap_or_default();
    Ok(Beginning { subscription, created, last: info.state.last_sequence })
}

impl Subscription {
    /// The next record. `None`: the subscription has ended.
    pub(super) fn poll_next(&mut self, waking: &mut Waking<'_>) -> Poll<Option<Record>> {
        let is_connected = self.client.connection_state() == State::Connected;
        if !is_connected || self.connections != connections(&self.client) {
            return Poll::Ready(None);
        }
        while let Poll::Ready(message) = Pin::new(&mut self.messages).poll_next(waking) {
            let Some(message) = message else { return Poll::Ready(None) };
            self.heard = Instant::now();
            match message.status {
                None => return Poll::Ready(record(self.number, message)),
                Some(StatusCode::IDLE_HEARTBEAT) => self.answer(&message),
                // It is deleted, or its server ends.
                Some(_) => return Poll::Ready(None),
            }
        }
        loop {
            ready!(self.silence.as_mut().poll_unpin(waking));
            let until = self.heard + SILENCE;
            if until <= Instant::now() {
                return Poll::Ready(None);
            }
            self.silence.as_mut().reset(until);
        }
    }

    /// Flow control: the server delivers more when what it has delivered until then has been taken.
    fn answer(&self, heartbeat: &Message) {
        let stalled = || {
            let header = heartbeat.headers.as_ref()?.get("Nats-Consumer-Stalled")?;
            Some(header.as_str().into())
        };
        if let Some(subject) = heartbeat.reply.clone().or_else(stalled) {
            // One that is lost is asked for again.
            let _ = unconstrained(self.client.publish(subject, Bytes::new())).now_or_never();
        }
    }
}

fn connections(client: &Client) -> u64 {
    client.statistics().connects.load(Ordering::Relaxed)
}

/// Reads a record. Its numbers are in the subject for its acknowledgement:
/// `$JS.ACK.STREAM.CONSUMER.ATTEMPTS.SEQUENCE.DELIVERED.NANOSECONDS.PENDING`, with two more words before the stream where
/// there are domains.
fn record(subscription: u64, message: Message) -> Option<Record> {
    let reply = message.reply?;
    let words = || reply.split('.');
    let mut numbers = words().skip(if words().count() == 9 { 5 } else { 7 }).map(str::parse);
    let mut number = || numbers.next()?.ok();
    let (sequence, delivered, time): (u64, u64, u64) = (number()?, number()?, number()?);
    let message = message.payload.into();
    Some(Record { subscription, delivered, sequence, time: time / 1_000_000, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reply: &str) -> Option<(u64, u64, u64)> {
        let message = Message {
            subject: "inbox".into(),
            reply: Some(reply.into()),
            payload: Bytes::from_static(b"pass"),
            headers: None,
            status: None,
            description: None,
            length: 4,
        };
        let record = record(7, message)?;
        assert_eq!((record.subscription, &*record.message), (7, b"pass".as_slice()));
        Some((record.sequence, record.delivered, record.time))
    }

    #[test]
    fn numbers_are_read_from_both_forms_of_the_subject() {
        let tail = "CHAT_a.mIU2xBzN.1.42.3.1700000000123456789.0";
        let expected = Some((42, 3, 1_700_000_000_123));
        assert_eq!(read(&format!("$JS.ACK.{tail}")), expected);
        assert_eq!(read(&format!("$JS.ACK._.hash.{tail}")), expected);
        assert_eq!(read(&format!("$JS.ACK.hub.hash.{tail}.token")), expected);
        assert_eq!(read("$JS.ACK.CHAT_a.mIU2xBzN.1"), None);
        assert_eq!(read("another.subject"), None);
    }
}
