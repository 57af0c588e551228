//! The web listener (`--web`): HTTP requests, of which those for `/ws` become connections of clients (chapter 10).
//!
//! It reads one request of a connection, GET only and without a body, and closes what does not become a WebSocket.

mod http;
mod page;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::websocket::handshake::{Rejection, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::Server;
use crate::client::entrance;
use crate::net::listener::Acceptor;
use crate::net::per_address::{Addresses, Limits};
use crate::net::wire::Wire;
use crate::net::wire::encoding::Encoding;
use crate::net::wire::websocket::WebSocket;
use http::{Status, head};

/// Requests that are read at a time. Each costs a descriptor and up to [`http::MAX_HEAD`].
const MAX_REQUESTS: usize = 1000;

/// The time for which a peer that got a response is still read from, so that a reset does not destroy it.
const LINGER: Duration = Duration::from_secs(1);

/// Accepts connections until the server stops. `limits` hold for the requests of one address that are read at a
/// time, as for its clients.
pub(crate) async fn listen(
    server: Arc<Server>,
    listener: TcpListener,
    limits: Limits,
    connections: TaskTracker,
) {
    let addresses = Addresses::new(Limits { connects: None, lines: None, rooms: None, ..limits });
    let requests = Arc::new(Semaphore::new(MAX_REQUESTS));
    let mut acceptor = Acceptor::new(listener);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = server.stopping.cancelled() => return,
            accepted = acceptor.accept() => accepted,
        };
        let origin = addresses.as_ref().map_or(Ok(None), |all| all.enter(peer.ip()));
        let (Ok(permit), Ok(origin)) = (Arc::clone(&requests).try_acquire_owned(), origin) else {
            tracing::debug!(%peer, "too many requests at a time");
            continue;
        };
        let (server, tracker) = (Arc::clone(&server), connections.clone());
        connections.spawn(async move {
            let shares: (OwnedSemaphorePermit, _) = (permit, origin);
            let upgraded = tokio::select! {
                biased;
                () = server.stopping.cancelled() => return,
                upgraded = serve_request(&server, stream, peer) => upgraded,
            };
            drop(shares);
            if let Some((stream, encoding)) = upgraded {
                let (speaking, now) = (server.speaking.token(), server.clock.now());
                let socket = WebSocket::new(encoding, server.config.ping.duration(), now);
                // In a task of its own, which has no space for the request.
                let wire = Wire::WebSocket(Box::new(socket));
                tracker.spawn(entrance::serve(server, stream, wire, peer, speaking));
            }
        });
    }
}

/// Answers one request. Returns the connection if it has become a WebSocket, and the encoding of what it is sent.
async fn serve_request(
    server: &Server,
    mut stream: TcpStream,
    peer: SocketAddr,
) -> Option<(TcpStream, Encoding)> {
    let response = match answer(server, &mut stream, peer).await {
        Ok(Answer::WebSocket(encoding)) => return Some((stream, encoding)),
        Ok(Answer::Status(status)) => status.response(),
        Ok(Answer::Page) => page::response(),
        Err(error) => {
            tracing::debug!(%peer, %error, "the request failed");
            return None;
        }
    };
    // A peer that takes no response gets none.
    let _ = timeout(LINGER, async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await?;
        while stream.read(&mut [0; 512]).await? > 0 {}
        io::Result::Ok(())
    })
    .await;
    None
}

/// The answer to a request.
enum Answer {
    /// It has become a WebSocket, and been responded to.
    WebSocket(Encoding),
    Page,
    Status(Status),
}

/// Reads a request, and responds if it becomes a WebSocket.
async fn answer(server: &Server, stream: &mut TcpStream, peer: SocketAddr) -> io::Result<Answer> {
    let head = match head(stream).await? {
        Ok(head) => head,
        Err(status) => return Ok(Answer::Status(status)),
    };
    let Ok(Some(request)) = Request::parse(&head) else {
        return Ok(Answer::Status(Status::Malformed));
    };
    if !request.is_get() {
        return Ok(Answer::Status(Status::Method));
    }
    match request.path() {
        "/" => return Ok(Answer::Page),
        "/ws" => {}
        _ => return Ok(Answer::Status(Status::NotFound)),
    }
    match request.upgrade(&server.config.web_origin) {
        Ok(upgrade) => {
            stream.write_all(upgrade.response().as_bytes()).await?;
            let encoding = if upgrade.is_json() { Encoding::Json } else { Encoding::Text };
            Ok(Answer::WebSocket(encoding))
        }
        Err(rejection) => {
            tracing::info!(%peer, %rejection, "no WebSocket");
            Ok(Answer::Status(match rejection {
                Rejection::UpgradeRequired => Status::Upgrade,
                Rejection::Header(_) => Status::Malformed,
                Rejection::Origin { .. } => Status::Origin(rejection.to_string()),
            }))
        }
    }
}
