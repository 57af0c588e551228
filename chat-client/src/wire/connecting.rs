//! Connecting to the server, with keepalive.

use std::io;
use std::time::Duration;

use chat_protocol::limits;
use chat_protocol::options::endpoint::Endpoint;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Connection timeout: the time that the server has to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects. `typed`: a person types what is sent. Returns the time that it took as well: a round trip. Cancel-safe.
pub(super) async fn connect(server: &Endpoint, typed: bool) -> io::Result<(TcpStream, Duration)> {
    let began = Instant::now();
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(server.host_and_port()))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    // Small writes are sent at once: each is a complete line.
    stream.set_nodelay(true)?;
    detect_a_vanished_server(&SockRef::from(&stream), typed)?;
    Ok((stream, began.elapsed()))
}

/// A server that has vanished without a word is noticed within a minute.
fn detect_a_vanished_server(socket: &SockRef<'_>, typed: bool) -> io::Result<()> {
    let keepalive = TcpKeepalive::new().with_time(limits::KEEPALIVE_IDLE);
    #[cfg(not(target_os = "openbsd"))]
    let keepalive =
        keepalive.with_interval(limits::KEEPALIVE_INTERVAL).with_retries(limits::KEEPALIVE_PROBES);
    socket.set_tcp_keepalive(&keepalive)?;
    limit_silence(socket, typed)
}

/// Limits the time for which bytes may be unacknowledged, on systems that can.
///
/// Linux counts a server that is there but reads nothing like one that does not answer. A rate limit
/// makes it read nothing for minutes when a file is sent; what a person types never fills its window.
#[cfg(target_os = "linux")]
fn limit_silence(socket: &SockRef<'_>, typed: bool) -> io::Result<()> {
    socket.set_tcp_user_timeout(typed.then_some(limits::VANISHED))
}

#[cfg(not(target_os = "linux"))]
fn limit_silence(_: &SockRef<'_>, _: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[tokio::test]
    async fn r4_4_a_server_that_has_vanished_is_noticed_within_a_minute() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let server: Endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
        for (typed, limit) in [(true, Some(limits::VANISHED)), (false, None)] {
            let (stream, _) = connect(&server, typed).await.unwrap();
            let socket = SockRef::from(&stream);
            assert!(socket.keepalive().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(30));
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(10));
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
            assert_eq!(socket.tcp_user_timeout().unwrap(), limit);
        }
    }
}
