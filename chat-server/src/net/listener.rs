//! Listening and accepting. Nothing that a peer does, and no lack of resources, ends it.

use std::future::ready;
use std::io;
use std::mem;
use std::net::{self, SocketAddr};
use std::time::Duration;

use chat_protocol::limits;
use chat_protocol::options::endpoint::Endpoint;
use chat_protocol::options::time_limit::TimeLimit;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::net::wire::tls::Config;
use crate::service::Passed;

/// Connections that may wait to be accepted. Linux cuts it to `net.core.somaxconn` (4096).
const BACKLOG: u32 = 4096;

/// The send buffer that the system holds for a client that does not read, in bytes; Linux doubles it.
///
/// Left alone, Linux lets it grow to 4 MiB and wakes a writer when a third of it is free: a reader
/// of 5 MB/s then seems to do nothing for a quarter of a second.
const SEND_BUFFER: u32 = 128 * 1024;

/// Connections that are accepted before the clients that are here have a turn.
///
/// Each costs turns of its own, in front of those of the others: when thousands come at once,
/// people would wait until all of them have been greeted. Fewer would keep newcomers from
/// being announced together, which is what makes announcing them cheap.
const IN_A_ROW: u32 = 16;

/// The pause of accepting when the system has no descriptors or memory left.
const RESOURCE_PAUSE: Duration = Duration::from_millis(100);

/// The sockets on which a server listens: one of them at least.
#[derive(Default)]
pub(crate) struct Listeners {
    /// For clients that speak lines.
    pub(crate) plain: Option<TcpListener>,
    /// For those that do so through TLS (`--tls-bind`).
    pub(crate) tls: Option<(TcpListener, Config)>,
    /// For HTTP and WebSocket (`--web`), through TLS if there is a configuration of it (`--web-tls`).
    pub(crate) web: Option<(TcpListener, Option<Config>)>,
}

impl Listeners {
    /// Their addresses, each behind its scheme; lines have none.
    pub(crate) fn addresses(&self) -> io::Result<Vec<(&'static str, SocketAddr)>> {
        let web = if let Some((_, Some(_))) = self.web { "https://" } else { "http://" };
        let all = [
            ("", self.plain.as_ref()),
            ("tls://", self.tls.as_ref().map(|(listener, _)| listener)),
            (web, self.web.as_ref().map(|(listener, _)| listener)),
        ];
        let listening = all.into_iter().filter_map(|(scheme, listener)| Some((scheme, listener?)));
        listening.map(|(scheme, listener)| Ok((scheme, listener.local_addr()?))).collect()
    }
}

