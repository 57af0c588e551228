//! Systems without a service manager that listens.

use std::io;
use std::net::TcpListener;

pub(crate) fn ready() {}

pub(super) fn reloading() {}

pub(crate) fn stopping() {}

pub(crate) async fn watchdog() {}

#[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
pub(super) fn passed() -> io::Result<Vec<TcpListener>> {
    Ok(Vec::new())
}
