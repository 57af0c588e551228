//! The stream that is the log, and the bucket for what outlives it.

use std::time::Duration;

use async_nats::jetstream::object_store;
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, StorageType};
use async_nats::jetstream::{self, Context};

use super::error::NatsError;
use super::options::{ChatName, MIN_PAYLOAD, Options, connect};
use crate::entry::{Incarnation, Subject};

/// The number of servers that keep each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replicas {
    /// One: the chat stands still while it is away.
    One = 1,
    /// Three, of which one may be away.
    Three = 3,
}

/// The server compares the identifiers of messages for so long. Passes have none, as they are numbered; this is the
/// shortest time that it takes.
const DUPLICATES: Duration = Duration::from_millis(100);

impl ChatName {
    pub(super) fn stream(&self) -> String {
        format!("CHAT_{self}")
    }

    pub(super) fn bucket(&self) -> String {
        format!("CHAT_{self}_lasting")
    }

    pub(super) fn subject(&self, subject: Subject) -> String {
        match subject {
            Subject::Public => format!("chat.{self}.log.public"),
            Subject::Private => format!("chat.{self}.log.private"),
        }
    }

    pub(super) fn snapshots_of(&self, node: Incarnation) -> String {
        format!("chat.{self}.snapshot.{:016x}", node.0)
    }

    fn config(&self) -> Config {
        Config {
            name: self.stream(),
            subjects: [Subject::Private, Subject::Public].map(|of| self.subject(of)).into(),
            storage: StorageType::File,
            discard: DiscardPolicy::Old,
            duplicate_window: DUPLICATES,
            max_message_size: i32::try_from(MIN_PAYLOAD).unwrap_or(i32::MAX),
            max_messages: -1,
            max_messages_per_subject: -1,
            max_consumers: -1,
            max_bytes: -1,
            num_replicas: 1,
            allow_direct: true,
            allow_message_ttl: true,
            ..Config::default()
        }
    }
}

/// Makes the stream and the bucket of a chat. Is content if they are there, and as they would be made.
///
/// `keep` is the time for which records are kept, `keep_bytes` their size; `None`: no limit. Not cancel-safe: it can be
/// called again.
pub async fn init(
    options: &Options,
    replicas: Replicas,
    keep: Option<Duration>,
    keep_bytes: Option<u64>,
) -> Result<(), NatsError> {
    let context = jetstream::new(connect(options, None).await?);
    let wanted = Config {
        num_replicas: replicas as usize,
        max_age: keep.unwrap_or_default(),
        max_bytes: keep_bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
        ..options.name.config()
    };
    match info(&context, &wanted.name).await {
        Err(NatsError::NoStream(_)) => {
            context.create_stream(wanted).await.map_err(|error| NatsError::refused(&error))?;
        }
        found => {
            let found = found?.config;
            compare(&found, &wanted, &shape)?;
            compare(&found, &wanted, &size)?;
        }
    }
    let bucket = object_store::Config {
        bucket: options.name.bucket(),
        storage: StorageType::File,
        num_replicas: replicas as usize,
        ..object_store::Config::default()
    };
    let stream = format!("OBJ_{}", bucket.bucket);
    match info(&context, &stream).await {
        Err(NatsError::NoStream(_)) => {
            context
                .create_object_store(bucket)
                .await
                .map_err(|error| NatsError::refused(&error))?;
            Ok(())
        }
        found => {
            let found = found?.config;
            let wanted = Config {
                storage: StorageType::File,
                num_replicas: replicas as usize,
                max_age: Duration::ZERO,
                ..found.clone()
            };
            compare(&found, &wanted, &shape)?;
            compare(&found, &wanted, &size)
        }
    }
}

/// Looks at a stream.
pub(super) async fn info(context: &Context, stream: &str) -> Result<Info, NatsError> {
    let found = context.get_stream(stream).await;
    let found = found.map_err(|error| NatsError::of_stream(&error, stream))?;
    Ok(found.cached_info().clone())
}

/// Looks at the log of a chat, and checks that it is one.
pub(super) async fn log_info(context: &Context, name: &ChatName) -> Result<Info, NatsError> {
    let found = info(context, &name.stream()).await?;
    compare(&found.config, &name.config(), &shape)?;
    Ok(found)
}

type Field = (&'static str, String);

/// What must hold, lest passes are lost.
fn shape(config: &Config) -> Vec<Field> {
    vec![
        ("storage", format!("{:?}", config.storage).to_lowercase()),
        ("subjects", {
            let mut subjects = config.subjects.clone();
            subjects.sort();
            subjects.join(", ")
        }),
        ("retention", format!("{:?}", config.retention).to_lowercase()),
        ("discard", format!("{:?}", config.discard).to_lowercase()),
        ("max-msgs-per-subject", config.max_messages_per_subject.to_string()),
        ("max-msg-size", config.max_message_size.to_string()),
        ("allow-direct", config.allow_direct.to_string()),
        ("allow-msg-ttl", config.allow_message_ttl.to_string()),
    ]
}

/// What an operator chooses.
fn size(config: &Config) -> Vec<Field> {
    vec![
        ("replicas", config.num_replicas.to_string()),
        ("max-age", format!("{:?}", config.max_age)),
        ("max-bytes", config.max_bytes.to_string()),
        ("max-msgs", config.max_messages.to_string()),
    ]
}

fn compare(
    found: &Config,
    wanted: &Config,
    fields: &dyn Fn(&Config) -> Vec<Field>,
) -> Result<(), NatsError> {
    let stream = found.name.clone();
    let mut pairs = fields(found).into_iter().zip(fields(wanted));
    match pairs.find(|(found, wanted)| found != wanted) {
        None => Ok(()),
        Some(((what, found), (_, wanted))) => {
            Err(NatsError::OtherStream { stream, what, found, wanted })
        }
    }
}
