//! The lobby of a listener: connections that are no clients yet, because they have to shake hands or to ask before.

use std::future::ready;
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

/// A connection that becomes a client's, which comes from this address.
pub(crate) struct Opened {
    pub(crate) tcp: TcpStream,
    pub(crate) wire: Wire,
    pub(crate) peer: SocketAddr,
}

/// Accepts connections until the server stops. Each becomes a client's when `open` returns it, in a task of its own.
/// `limits` hold for those of one address that are in the lobby at a time, as for its clients.
pub(crate) async fn listen<F>(
    server: Arc<Server>,
    listener: TcpListener,
    limits: Limits,
    connections: TaskTracker,
    open: impl Fn(Arc<Server>, TcpStream, SocketAddr) -> F + Clone + Send + Sync + 'static,
) where
    F: Future<Output = Option<Opened>> + Send,
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
        // Those of all its clients come from a proxy.
        let limited = addresses.as_ref().filter(|_| !server.proxies.has(peer.ip()));
        let origin = limited.map_or(Ok(None), |all| all.enter(peer.ip()));
        let (Ok(permit), Ok(origin)) = (Arc::clone(&places).try_acquire_owned(), origin) else {
            tracing::debug!(%peer, "too many handshakes or requests at a time");
            continue;
        };
        let (server, tracker, open) = (Arc::clone(&server), connections.clone(), open.clone());
        connections.spawn(async move {
            let shares: (OwnedSemaphorePermit, _) = (permit, origin);
            let opened =
                wait_in(&server, stream, peer, |tcp, peer| open(Arc::clone(&server), tcp, peer));
            let opened = opened.await;
            drop(shares);
            serve(server, opened, &tracker);
        });
    }
}

/// Serves the client of a proxy on a listener for lines, once the proxy has said from where it comes.
pub(crate) async fn announced(
    server: Arc<Server>,
    stream: TcpStream,
    proxy: SocketAddr,
    connections: TaskTracker,
) {
    let plain = |tcp, peer| ready(Some(Opened { tcp, wire: Wire::default(), peer }));
    let opened = wait_in(&server, stream, proxy, plain).await;
    serve(server, opened, &connections);
}

/// Hears the proxy, if there is one, and opens the connection, unless the server stops before.
async fn wait_in<F: Future<Output = Option<Opened>>>(
    server: &Server,
    mut tcp: TcpStream,
    peer: SocketAddr,
    open: impl FnOnce(TcpStream, SocketAddr) -> F,
) -> Option<Opened> {
    let opened = async {
        let peer = server.proxies.client(&mut tcp, peer).await?;
        open(tcp, peer).await
    };
    tokio::select! {
        biased;
        () = server.stopping.cancelled() => None,
        opened = opened => opened,
    }
}

/// In a task of its own, which has no space for the handshake.
fn serve(server: Arc<Server>, opened: Option<Opened>, connections: &TaskTracker) {
    if let Some(Opened { tcp, wire, peer }) = opened {
        let speaking = server.speaking.token();
        connections.spawn(entrance::serve(server, tcp, wire, peer, speaking));
    }
}

/// Opens a connection on which there are lines behind a handshake.
pub(crate) async fn shake_hands(tcp: TcpStream, peer: SocketAddr, tls: Config) -> Option<Opened> {
    let Stream { tcp, tls } = secured(tcp, peer, Some(&tls)).await?;
    Some(Opened { tcp, wire: Wire::new(tls, None), peer })
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
