//! A connection that is no client's yet: TCP, or TLS over it. Bytes can be read and written before there are lines.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::net::wire::tls::{Config, Tls};

/// The time for a TLS handshake: three times across the world, and a slow machine at its other end.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// The time for which a peer that failed is still read from.
const LINGER: Duration = Duration::from_secs(1);

/// A connection. What it holds stays with its TLS when it becomes a client's.
pub(crate) struct Stream {
    pub(crate) tcp: TcpStream,
    pub(crate) tls: Option<Box<Tls>>,
}

impl Stream {
    /// Shakes hands, where there is TLS. It fails when that takes too long, or the peer does something else.
    pub(crate) async fn open(mut tcp: TcpStream, config: Option<&Config>) -> io::Result<Self> {
        let Some(config) = config else { return Ok(Self { tcp, tls: None }) };
        let tls = Box::new(Tls::new(config)?);
        let shaken = timeout(HANDSHAKE_TIME, shake_hands(&tcp, &tls, config)).await;
        if let Err(error) = shaken.map_err(io::Error::from).flatten() {
            // The peer is told by an alert, which a reset would destroy.
            let _ = timeout(LINGER, end(&mut tcp)).await;
            return Err(error);
        }
        Ok(Self { tcp, tls: Some(tls) })
    }

    /// Sends a last response and ends its side, politely: what the peer still sends is read for a second, so that a
    /// reset does not destroy the response. A peer that does not take it gets none.
    pub(crate) async fn part_with(mut self, response: &str) {
        let _ = timeout(LINGER, async {
            self.write_all(response.as_bytes()).await?;
            self.shutdown().await?;
            while self.read(&mut [0; 512]).await? > 0 {}
            io::Result::Ok(())
        })
        .await;
    }
}

/// Ends when both have their keys and all is sent. What the peer has said behind it stays in `tls`.
async fn shake_hands(tcp: &TcpStream, tls: &Tls, config: &Config) -> io::Result<()> {
    loop {
        poll_fn(|context| poll_held(tcp, tls, context)).await?;
        if !tls.is_handshaking() {
            return Ok(());
        }
        tcp.readable().await?;
        let _turn = config.turn().await;
        match tls.receive(&mut [], |buffer| tcp.try_read(buffer), |bytes| tcp.try_write(bytes)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            received => received?.ok_or(io::ErrorKind::UnexpectedEof)?,
        };
        // The people of the chat have their turns before the next handshake is computed.
        yield_now().await;
    }
}

/// Ends it here, and reads until it is ended there.
async fn end(tcp: &mut TcpStream) -> io::Result<()> {
    tcp.shutdown().await?;
    while tcp.read(&mut [0; 512]).await? > 0 {}
    Ok(())
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { tcp, tls } = self.get_mut();
        let Some(tls) = tls else { return Pin::new(tcp).poll_read(context, buffer) };
        loop {
            let (read, write) =
                (|buffer: &mut [u8]| tcp.try_read(buffer), |bytes: &[u8]| tcp.try_write(bytes));
            match tls.receive(buffer.initialize_unfilled(), read, write) {
                // Less than a record.
                Ok(Some(0)) => {}
                Ok(n) => {
                    buffer.advance(n.unwrap_or(0));
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(tcp.poll_read_ready(context))?;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { tcp, tls } = self.get_mut();
        let Some(tls) = tls else { return Pin::new(tcp).poll_write(context, bytes) };
        ready!(poll_held(tcp, tls, context))?;
        Poll::Ready(tls.seal(bytes, |bytes| tcp.try_write(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { tcp, tls } = self.get_mut();
        match tls {
            None => Pin::new(tcp).poll_flush(context),
            Some(tls) => poll_held(tcp, tls, context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { tcp, tls } = self.get_mut();
        if let Some(tls) = tls {
            tls.close(|bytes| tcp.try_write(bytes));
            ready!(poll_held(tcp, tls, context))?;
        }
        Pin::new(tcp).poll_shutdown(context)
    }
}

/// Completes when nothing is held.
fn poll_held(tcp: &TcpStream, tls: &Tls, context: &mut Context<'_>) -> Poll<io::Result<()>> {
    while tls.holds() {
        match tls.flush(|bytes| tcp.try_write(bytes)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                ready!(tcp.poll_write_ready(context))?;
            }
            Err(error) => return Poll::Ready(Err(error)),
            Ok(_) => {}
        }
    }
    Poll::Ready(Ok(()))
}

#[cfg(test)]
#[cfg(feature = "tls")]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use rustls::ServerConfig;
    use rustls::server::ResolvesServerCertUsingSni;
    use tokio::net::TcpListener;
    use tokio::time::{Instant, sleep};

    use super::*;

    async fn opened(peer: impl AsyncFnOnce(TcpStream)) -> (io::Result<Stream>, Duration) {
        let config = ServerConfig::builder_with_provider(chat_tls::provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let (begun, config) = (Instant::now(), Config::new(config));
        let (opened, ()) = tokio::join!(Stream::open(server, Some(&config)), peer(client));
        (opened, begun.elapsed())
    }

    /// The beginning of a handshake record of 256 bytes.
    const HELLO: &[u8] = b"\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03";

    #[tokio::test(start_paused = true)]
    async fn r10_10_a_handshake_that_drips_is_ended() {
        let (opened, took) = opened(async |mut client| {
            for byte in HELLO.iter().chain(&[0; 30]) {
                let _ = client.write_all(&[*byte]).await;
                sleep(Duration::from_millis(300)).await;
            }
        })
        .await;
        assert_eq!(opened.err().unwrap().kind(), io::ErrorKind::TimedOut);
        assert!((HANDSHAKE_TIME..HANDSHAKE_TIME + 3 * LINGER).contains(&took), "{took:?}");
    }

    #[tokio::test]
    async fn r10_10_a_handshake_that_ends_in_the_middle_is_none() {
        let (opened, _) = opened(async |mut client| client.write_all(HELLO).await.unwrap()).await;
        assert_eq!(opened.err().unwrap().kind(), io::ErrorKind::UnexpectedEof);
    }
}
