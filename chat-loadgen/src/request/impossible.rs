//! Requests that cannot be carried out.

use std::net::SocketAddr;
use std::time::Duration;

use crate::wire::dialects::{DialectName, FileError, LoginError};

/// A request that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Impossible {
    /// There is no such host.
    #[error("cannot find {0}")]
    Address(String),
    /// A command starts one server.
    #[error("--spawn starts one server: give one --server, or start the others yourself")]
    SpawnSeveral,
    /// The figures of each server are those of all its clients.
    #[error(
        "--timed needs a single --server: the figures of each of several are those of all clients"
    )]
    TimedSeveral,
    /// What is read later would count as lost.
    #[error("--others-after is not before the end of --drain-timeout")]
    TimedLate,
    /// The command of a node lacks what tells it from others, or where its broker is.
    #[error("the command of --spawn lacks {0}, which each node needs")]
    NoPlaceholder(&'static str),
    /// A node is to be cut off for longer than the run measures.
    #[error("--cut-node takes longer than the run")]
    LongCut,
    /// A generator's share is too small.
    #[error(
        "{0} generators are too many: each needs a sender, and a client in each room beside its senders"
    )]
    Generators(u32),
    /// Two options name the same address.
    #[error("--server names {0} twice")]
    SameServer(SocketAddr),
    /// A certificate is to be believed where there is none.
    #[error("--tls-ca, --tls-fingerprint and --insecure need a --server tls://… or wss://…")]
    NothingToTrust,
    /// The dialect has no way through a WebSocket.
    #[error("{0} does not travel through a WebSocket: --server ws://… needs another --dialect")]
    NoFrames(String),
    /// There are more senders than clients.
    #[error("{0} senders are more than {1} clients")]
    Senders(u32, u32),
    /// There are more rooms than clients.
    #[error("{0} rooms are more than {1} clients")]
    Rooms(u32, u32),
    /// The dialect has no rooms.
    #[error("there is one room only in {0}: --rooms needs another --dialect")]
    OneRoom(String),
    /// The dialect has no way to be connected without taking part.
    #[error("whoever is connected takes part in {0}: --idle-clients needs another --dialect")]
    NoIdlers(String),
    /// Slow readers and churning clients do not send, and others have to be compared with.
    #[error(
        "{0} slow readers and churning clients are more than the {1} clients that neither send \
         nor are needed as witnesses"
    )]
    Listeners(u64, u32),
    /// A message is longer than the dialect allows.
    #[error("a message has at most {0} bytes in {1}")]
    Message(usize, String),
    /// A name is longer than the dialect allows.
    #[error("a name has at most {0} characters in {1}")]
    Name(usize, String),
    /// `--total-order` in a room in which every client sends: it has no witness.
    #[error("--total-order needs a client in each room that does not send")]
    NoWitness,
    /// The relay knows one dialect and no rooms.
    #[error("the relay of --calibrate speaks basico, with one room")]
    Relay,
    /// A search changes the rate.
    #[error("--find-max begins at one --rate, not at several")]
    SeveralRates,
    /// There is no dialect in a file.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no login.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The dialect has no passwords.
    #[error("{0} knows no passwords: --password-file needs another --dialect")]
    NoLogin(DialectName),
    /// A condition that would have to hold for longer than the run measures.
    #[error("--abort-if '{0}' can never end a run of {time}", time = humantime::format_duration(*.1))]
    NeverEnds(String, Duration),
    /// Sessions with an option that they do not go together with.
    #[error(
        "clients with sessions (--reconnect, --kill-every, and faults of nodes in grupal) do not go \
         together with {0}"
    )]
    Sessions(&'static str),
    /// `--verify off` with an option that needs judged deliveries.
    #[error("--verify off judges nothing: no --total-order, --churn or --slow-readers")]
    NotJudged,
    /// `--verify off` with a condition on judged deliveries.
    #[error("--verify off judges nothing: `{0}` cannot be known")]
    UnknownMetric(String),
}
