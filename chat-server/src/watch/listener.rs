//! The listener for metrics and health (`--metrics`): one request of a connection, GET only, as on the web listener.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use chat_protocol::websocket::handshake::Request;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::Watch;
use crate::net::listener::Acceptor;
use crate::net::wire::stream::Stream;
use crate::web::http::{Status, head, response};

/// Connections at a time. One more is closed at once: a scrape takes milliseconds.
const MOST: usize = 16;

const TEXT: &str = "text/plain; charset=utf-8";

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Accepts connections, for as long as the runtime is there.
pub(super) async fn run(listener: TcpListener, watch: Arc<Watch>) -> Infallible {
    let mut acceptor = Acceptor::new(listener);
    let places = Arc::new(Semaphore::new(MOST));
    loop {
        let (tcp, peer) = acceptor.accept().await;
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let watch = Arc::clone(&watch);
        tokio::spawn(async move {
            if let Err(error) = answer(tcp, &watch).await {
                tracing::debug!(%peer, %error, "the request for metrics failed");
            }
            drop(place);
        });
    }
}

async fn answer(tcp: TcpStream, watch: &Watch) -> io::Result<()> {
    let mut stream = Stream { tcp, tls: None };
    let response = match head(&mut stream).await? {
        Ok(head) => match Request::parse(&head) {
            Ok(Some(request)) if request.is_get() => watch.response(request.path()),
            Ok(Some(_)) => Status::Method.response(),
            Ok(None) | Err(_) => Status::Malformed.response(),
        },
        Err(status) => status.response(),
    };
    stream.part_with(&response).await;
    Ok(())
}

impl Watch {
    fn response(&self, path: &str) -> String {
        match path {
            "/metrics" => response("200 OK", "", OPEN_METRICS, &self.page()),
            "/live" => response("200 OK", "", TEXT, "live\n"),
            "/ready" => match self.present.obstacle() {
                None => response("200 OK", "", TEXT, "ready\n"),
                Some(reason) => {
                    response("503 Service Unavailable", "", TEXT, &format!("{reason}\n"))
                }
            },
            _ => Status::NotFound.response(),
        }
    }
}
