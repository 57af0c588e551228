//! The web listener (`--web`): HTTP requests, of which those for `/ws` become connections of clients (chapter 10).
//!
//! It reads one request of a connection, GET only and without a body, and closes what does not become a WebSocket.

pub(crate) mod http;
mod page;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use chat_protocol::websocket::handshake::{Rejection, Request};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::Server;
use crate::client::lobby::{self, NoPlace, Opened};
use crate::net::wire::Wire;
use crate::net::wire::encoding::Encoding;
use crate::net::wire::stream::Stream;
use crate::net::wire::tls::Config;
use crate::net::wire::websocket::WebSocket;
use http::{Status, head};

/// Answers one request, through TLS where there is any. Returns the connection if it becomes a WebSocket.
pub(crate) async fn open(
    server: Arc<Server>,
    tcp: TcpStream,
    mut peer: SocketAddr,
    tls: Option<Config>,
) -> Option<Opened> {
    let stream = lobby::secured(tcp, peer, tls.as_ref()).await?;
    let (Stream { tcp, tls }, encoding, is_https) =
        serve_request(&server, stream, &mut peer).await?;
    let frames = WebSocket::new(encoding, server.config.ping.duration(), server.clock.now());
    let frames = frames.over_https(is_https);
    Some(Opened { tcp, wire: Wire::new(tls, Some(frames)), peer })
}

/// Returns the response to a connection for which the lobby has no place. There is none where it would take a handshake.
pub(crate) fn turned_away(is_encrypted: bool) -> impl Fn(NoPlace) -> Option<String> {
    move |reason| {
        let status = match reason {
            NoPlace::Lobby => Status::Full,
            NoPlace::Address(_) => Status::TooMany,
        };
        (!is_encrypted).then(|| status.response())
    }
}

/// Answers one request. Returns the connection if it has become a WebSocket, the encoding of what it is sent, and whether a
/// proxy says that the request was encrypted. `peer` becomes the address of its client.
async fn serve_request(
    server: &Server,
    mut stream: Stream,
    peer: &mut SocketAddr,
) -> Option<(Stream, Encoding, bool)> {
    let response = match answer(server, &mut stream, peer).await {
        Ok(Answer::WebSocket(encoding, https)) => return Some((stream, encoding, https)),
        Ok(Answer::Status(status)) => status.response(),
        Ok(Answer::Page) => page::response(&server.config.web_peers),
        Err(error) => {
            tracing::debug!(%peer, %error, "the request failed");
            return None;
        }
    };
    stream.part_with(&response).await;
    None
}

/// The answer to a request.
enum Answer {
    /// It has become a WebSocket, and been responded to. A proxy says whether it was encrypted.
    WebSocket(Encoding, bool),
    Page,
    Status(Status),
}

/// Reads a request, and responds if it becomes a WebSocket. `peer` becomes the address of its client.
async fn answer(server: &Server, stream: &mut Stream, peer: &mut SocketAddr) -> io::Result<Answer> {
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
    let Some(client) = server.proxies.forwarded(*peer, &request) else {
        tracing::warn!(proxy = %peer, "X-Forwarded-For has something else than addresses");
        return Ok(Answer::Status(Status::Malformed));
    };
    let is_https = server.proxies.says_https(*peer, &request);
    *peer = client;
    match request.path() {
        "/" => return Ok(Answer::Page),
        "/ws" => {}
        _ => return Ok(Answer::Status(Status::NotFound)),
    }
    match request.upgrade(&server.config.web_origin) {
        Ok(upgrade) => {
            stream.write_all(upgrade.response().as_bytes()).await?;
            let encoding = if upgrade.is_json() { Encoding::Json } else { Encoding::Text };
            Ok(Answer::WebSocket(encoding, is_https))
        }
        Err(rejection) => {
            if matches!(rejection, Rejection::Origin { .. }) {
                // The page cannot see why.
                tracing::warn!(%peer, %rejection, "no WebSocket");
            } else {
                tracing::info!(%peer, %rejection, "no WebSocket");
            }
            Ok(Answer::Status(match rejection {
                Rejection::UpgradeRequired => Status::Upgrade,
                Rejection::Header(_) => Status::Malformed,
                Rejection::Origin { .. } => Status::Origin(rejection.to_string()),
            }))
        }
    }
}
