//! Chapter 15: watching a server. Metrics: `figures`; the listener, and whether the server is healthy: `health`; the diagnostics:
//! `diagnostics`; what documents say of metrics: `guide`.

mod diagnostics;
mod figures;
mod guide;
mod health;

use std::net::SocketAddr;

use chat_drive::failure::Result;
use chat_protocol::wording;
use chat_tests::chat::Chat;
use chat_tests::harness::door::Door;
use chat_tests::harness::peer::Peer;

/// The option, with a free port.
const METRICS: [&str; 2] = ["--metrics", "127.0.0.1:0"];

/// The address of the metrics.
#[track_caller]
fn metrics(chat: &Chat) -> SocketAddr {
    chat.metrics.expect("a server with --metrics")
}

/// Connects a peer that takes part under this name.
#[track_caller]
fn member(chat: &Chat, door: Door, name: &str) -> Result<Peer> {
    let mut peer = chat.peer_through(door, name)?;
    peer.expect(wording::NAME_KEYWORD)?;
    // The server says nothing to accept a name. What it tells who joins is skipped.
    peer.send(format!("{name}\n/quien\n"))?;
    while peer.hear()?.is_some_and(|line| !line.starts_with("* en general")) {}
    Ok(peer)
}
