//! The log as a stream of NATS `JetStream`.
//!
//! | module | what it holds |
//! |---|---|
//! | `options` | the way to the servers, and what is asked of them |
//! | `stream` | the stream and the bucket: made once, checked at each start |
//! | `subscription` | a push consumer, and what it delivers |
//! | `parts` | snapshots in parts |
//! | `archive` | reading the log in bulk; what outlives it |
//! | `error` | why the log cannot be used |
//!
//! There are no tasks but those of the library. What arrives waits in its queues until the node asks for it, so a node that is
//! slow is sent no more than flow control allows, and a record is handed over once.

mod archive;
mod error;
mod options;
mod parts;
mod stream;
mod subscription;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, Waker};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::header::NATS_MESSAGE_TTL;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, Event, HeaderMap, Message, Subscriber};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream};
use tokio::sync::mpsc;
use tokio::task::coop::unconstrained;
use tokio::time::Instant;

use crate::entry::{Incarnation, Subject};
use crate::log::{Arrival, Log};
use parts::Parts;
use subscription::{Beginning, Subscription};

pub use archive::{Archive, MAX_LASTING, Records};
pub use error::NatsError;
pub use options::{ChatName, NoChatName, Options};
pub use stream::{Replicas, init};

/// A subscription that cannot be made is tried again after this time.
const RETRY: Duration = Duration::from_millis(250);

/// The library says that it is connected a moment before it is.
const SETTLING: Duration = Duration::from_millis(10);

/// A request must have been answered within this time.
const ANSWER: Duration = Duration::from_secs(2);

/// Private messages are kept for this time, in the form of NATS. A node that misses one for longer is fenced; it is dead
/// after 5 s of the log's time.
const PRIVATE: &str = "1h";

/// Events of the connection that wait. Of more, the last are dropped: the state of the connection is asked anyway.
const EVENTS: usize = 16;

/// The log as a stream. Its methods are called within a runtime of tokio that has time and input.
pub struct JetStream {
    client: Client,
    context: Context,
    name: ChatName,
    me: Incarnation,
    events: mpsc::Receiver<Event>,
    acknowledged: String,
    acknowledgements: Subscriber,
    snapshots: Option<Subscriber>,
    parts: Parts,
    /// The number of snapshots that were sent.
    sent: u64,
    phase: Phase,
    /// The last pass, if there was no connection for it. It is sent when there is one, sooner than the node sends it again.
    unsent: Option<(Subject, Bytes)>,
    /// What [`arrived`](Self::arrived) has seen.
    arrived: VecDeque<Arrival>,
    trouble: Option<NatsError>,
}

enum Phase {
    Idle,
    Beginning { number: u64, behind: u64, attempt: Attempt },
    Following(Box<Subscription>),
}

type Attempt = BoxFuture<'static, Result<Beginning, NatsError>>;

/// Connects to one of the servers. When the connection is lost later, it is made again for as long as it takes.
///
/// Cancel-safe.
pub async fn connect(options: &Options) -> Result<JetStream, NatsError> {
    let (sender, events) = mpsc::channel(EVENTS);
    let client = options::connect(options, Some(sender)).await?;
    let mut context = jetstream::new(client.clone());
    context.set_timeout(ANSWER);
    let acknowledged = client.new_inbox();
    let acknowledgements = client.subscribe(acknowledged.clone()).await;
    Ok(JetStream {
        acknowledgements: acknowledgements.map_err(|error| NatsError::refused(&error))?,
        client,
        context,
        name: options.name.clone(),
        me: Incarnation(0),
        events,
        acknowledged,
        snapshots: None,
        parts: Parts::default(),
        sent: 0,
        phase: Phase::Idle,
        unsent: None,
        arrived: VecDeque::new(),
        trouble: None,
    })
}

impl JetStream {
    /// Prepares for a node of this incarnation, the first one or the next: forgets what has arrived for the one before, checks
    /// the log, and takes the snapshots that are sent to the node. Returns the sequence number of the log's last record, with
    /// which the node begins. Cancel-safe.
    pub async fn join(&mut self, me: Incarnation) -> Result<u64, NatsError> {
        let snapshots = self.client.subscribe(self.name.snapshots_of(me)).await;
        self.snapshots = Some(snapshots.map_err(|error| NatsError::refused(&error))?);
        (self.me, self.parts) = (me, Parts::default());
        (self.phase, self.unsent) = (Phase::Idle, None);
        self.arrived.clear();
        self.archive().last().await
    }

    /// Waits until [`next`](Log::next) returns something. Cancel-safe.
    pub async fn arrived(&mut self) {
        if self.arrived.is_empty() {
            let arrival = poll_fn(|waking| self.poll(waking)).await;
            self.arrived.push_back(arrival);
        }
    }

    /// Why the log could not be used when it was last tried. `None`: it is in use.
    pub fn trouble(&self) -> Option<&NatsError> {
        self.trouble.as_ref()
    }

    /// The log for reading beside the node, and what outlives it.
    pub fn archive(&self) -> Archive {
        Archive { context: self.context.clone(), name: self.name.clone() }
    }

