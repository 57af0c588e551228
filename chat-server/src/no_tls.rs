//! Stands for `tls` in a server without TLS: it has no options, so there is no certificate.

#![expect(clippy::unnecessary_wraps, clippy::unused_async, reason = "as there")]

use crate::service::Reloading;
use std::convert::Infallible;

use chat_protocol::language::Language;
use chat_protocol::options::endpoint::Endpoint;
use clap::Args;

use crate::net::wire::tls::Config;

/// There are none.
#[derive(Args, Debug)]
pub(crate) struct TlsOptions {}

/// There is none.
pub(crate) enum Secured {}

/// There is none.
#[derive(Debug)]
pub enum Error {}

impl TlsOptions {
    pub(crate) const LISTENERS: &[&str] = &[];
    pub(crate) const USES: &[&str] = &[];

    pub(crate) fn bind(&self) -> Option<&Endpoint> {
        let Self {} = self;
        None
    }

    pub(crate) fn secured(&self) -> Result<Option<Secured>, Error> {
        let Self {} = self;
        Ok(None)
    }
}

impl Secured {
    pub(crate) fn lines(&self) -> Config {
        match *self {}
    }

    pub(crate) fn web(&self) -> Option<Config> {
        match *self {}
    }

    pub(crate) fn expiry(&self) -> Box<dyn Fn() -> Option<u64> + Send + Sync> {
        match *self {}
    }

    pub(crate) fn reload(&self, _: &Reloading) {
        match *self {}
    }

    pub(crate) async fn watch(&self) -> Infallible {
        match *self {}
    }
}

impl Error {
    pub(crate) fn explanation(&self, _: Language) -> String {
        match *self {}
    }
}
