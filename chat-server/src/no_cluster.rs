//! Stands for `cluster` in a server that is always a chat of its own: there is no log.

#![expect(clippy::needless_pass_by_value, clippy::unused_async, reason = "as there")]

use std::convert::Infallible;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::account::AccountError;
use chat_protocol::name::{Name, NameError};
use chat_protocol::options::profile::Label;
use chat_store::line::{Numbered, Position};
use chat_store::session::Token;
use tokio::sync::oneshot;

use crate::people::accounts::Proved;
use crate::people::commands::Effect;
use crate::people::directory::coming::{Hold, Leaving};
use crate::people::directory::resumption::Back;
use crate::people::directory::{Arrival, Arrived, Directory};
use crate::people::speech::Speaker;
use crate::room::archive::{self, Answer, Reading, Stored};
use crate::room::order::Room;
use crate::room::seat::{MemberId, Seat};

/// There is none.
pub(crate) struct Cluster<T>(Infallible, PhantomData<T>);

/// There is none.
pub(crate) enum Log {}

/// There is none.
pub(crate) enum History {}

pub(crate) type Entered<T> = Result<(Hold, Arrived<T>), (NameError, Option<Box<Seat<T>>>)>;
pub(crate) type Done<T> = (Option<Effect<T>>, usize);
pub(crate) type Resumed = Result<(Hold, Name, Back), NameError>;

impl History {
    pub(crate) fn new(log: &Log) -> Arc<Self> {
        match *log {}
    }
}

impl archive::History for History {
    fn note(&self, _: &Arc<str>, _: Position) {
        match *self {}
    }

    fn last<'a>(&'a self, _: &'a Arc<str>) -> Answer<'a, Option<Stored>> {
        match *self {}
    }

    fn past(self: Arc<Self>, _: Arc<str>, _: Position) -> Box<dyn Reading> {
        match *self {}
    }
}

impl<T> Cluster<T> {
    pub(crate) fn is_reached(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn figures(&self) -> ([u64; 4], Duration) {
        match self.0 {}
    }

    pub(crate) fn new(history: Arc<History>, _: &Directory<T>) -> Self {
        match *history {}
    }

    pub(crate) fn is_open(&self) -> bool {
        match self.0 {}
    }

    pub(crate) async fn opened(&self) {
        match self.0 {}
    }

    pub(crate) async fn enter(
        &self,
        _: (&Name, Option<Proved>),
        _: IpAddr,
        _: Box<Seat<T>>,
        _: Option<String>,
    ) -> Entered<T> {
        match self.0 {}
    }

    pub(crate) fn arrive(
        &self,
        _: Hold,
        _: Box<Seat<T>>,
        _: Arrival,
    ) -> oneshot::Receiver<Arrived<T>> {
        match self.0 {}
    }

    pub(crate) fn command(
        &self,
        _: Hold,
        _: Option<u64>,
        _: (&str, bool),
        _: Option<Token>,
    ) -> oneshot::Receiver<Done<T>> {
        match self.0 {}
    }

    pub(crate) fn pass_over(&self, _: Hold, _: u64) {
        match self.0 {}
    }

    pub(crate) fn say(
        &self,
        _: Option<Hold>,
        _: (&Room<T>, MemberId),
        _: Option<Numbered>,
        _: (Speaker<'_>, Label),
        _: &str,
    ) {
        match self.0 {}
    }

    pub(crate) async fn resume(&self, _: (Token, Position), _: IpAddr, _: Arc<T>) -> Resumed {
        match self.0 {}
    }

    pub(crate) async fn keep_word(
        &self,
        _: Hold,
        _: bool,
        _: &str,
    ) -> Result<Box<str>, AccountError> {
        match self.0 {}
    }

    pub(crate) fn leave(&self, _: &Directory<T>, _: Hold, _: Leaving) {
        match self.0 {}
    }

    pub(crate) async fn has_space(&self) {
        match self.0 {}
    }

    pub(crate) async fn drained(&self) {
        match self.0 {}
    }
}

/// There are none.
pub(crate) mod options {
    use std::fmt;

    use chat_protocol::language::Language;
    use clap::Args;

    use super::Log;
    use crate::config::Config;
    use crate::console::Console;
    use crate::store::StoreOptions;

    /// There are none.
    #[derive(Args, Debug)]
    pub(crate) struct ClusterOptions {}

    /// There are none.
    #[derive(Args, Debug)]
    pub(crate) struct Brokers {}

    /// There is none.
    #[derive(Debug)]
    pub enum ClusterError {}

    #[cfg(feature = "store")]
    impl Brokers {
        pub(crate) async fn set_account(
            &self,
            _: &str,
            _: Option<&str>,
        ) -> Result<(), ClusterError> {
            let Self {} = self;
            Ok(())
        }
    }

    impl ClusterOptions {
        pub(crate) fn are_on(&self) -> bool {
            let Self {} = self;
            false
        }

        pub(crate) fn excluded(&self, _: &Config, _: &StoreOptions) -> Option<&'static str> {
            let Self {} = self;
            None
        }

        pub(crate) fn is_init(&self) -> bool {
            let Self {} = self;
            false
        }

        pub(crate) async fn init(&self, _: &StoreOptions) -> Result<(), ClusterError> {
            let Self {} = self;
            Ok(())
        }

        pub(crate) async fn connect(
            &self,
            _: &Console,
            _: Language,
        ) -> Result<Option<Log>, ClusterError> {
            let Self {} = self;
            Ok(None)
        }
    }

    impl fmt::Display for ClusterError {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            match *self {}
        }
    }
}

pub(crate) mod serving {
    use std::convert::Infallible;
    use std::sync::Arc;

    use super::{Cluster, Log};
    use crate::Server;
    use crate::net::tcp::TcpConnection;

    pub(crate) async fn run(
        _: Arc<Server>,
        cluster: Arc<Cluster<TcpConnection>>,
        _: Log,
    ) -> Infallible {
        match cluster.0 {}
    }
}
