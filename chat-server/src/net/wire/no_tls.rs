//! Stands for `tls.rs` in a server without TLS: there is no such connection.

#![expect(clippy::unused_async, reason = "as there")]

use std::convert::Infallible;
use std::io;

/// There is none.
#[derive(Clone)]
pub(crate) enum Config {}

/// There is none.
pub(crate) enum Tls {}

impl Config {
    pub(super) async fn turn(&self) -> Option<Infallible> {
        match *self {}
    }
}

impl Tls {
    pub(super) fn new(config: &Config) -> io::Result<Self> {
        match *config {}
    }

    pub(super) fn is_handshaking(&self) -> bool {
        match *self {}
    }

    pub(super) fn offer<W, S>(&self, _: W, _: S) -> io::Result<usize>
    where
        W: Fn(&[u8]) -> io::Result<usize>,
        S: FnOnce(&dyn Fn(&[u8]) -> io::Result<usize>) -> io::Result<usize>,
    {
        match *self {}
    }

    pub(super) fn seal<W>(&self, _: &[u8], _: W) -> io::Result<usize> {
        match *self {}
    }

    pub(super) fn holds(&self) -> bool {
        match *self {}
    }

    pub(super) fn flush<W>(&self, _: W) -> io::Result<usize> {
        match *self {}
    }

    pub(super) fn close<W>(&self, _: W) {
        match *self {}
    }

    pub(super) fn has_pending(&self) -> bool {
        match *self {}
    }

    pub(super) fn receive<R, W>(&self, _: &mut [u8], _: R, _: W) -> io::Result<Option<usize>> {
        match *self {}
    }
}
