//! Reasons why the log cannot be used.

use std::io;
use std::path::PathBuf;

use async_nats::ConnectErrorKind;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{
    GetStreamError, GetStreamErrorKind, RequestError, RequestErrorKind,
};
use thiserror::Error;

/// The log cannot be used, or not now. The text says what to do.
#[derive(Debug, Error)]
pub enum NatsError {
    /// The address of a server cannot be read.
    #[error(
        "{0:?} is not the address of a NATS server: write HOST:PORT, nats://HOST:PORT or tls://HOST:PORT"
    )]
    Address(String),
    /// The file with the credentials, or with the certificates of authorities, cannot be read.
    #[error("cannot read {}", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// No server can be reached.
    #[error("cannot reach a NATS server: {0}")]
    Unreachable(String),
    /// A server refuses user, password or credentials.
    #[error(
        "the NATS server refuses this user: check user and password, or the file of credentials"
    )]
    NotAuthorised,
    /// A server has an old version.
    #[error(
        "nats-server {0} is too old: 2.11 or later is needed, as earlier ones cannot let single messages expire (message TTL)"
    )]
    TooOld(String),
    /// A server takes only smaller messages than the chat has.
    #[error(
        "the NATS server takes messages of {found} bytes: set its max_payload to {needed} or more"
    )]
    SmallPayload {
        /// Bytes that it takes.
        found: usize,
        /// Bytes that are needed.
        needed: usize,
    },
    /// No server has `JetStream`.
    #[error(
        "JetStream is off: start nats-server with -js, or with jetstream {{}} in its configuration"
    )]
    NoJetStream,
    /// The stream does not exist.
    #[error("there is no stream {0}: chat-server --cluster-init makes it")]
    NoStream(String),
    /// The stream is another one than this program makes.
    #[error(
        "the stream {stream} has {what} {found}, not {wanted}: change it with the nats tool, or use another name"
    )]
    OtherStream {
        /// Its name.
        stream: String,
        /// The field of its configuration.
        what: &'static str,
        /// The value that it has.
        found: String,
        /// The value that it should have.
        wanted: String,
    },
    /// The connection is lost, and is tried again.
    #[error("the connection to the NATS server is lost")]
    Disconnected,
    /// The servers do not answer in time.
    #[error(
        "the NATS servers do not answer: most of them are away, or this user may not use $JS.API"
    )]
    NoAnswer,
    /// A server refuses something for another reason.
    #[error("the NATS server refuses: {0}")]
    Refused(String),
}

impl NatsError {
    pub(super) fn refused(error: &impl ToString) -> Self {
        Self::Refused(error.to_string())
    }

    pub(super) fn of_connecting(error: &async_nats::ConnectError) -> Self {
        match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                Self::NotAuthorised
            }
            _ => Self::Unreachable(error.to_string()),
        }
    }

    pub(super) fn of_stream(error: &GetStreamError, stream: &str) -> Self {
        use std::error::Error;
        if let GetStreamErrorKind::JetStream(error) = error.kind() {
            return match error.error_code() {
                ErrorCode::STREAM_NOT_FOUND => Self::NoStream(stream.to_owned()),
                ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => {
                    Self::NoJetStream
                }
                _ => Self::refused(&error),
            };
        }
        let request = error.source().and_then(|source| source.downcast_ref::<RequestError>());
        match request.map(RequestError::kind) {
            Some(RequestErrorKind::NoResponders) => Self::NoJetStream,
            Some(RequestErrorKind::TimedOut) => Self::NoAnswer,
            _ => Self::refused(error),
        }
    }
}
