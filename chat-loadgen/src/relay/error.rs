//! Errors of the relay.

use std::io;
use std::path::PathBuf;

use chat_protocol::options::endpoint::Endpoint;
use thiserror::Error;

use crate::wire::dialects::DialectName;

/// The reasons for which the relay could not begin, or had to end.
#[derive(Debug, Error)]
pub(crate) enum RelayError {
    /// The address cannot be listened on: taken, reserved, or not of this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address as it was given.
        address: Endpoint,
        /// The system's error.
        #[source]
        reason: io::Error,
    },
    /// The server's address is unknown.
    #[error("cannot find {address}")]
    Upstream {
        /// The address as it was given.
        address: Endpoint,
        /// The system's error.
        #[source]
        reason: io::Error,
    },
    /// A fault makes no sense in a dialect.
    #[error("{option} makes no sense with --dialect {dialect}: {why}")]
    Senseless {
        /// The option that asks for the fault.
        option: &'static str,
        /// The dialect.
        dialect: DialectName,
        /// The reason.
        why: &'static str,
    },
    /// There is no certificate to be shown.
    #[error("cannot use the certificate: {0}")]
    Certificate(String),
    /// The log cannot be created.
    #[error("cannot create {}", path.display())]
    CreateLog {
        /// Path of the log.
        path: PathBuf,
        /// The system's error.
        #[source]
        reason: io::Error,
    },
    /// The log cannot be written on.
    #[error("cannot write the log")]
    Log(#[source] io::Error),
    /// The event queue failed.
    #[error("cannot wait for events")]
    Poll(#[source] io::Error),
    /// Standard output is closed.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
}