    fn poll(&mut self, waking: &mut Waking<'_>) -> Poll<Arrival> {
        while let Poll::Ready(Some(event)) = self.events.poll_recv(waking) {
            self.notice(event);
        }
        if let Some((subject, pass)) = self.unsent.take() {
            self.send(subject, pass);
        }
        while let Poll::Ready(Some(answer)) = poll_subscriber(&mut self.acknowledgements, waking) {
            if self.is_kept(&answer) {
                return Poll::Ready(Arrival::Acknowledged);
            }
        }
        if let Some(snapshots) = &mut self.snapshots {
            while let Poll::Ready(Some(part)) = poll_subscriber(snapshots, waking) {
                if let Some(snapshot) = self.parts.take(Instant::now(), &part.payload) {
                    return Poll::Ready(Arrival::Snapshot(snapshot));
                }
            }
        }
        self.poll_subscription(waking)
    }

    fn notice(&mut self, event: Event) {
        match event {
            Event::Connected => {
                if let Phase::Beginning { number, behind, .. } = self.phase {
                    self.begin(number, behind, SETTLING);
                }
            }
            // Such as the lack of a right.
            Event::ServerError(error) => self.trouble = Some(NatsError::refused(&error)),
            _ => {}
        }
    }

    /// Looks at an acknowledgement. A refusal is trouble; that there is no stream is seen by the subscription.
    fn is_kept(&mut self, answer: &Message) -> bool {
        let is_kept = answer.status.is_none() && answer.payload.starts_with(b"{\"stream\"");
        if is_kept && matches!(self.phase, Phase::Following(_)) {
            self.trouble = None;
        } else if !is_kept && answer.status.is_none() {
            self.trouble = Some(NatsError::refused(&String::from_utf8_lossy(&answer.payload)));
        }
        is_kept
    }

    fn poll_subscription(&mut self, waking: &mut Waking<'_>) -> Poll<Arrival> {
        loop {
            match &mut self.phase {
                Phase::Idle => return Poll::Pending,
                Phase::Following(subscription) => {
                    let record = std::task::ready!(subscription.poll_next(waking));
                    if record.is_none() {
                        self.phase = Phase::Idle;
                    }
                    return Poll::Ready(record.map_or(Arrival::Cut, Arrival::Record));
                }
                Phase::Beginning { number, behind, attempt } => {
                    let (subscription, behind) = (*number, *behind);
                    match std::task::ready!(attempt.poll_unpin(waking)) {
                        Ok(Beginning { subscription: begun, created, last }) => {
                            self.trouble = None;
                            self.phase = Phase::Following(Box::new(begun));
                            return Poll::Ready(Arrival::Subscribed {
                                subscription,
                                created,
                                last,
                            });
                        }
                        Err(trouble) => {
                            self.trouble = Some(trouble);
                            self.begin(subscription, behind, RETRY);
                        }
                    }
                }
            }
        }
    }

    fn begin(&mut self, number: u64, behind: u64, pause: Duration) {
        let (context, name) = (self.context.clone(), self.name.clone());
        let attempt = Box::pin(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            subscription::begin(context, name, number, behind).await
        });
        self.phase = Phase::Beginning { number, behind, attempt };
    }

    fn send(&mut self, subject: Subject, pass: Bytes) {
        if self.client.connection_state() != State::Connected {
            self.unsent = Some((subject, pass));
            return;
        }
        let mut headers = HeaderMap::new();
        if subject == Subject::Private {
            headers.insert(NATS_MESSAGE_TTL, PRIVATE);
        }
        let (to, answers) = (self.name.subject(subject), self.acknowledged.clone());
        let sending = self.client.publish_with_reply_and_headers(to, answers, headers, pass);
        // If the queue to the connection is full, the node sends it again.
        let _ = unconstrained(sending).now_or_never();
    }
}

impl Log for JetStream {
    fn publish(&mut self, subject: Subject, pass: &[u8]) {
        self.unsent = None;
        self.send(subject, Bytes::copy_from_slice(pass));
    }

    fn subscribe(&mut self, subscription: u64, behind: u64) {
        self.begin(subscription, behind, Duration::ZERO);
    }

    /// One that is too long, or does not fit into the queue to the connection, is lost: the newcomer asks again.
    fn send_snapshot(&mut self, to: Incarnation, snapshot: Vec<u8>) {
        self.sent += 1;
        for part in parts::cut(self.me.0, self.sent, &snapshot).into_iter().flatten() {
            let sending = self.client.publish(self.name.snapshots_of(to), part);
            let _ = unconstrained(sending).now_or_never();
        }
    }

    fn next(&mut self) -> Option<Arrival> {
        self.arrived.pop_front().or_else(|| {
            match self.poll(&mut Waking::from_waker(Waker::noop())) {
                Poll::Ready(arrival) => Some(arrival),
                Poll::Pending => None,
            }
        })
    }
}

fn poll_subscriber(subscriber: &mut Subscriber, waking: &mut Waking<'_>) -> Poll<Option<Message>> {
    Pin::new(subscriber).poll_next(waking)
}
