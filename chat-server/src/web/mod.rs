//! The web listener (`--web`): HTTP requests, of which those for `/ws` become connections of clients (chapter 10).
//!
//! It reads one request of a connection, GET only and without a body, and closes what does not become a WebSocket.

mod http;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::websocket::handshake::{Rejection, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Server;
use crate::client::lobby;
use crate::net::wire::Wire;
use crate::net::wire::stream::Stream;
use crate::net::wire::tls::Config;
use crate::net::wire::websocket::WebSocket;
use http::{Status, head};

/// The time for which a peer that got a response is still read from, so that a reset does not destroy it.
const LINGER: Duration = Duration::from_secs(1);

/// Answers one request, through TLS where there is any. Returns the connection and its wire if it becomes a WebSocket.
pub(crate) async fn open(
    server: Arc<Server>,
    tcp: TcpStream,
    peer: SocketAddr,
    tls: Option<Config>,
) -> Option<(TcpStream, Wire)> {
    let stream = lobby::secured(tcp, peer, tls.as_ref()).await?;
    let Stream { tcp, tls } = serve_request(&server, stream, peer).await?;
    let frames = WebSocket::new(server.config.ping.duration(), server.clock.now());
    Some((tcp, Wire::new(tls, Some(frames))))
}

/// Answers one request. Returns the connection if it has become a WebSocket.
async fn serve_request(server: &Server, mut stream: Stream, peer: SocketAddr) -> Option<Stream> {
    let status = match answer(server, &mut stream, peer).await {
        Ok(None) => return Some(stream),
        Ok(Some(status)) => status,
        Err(error) => {
            tracing::debug!(%peer, %error, "the request failed");
            return None;
        }
    };
    // A peer that takes no response gets none.
    let _ = timeout(LINGER, async {
        stream.write_all(status.response().as_bytes()).await?;
        stream.shutdown().await?;
        while stream.read(&mut [0; 512]).await? > 0 {}
        io::Result::Ok(())
    })
    .await;
    None
}

/// Reads a request, and responds if it becomes a WebSocket. Returns the response that is due otherwise.
async fn answer(
    server: &Server,
    stream: &mut Stream,
    peer: SocketAddr,
) -> io::Result<Option<Status>> {
    let head = match head(stream).await? {
        Ok(head) => head,
        Err(status) => return Ok(Some(status)),
    };
    let Ok(Some(request)) = Request::parse(&head) else { return Ok(Some(Status::Malformed)) };
    if !request.is_get() {
        return Ok(Some(Status::Method));
    }
    if request.path() != "/ws" {
        return Ok(Some(Status::NotFound));
    }
    match request.upgrade(&server.config.web_origin) {
        Ok(upgrade) => {
            stream.write_all(upgrade.response().as_bytes()).await?;
            Ok(None)
        }
        Err(rejection) => {
            tracing::info!(%peer, %rejection, "no WebSocket");
            Ok(Some(match rejection {
                Rejection::UpgradeRequired => Status::Upgrade,
                Rejection::Header(_) => Status::Malformed,
                Rejection::Origin { .. } => Status::Origin(rejection.to_string()),
            }))
        }
    }
}
