//! Reading the log in bulk, and what outlives it.

use std::time::Duration;

use async_nats::header::{NATS_LAST_SEQUENCE, NATS_SEQUENCE, NATS_TIME_STAMP};
use async_nats::jetstream::object_store::{GetErrorKind, ObjectStore};
use async_nats::jetstream::{Context, context::ObjectStoreErrorKind};
use async_nats::{HeaderMap, Message, Subscriber, datetime};
use futures_util::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::error::NatsError;
use super::options::ChatName;
use super::stream::log_info;
use crate::log::Record;

/// The name of the object that is the lasting snapshot.
const LASTING: &str = "snapshot";

/// The longest lasting snapshot, in bytes.
pub const MAX_LASTING: usize = 64 * 1024 * 1024;

/// A lasting snapshot must be read, or written, within this time.
const COPYING: Duration = Duration::from_secs(20);

/// Of one request: the most records, and bytes.
const BATCH: u64 = 256;
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The status that ends the answer to a request, and the one of a request behind the end of the log.
const END: u16 = 204;
const NOT_FOUND: u16 = 404;

/// The next record must have come within this time.
const ANSWER: Duration = Duration::from_secs(2);

/// Requests in a row that bring nothing, before reading is given up.
const ATTEMPTS: u32 = 4;

/// The log and what outlives it, for reading beside the node. Clones share the connection.
#[derive(Clone)]
pub struct Archive {
    pub(super) context: Context,
    pub(super) name: ChatName,
}

impl Archive {
    /// The sequence number of the last record of the log; 0 if it has none. Cancel-safe.
    pub async fn last(&self) -> Result<u64, NatsError> {
        Ok(log_info(&self.context, &self.name).await?.state.last_sequence)
    }

    /// The time at which the log was made, in seconds since 1970. Cancel-safe.
    pub async fn created(&self) -> Result<i64, NatsError> {
        Ok(log_info(&self.context, &self.name).await?.created.unix_timestamp())
    }

    /// Reads the records behind a sequence number, up to and with another. Those that the log does not have any more are
    /// left out.
    pub fn records(&self, behind: u64, up_to: u64) -> Records {
        let archive = self.clone();
        Records { archive, behind, up_to, delivered: 0, answers: None, before: 0, attempts: 0 }
    }

    /// Reads the lasting snapshot: the last one that was kept as a whole. Cancel-safe.
    pub async fn lasting(&self) -> Result<Option<Vec<u8>>, NatsError> {
        let read = async {
            let mut object = match self.bucket().await?.get(LASTING).await {
                Err(error) if error.kind() == GetErrorKind::NotFound => return Ok(None),
                object => object.map_err(|error| NatsError::refused(&error))?,
            };
            let mut bytes = Vec::new();
            object.read_to_end(&mut bytes).await.map_err(|error| NatsError::refused(&error))?;
            Ok(Some(bytes))
        };
        timeout(COPYING, read).await.unwrap_or(Err(NatsError::NoAnswer))
    }

    /// Keeps a lasting snapshot in place of the one before it, which is there until the new one is kept as a whole. One node
    /// at a time: what two write at once stays in the bucket. Cancel-safe, but for a rest in the bucket.
    pub async fn keep_lasting(&self, snapshot: &[u8]) -> Result<(), NatsError> {
        if snapshot.len() > MAX_LASTING {
            return Err(NatsError::Refused(format!("more than {MAX_LASTING} bytes")));
        }
        let write = async {
            let bucket = self.bucket().await?;
            let mut snapshot = snapshot;
            let kept = bucket.put(LASTING, &mut snapshot).await;
            kept.map(drop).map_err(|error| NatsError::refused(&error))
        };
        timeout(COPYING, write).await.unwrap_or(Err(NatsError::NoAnswer))
    }