/// Listens on the first address of the endpoint that can be listened on, unless a listener for one of them was
/// `passed`. `slow` is the time for which a client may take nothing (`--slow-timeout`).
pub(crate) async fn bind(
    endpoint: &Endpoint,
    slow: TimeLimit,
    passed: &mut Passed,
) -> io::Result<TcpListener> {
    let mut failure = io::ErrorKind::AddrNotAvailable.into();
    let addresses: Vec<_> = lookup_host(endpoint.host_and_port()).await?.collect();
    if let Some(listener) = passed.take(&addresses) {
        return adopt(listener, slow);
    }
    for address in addresses {
        match listen(address, slow) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Listens on with a socket that was passed, as if it were the server's own.
fn adopt(listener: net::TcpListener, slow: TimeLimit) -> io::Result<TcpListener> {
    let socket = SockRef::from(&listener);
    inherited(&socket, slow)?;
    socket.listen(BACKLOG.cast_signed())?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn listen(address: SocketAddr, slow: TimeLimit) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Lets a new server take the port while connections of the old one linger in TIME_WAIT
    // (requirement 1.7). On Windows the same option would let it steal the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    inherited(&SockRef::from(&socket), slow)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Sets the options that every accepted connection inherits.
fn inherited(socket: &SockRef<'_>, slow: TimeLimit) -> io::Result<()> {
    detect_vanished_peers(socket, slow)?;
    socket.set_send_buffer_size(SEND_BUFFER as usize)
}

/// A client that has vanished without a word is noticed within a minute, so that its name is free again.
fn detect_vanished_peers(socket: &SockRef<'_>, slow: TimeLimit) -> io::Result<()> {
    let keepalive = TcpKeepalive::new().with_time(limits::KEEPALIVE_IDLE);
    #[cfg(not(target_os = "openbsd"))]
    let keepalive =
        keepalive.with_interval(limits::KEEPALIVE_INTERVAL).with_retries(limits::KEEPALIVE_PROBES);
    socket.set_tcp_keepalive(&keepalive)?;
    limit_silence(socket, slow)
}

/// Limits the time for which bytes may be unacknowledged, on systems that can.
///
/// Linux counts a client that is there but takes nothing like one that does not answer. A
/// `--slow-timeout` that is longer would promise too much, so it goes without this limit.
#[cfg(target_os = "linux")]
fn limit_silence(socket: &SockRef<'_>, slow: TimeLimit) -> io::Result<()> {
    let longer = slow.duration().is_none_or(|time| time > limits::VANISHED);
    socket.set_tcp_user_timeout((!longer).then_some(limits::VANISHED))
}

#[cfg(not(target_os = "linux"))]
fn limit_silence(_: &SockRef<'_>, _: TimeLimit) -> io::Result<()> {
    Ok(())
}

/// Accepts connections, whatever is in the way.
pub(crate) struct Acceptor {
    listener: TcpListener,
    /// The system has no resources left, which has been reported.
    paused: bool,
    /// Connections accepted since the others had a turn.
    in_a_row: u32,
}

impl Acceptor {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self { listener, paused: false, in_a_row: 0 }
    }

    /// Accepts the next connection, however long that takes. Cancel-safe.
    pub(crate) async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        if self.in_a_row >= IN_A_ROW {
            yield_now().await;
            self.in_a_row = 0;
        }
        loop {
            match self.next().await {
                Ok((stream, peer)) => {
                    self.in_a_row += 1;
                    // One write is one batch: there is nothing to wait for. It fails on a
                    // connection that is over already, which will be noticed soon enough.
                    let _ = stream.set_nodelay(true);
                    return (stream, (peer.ip().to_canonical(), peer.port()).into());
                }
                Err(error) if is_peers_fault(&error) => {
                    tracing::debug!(%error, "a connection was gone before it was accepted");
                }
                Err(error) => {
                    if !mem::replace(&mut self.paused, true) {
                        tracing::error!(%error, "accepting pauses until there are resources again");
                    }
                    sleep(RESOURCE_PAUSE).await;
                }
            }
        }
    }

    /// The next connection, or what is in its way. Cancel-safe.
    async fn next(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        tokio::select! {
            biased;
            accepted = self.listener.accept() => return accepted,
            // A pause is over when no client is left that waited for its end. To let in one, which takes
            // what another has left, is none.
            () = ready(()), if self.paused => {}
        }
        self.paused = false;
        tracing::warn!("accepting again");
        self.listener.accept().await
    }
}

/// Returns whether only this one connection is affected. Everything else is a lack of resources, or is
/// best treated like one.
fn is_peers_fault(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn r3_3_accepted_sockets_notice_within_a_minute_that_their_peers_have_vanished() {
        for (slow, limit) in [("30s", Some(limits::VANISHED)), ("2m", None), ("off", None)] {
            let endpoint = "127.0.0.1:0".parse().unwrap();
            let listener =
                bind(&endpoint, slow.parse().unwrap(), &mut Passed::default()).await.unwrap();
            let _peer = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (stream, _) = Acceptor::new(listener).accept().await;
            let socket = SockRef::from(&stream);
            assert!(socket.keepalive().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(30));
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(10));
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
            assert_eq!(socket.tcp_user_timeout().unwrap(), limit, "--slow-timeout {slow}");
        }
    }

    #[tokio::test]
    async fn r1_4_while_many_come_those_who_are_here_have_turns() {
        const MANY: u32 = 4 * IN_A_ROW;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let _many: Vec<_> = (0..=MANY).map(|_| net::TcpStream::connect(address).unwrap()).collect();
        let turns = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&turns);
        tokio::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        });
        let mut acceptor = Acceptor::new(listener);
        acceptor.accept().await;
        turns.store(0, Ordering::Relaxed);
        for _ in 0..MANY {
            acceptor.accept().await;
        }
        assert!(turns.load(Ordering::Relaxed) >= MANY / IN_A_ROW);
    }
}
