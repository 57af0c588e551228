//! Systems without a service manager that listens.

use std::io;
use std::net::TcpListener;

pub(crate) fn started() {}

pub(super) fn ready() {}

pub(super) fn reloading() {}

pub(crate) fn stopping() {}

#[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
pub(super) fn passed() -> io::Result<Vec<TcpListener>> {
    Ok(Vec::new())
}
