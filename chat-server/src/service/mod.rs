//! The server as a service: what it tells its service manager, and the listeners that it is passed (chapter 16).

#[cfg_attr(not(target_os = "linux"), path = "no_manager.rs")]
mod manager;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use chat_protocol::language::Language;

pub(crate) use manager::{started, stopping};

/// Files are read anew. The manager learns it when the last copy of this is dropped.
#[derive(Clone)]
pub(crate) struct Reloading(#[expect(dead_code, reason = "it is dropped")] Arc<ReadyAtEnd>);

struct ReadyAtEnd;

impl Reloading {
    /// Tells the manager that it begins.
    pub(crate) fn begin() -> Self {
        manager::reloading();
        Self(Arc::new(ReadyAtEnd))
    }
}

impl Drop for ReadyAtEnd {
    fn drop(&mut self) {
        manager::ready();
    }
}

/// Listening sockets that the server has from its service manager (socket activation), and that no listener has
/// taken yet.
#[derive(Debug, Default)]
pub(crate) struct Passed(Vec<TcpListener>);

impl Passed {
    /// Those that the environment tells of. Fails when one of them does not listen for TCP.
    pub(crate) fn from_environment() -> Result<Self, Error> {
        manager::passed().map(Self).map_err(Error::Unusable)
    }

    /// Takes the one that listens on one of these addresses.
    pub(crate) fn take(&mut self, addresses: &[SocketAddr]) -> Option<TcpListener> {
        let is_one = |listener: &TcpListener| {
            listener.local_addr().is_ok_and(|address| addresses.contains(&address))
        };
        self.0.iter().position(is_one).map(|index| self.0.swap_remove(index))
    }

    /// Fails when one is left.
    pub(crate) fn are_taken(&self) -> Result<(), Error> {
        match self.0.first().map(TcpListener::local_addr) {
            None => Ok(()),
            Some(Ok(address)) => Err(Error::Left(address)),
            Some(Err(error)) => Err(Error::Unusable(error)),
        }
    }
}

/// What the service manager has passed is of no use.
#[derive(Debug)]
pub enum Error {
    /// It does not listen for TCP.
    Unusable(io::Error),
    /// The server does not listen on this address.
    Left(SocketAddr),
}

impl Error {
    /// One line for people.
    pub(crate) fn explanation(&self, language: Language) -> String {
        match self {
            Self::Unusable(reason) => language.cannot_use_passed(&reason.to_string()).to_string(),
            Self::Left(address) => language.passed_is_left(address).to_string(),
        }
    }
}