    async fn bucket(&self) -> Result<ObjectStore, NatsError> {
        let name = self.name.bucket();
        let bucket = self.context.get_object_store(&name).await;
        bucket.map_err(|error| match error.kind() {
            ObjectStoreErrorKind::GetStore => NatsError::NoStream(format!("OBJ_{name}")),
            ObjectStoreErrorKind::InvalidBucketName => NatsError::refused(&error),
        })
    }
}

/// Records of the log, in order.
pub struct Records {
    archive: Archive,
    /// The sequence number of the last one that was read.
    behind: u64,
    up_to: u64,
    delivered: u64,
    answers: Option<Subscriber>,
    /// The sequence number of the one before, within this request; 0 at its beginning.
    before: u64,
    /// Requests in a row that have brought nothing.
    attempts: u32,
}

impl Records {
    /// The next record. `None`: there are no more. Their `subscription` is 0. Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<Record>, NatsError> {
        while self.behind < self.up_to {
            let Some(answers) = &mut self.answers else {
                self.ask().await?;
                continue;
            };
            let Ok(Some(answer)) = timeout(ANSWER, answers.next()).await else {
                self.end_request(NatsError::NoAnswer)?;
                continue;
            };
            match answer.status.map(|status| status.as_u16()) {
                None => {}
                // The end of a request, or of the log.
                Some(END) if self.before != 0 => {
                    self.answers = None;
                    continue;
                }
                Some(END | NOT_FOUND) => return Ok(None),
                Some(_) => {
                    let why = answer.description.unwrap_or_default();
                    self.end_request(NatsError::Refused(why))?;
                    continue;
                }
            }
            if let Some(record) = self.take(answer)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    async fn ask(&mut self) -> Result<(), NatsError> {
        let client = self.archive.context.client();
        let inbox = client.new_inbox();
        let answers = client.subscribe(inbox.clone()).await;
        let answers = answers.map_err(|error| NatsError::refused(&error))?;
        let subject = format!("$JS.API.DIRECT.GET.{}", self.archive.name.stream());
        let (first, batch) = (self.behind + 1, BATCH.min(self.up_to - self.behind));
        let request = format!(r#"{{"seq":{first},"batch":{batch},"max_bytes":{MAX_BYTES}}}"#);
        let asked = client.publish_with_reply(subject, inbox, request.into()).await;
        asked.map_err(|error| NatsError::refused(&error))?;
        (self.answers, self.before) = (Some(answers), 0);
        Ok(())
    }

    /// The request is given up: the next one goes on from the last record, or `why` is the end of it.
    fn end_request(&mut self, why: NatsError) -> Result<(), NatsError> {
        self.answers = None;
        self.attempts += 1;
        if self.attempts < ATTEMPTS { Ok(()) } else { Err(why) }
    }

    fn take(&mut self, answer: Message) -> Result<Option<Record>, NatsError> {
        let place = answer.headers.as_ref().and_then(place);
        let Some(Place { sequence, time, before }) = place else {
            return self
                .end_request(NatsError::Refused("a record without a number".into()))
                .map(|()| None);
        };
        // One was lost on the way.
        if before != self.before {
            return self.end_request(NatsError::NoAnswer).map(|()| None);
        }
        self.before = sequence;
        self.attempts = 0;
        self.behind = sequence;
        self.delivered += 1;
        let message = answer.payload.into();
        let record = Record { subscription: 0, delivered: self.delivered, sequence, time, message };
        Ok((sequence <= self.up_to).then_some(record))
    }
}

/// The place of a record in the log, and the sequence number of the one before it in the answer.
struct Place {
    sequence: u64,
    time: u64,
    before: u64,
}

fn place(headers: &HeaderMap) -> Option<Place> {
    let number = |name| headers.get(name)?.as_str().parse().ok();
    let time = datetime::parse_rfc3339(headers.get(NATS_TIME_STAMP)?.as_str()).ok()?;
    let time = u64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()?;
    Some(Place {
        sequence: number(NATS_SEQUENCE)?,
        time,
        before: number(NATS_LAST_SEQUENCE).unwrap_or(0),
    })
}
