//! The lobby of a listener: connections that are no clients yet, because they have to shake hands or to ask before.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::refusal::AddressLimit;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::Server;
use crate::client::entrance;
use crate::client::membership::journal;
use crate::net::listener::Acceptor;
use crate::net::per_address::{Addresses, Limits, Origin};
use crate::net::wire::Wire;
use crate::net::wire::stream::Stream;
use crate::net::wire::tls::Config;

/// Connections in a lobby at a time. Each costs a descriptor, and up to 10 KiB for a handshake or the head of a request.
const MOST: usize = 1000;

/// The time for the first bytes of a request that is not looked at.
const REQUEST_TIME: Duration = Duration::from_secs(1);

/// The time for what has arrived when the server stops: it is only to be read.
const LAST: Duration = Duration::from_millis(50);

/// A connection that becomes a client's, which comes from this address.
pub(crate) struct Opened {
    pub(crate) tcp: TcpStream,
    pub(crate) wire: Wire,
    pub(crate) peer: SocketAddr,
}

/// The reason why there is no place in a lobby for a connection.
#[derive(Clone, Copy)]
pub(crate) enum NoPlace {
    /// There are [`MOST`] connections already.
    Lobby,
    /// A limit of its address is reached.
    Address(AddressLimit),
}

/// Accepts connections until the server stops. Each becomes a client's when `open` returns it, in a task of its own.
/// `limits` hold for those of one address that are in the lobby at a time, as for its clients.
/// One more is turned away, with the response that `turned_away` has for it, if any.
pub(crate) async fn listen<F>(
    server: Arc<Server>,
    listener: TcpListener,
    limits: Limits,
    connections: TaskTracker,
    open: impl Fn(Arc<Server>, TcpStream, SocketAddr) -> F + Clone + Send + Sync + 'static,
    turned_away: impl Fn(NoPlace) -> Option<String>,
) where
    F: Future<Output = Option<Opened>> + Send,
{
    let addresses = Addresses::new(Limits { lines: None, rooms: None, ..limits }).map(Arc::new);
    let places = Arc::new(Semaphore::new(MOST));
    let mut acceptor = Acceptor::new(listener);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = server.stopping.cancelled() => return,
            accepted = acceptor.accept() => accepted,
        };
        // Those of all its clients come from a proxy.
        let is_proxy = server.proxies.has(peer.ip());
        let origin = enter(addresses.as_deref().filter(|_| !is_proxy), peer);
        let place = origin.and_then(|origin| {
            let permit = Arc::clone(&places).try_acquire_owned().map_err(|_| NoPlace::Lobby)?;
            Ok((permit, origin))
        });
        let (permit, origin) = match place {
            Ok(place) => place,
            Err(reason) => {
                report(&server, peer, reason);
                if let Some(response) = turned_away(reason) {
                    connections.spawn(turn_away(Arc::clone(&server), stream, response));
                }
                continue;
            }
        };
        // Those who stop wait for what it says, if it becomes a client's.
        let speaking = server.speaking.token();
        let (server, tracker, open) = (Arc::clone(&server), connections.clone(), open.clone());
        let announced = addresses.clone().filter(|_| is_proxy);
        connections.spawn(async move {
            let shares: (OwnedSemaphorePermit, _) = (permit, origin);
            let opened = wait_in(&server, stream, peer, announced.as_deref(), |tcp, client| {
                open(Arc::clone(&server), tcp, client)
            });
            let opened = opened.await;
            drop(shares);
            serve(server, opened, speaking, &tracker);
        });
    }
}

/// Counts one more connection of this address, where addresses have limits.
fn enter(addresses: Option<&Addresses>, peer: SocketAddr) -> Result<Option<Origin>, NoPlace> {
    addresses.map_or(Ok(None), |all| all.enter(peer.ip())).map_err(NoPlace::Address)
}

fn report(server: &Server, peer: SocketAddr, reason: NoPlace) {
    let language = server.language();
    let word = if let NoPlace::Lobby = reason { "lobby_full" } else { "address_limit" };
    journal::refused(server, peer, word);
    match reason {
        NoPlace::Lobby => server.console.print(language.lobby_is_full(peer, MOST)),
        NoPlace::Address(limit) => server.console.print(language.client_limited(peer, limit)),
    }
}

/// Gives this response to a request that is not looked at, unless that is being done for many others already.
async fn turn_away(server: Arc<Server>, tcp: TcpStream, response: String) {
    let Some(_farewell) = server.admission.farewell() else { return };
    // A browser takes nothing for a response that comes before its request.
    let _ = timeout(REQUEST_TIME, tcp.readable()).await;
    Stream { tcp, tls: None }.part_with(&response).await;
}

/// Hears the proxy, if there is one, and opens the connection, unless the server stops before. What has arrived by then
/// still counts. `addresses` count the client of a proxy from when its address is known.
async fn wait_in<F: Future<Output = Option<Opened>>>(
    server: &Server,
    mut tcp: TcpStream,
    peer: SocketAddr,
    addresses: Option<&Addresses>,
    open: impl FnOnce(TcpStream, SocketAddr) -> F,
) -> Option<Opened> {
    let opened = async {
        let client = server.proxies.client(&mut tcp, peer).await?;
        let announced = addresses.filter(|_| client != peer);
        let _origin =
            enter(announced, client).inspect_err(|reason| report(server, client, *reason)).ok()?;
        open(tcp, client).await
    };
    let stopped = async {
        server.stopping.cancelled().await;
        sleep(LAST).await;
    };
    tokio::select! {
        biased;
        opened = opened => opened,
        () = stopped => None,
    }
}

/// In a task of its own, which has no space for the handshake.
fn serve(
    server: Arc<Server>,
    opened: Option<Opened>,
    speaking: TaskTrackerToken,
    connections: &TaskTracker,
) {
    if let Some(Opened { tcp, wire, peer }) = opened {
        connections.spawn(entrance::serve(server, tcp, wire, peer, speaking));
    }
}

/// Opens a connection on which there are lines at once.
pub(crate) fn plain(
    _: Arc<Server>,
    tcp: TcpStream,
    peer: SocketAddr,
) -> impl Future<Output = Option<Opened>> {
    ready(Some(Opened { tcp, wire: Wire::default(), peer }))
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
