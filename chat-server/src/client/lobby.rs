//! The lobby of a listener: connections that are no clients yet, because they have to shake hands or to ask before.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::Server;
use crate::client::entrance;
use crate::net::listener::Acceptor;
use crate::net::per_address::{Addresses, Limits};
use crate::net::wire::Wire;
use crate::net::wire::stream::Stream;
use crate::net::wire::tls::Config;

/// Connections in a lobby at a time. Each costs a descriptor, and up to 10 KiB for a handshake or the head of a request.
const MOST: usize = 1000;

/// Accepts connections until the server stops. Each becomes a client's when `open` returns it, in a task of its own.
/// `limits` hold for those of one address that are in the lobby at a time, as for its clients.
pub(crate) async fn listen<F>(
    server: Arc<Server>,
    listener: TcpListener,
    limits: Limits,
    connections: TaskTracker,
    open: impl Fn(Arc<Server>, TcpStream, SocketAddr) -> F,
) where
    F: Future<Output = Option<(TcpStream, Wire)>> + Send + 'static,
{
    let addresses = Addresses::new(Limits { connects: None, lines: None, rooms: None, ..limits });
    let places = Arc::new(Semaphore::new(MOST));
    let mut acceptor = Acceptor::new(listener);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = server.stopping.cancelled() => return,
            accepted = acceptor.accept() => accepted,
        };
        let origin = addresses.as_ref().map_or(Ok(None), |all| all.enter(peer.ip()));
        let (Ok(permit), Ok(origin)) = (Arc::clone(&places).try_acquire_owned(), origin) else {
            tracing::debug!(%peer, "too many handshakes or requests at a time");
            continue;
        };
        let (server, tracker) = (Arc::clone(&server), connections.clone());
        let opened = open(Arc::clone(&server), stream, peer);
        connections.spawn(async move {
            let shares: (OwnedSemaphorePermit, _) = (permit, origin);
            let opened = tokio::select! {
                biased;
                () = server.stopping.cancelled() => return,
                opened = opened => opened,
            };
            drop(shares);
            if let Some((stream, wire)) = opened {
                let speaking = server.speaking.token();
                // In a task of its own, which has no space for the handshake.
                tracker.spawn(entrance::serve(server, stream, wire, peer, speaking));
            }
        });
    }
}

/// Opens a connection on which there are lines behind a handshake.
pub(crate) async fn shake_hands(
    tcp: TcpStream,
    peer: SocketAddr,
    tls: Config,
) -> Option<(TcpStream, Wire)> {
    let Stream { tcp, tls } = secured(tcp, peer, Some(&tls)).await?;
    Some((tcp, Wire::new(tls, None)))
}

/// Shakes hands, where there is TLS. A peer that fails is only worth a line of diagnostics.
pub(crate) async fn secured(
    tcp: TcpStream,
    peer: SocketAddr,
    tls: Option<&Config>,
) -> Option<Stream> {
    Stream::open(tcp, tls)
        .await
        .inspect_err(|error| tracing::debug!(%peer, %error, "the TLS handshake failed"))
        .ok()
}
