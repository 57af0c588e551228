//! Making connections: a limited number at a time, at a limited rate, each with a few retries.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::door::{Entered, Entrance};
use crate::plan::Connecting;
use crate::traffic::clock::{Clock, nanoseconds};
use crate::wire::dialects::Dialect;

/// Pause before an attempt is repeated. It doubles with each attempt.
const PAUSE: Duration = Duration::from_millis(50);
/// Interval at which a waiting thread looks at `stop`, in nanoseconds.
const LOOK: u64 = 50_000_000;

/// A server to connect to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server<'a> {
    pub(crate) address: SocketAddr,
    /// Local address of the connection; none for the system's choice.
    pub(crate) from: Option<IpAddr>,
    pub(crate) entrance: &'a Entrance,
    /// Protocol of the server.
    pub(crate) dialect: &'a dyn Dialect,
}

/// Makes `number` connections, each to the server of its index, and hands each over as soon as there
/// is one. Gives those that could not be made; or fewer of both if told to `stop`.
pub(crate) fn connect_all<'a>(
    server: impl Fn(u32) -> Server<'a> + Sync,
    number: u32,
    how: Connecting,
    stop: &AtomicBool,
    joined: impl Fn(u32, Entered) -> io::Result<()> + Sync,
) -> Vec<(u32, io::Error)> {
    let next = AtomicU32::new(0);
    let failed = Mutex::new(Vec::new());
    let clock = Clock::start();
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= number {
                return;
            }
            let time = how.rate.map_or(0, |rate| nanoseconds(f64::from(index) / rate));
            while clock.now() < time && !stop.load(Ordering::Relaxed) {
                clock.sleep_until(time.min(clock.now() + LOOK));
            }
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let connected = connect(server(index), how, stop);
            if let Err(error) = connected.and_then(|entered| joined(index, entered)) {
                failed.lock().unwrap_or_else(PoisonError::into_inner).push((index, error));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..how.concurrency.clamp(1, number.max(1)) {
            scope.spawn(work);
        }
    });
    let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_by_key(|(index, _)| *index);
    failed
}

/// One connection through the server's door, without delays for small writes and without blocking.
///
/// # Errors
///
/// That of the last attempt; there is no other one when `stop` is true.
pub(crate) fn connect(
    server: Server<'_>,
    how: Connecting,
    stop: &AtomicBool,
) -> io::Result<Entered> {
    let mut pause = PAUSE;
    let mut tries = 0;
    loop {
        let is_last = tries == how.retries || stop.load(Ordering::Relaxed);
        match dial(server, how.timeout) {
            Err(error) if is_last => return Err(error),
            Err(_) => {}
            Ok(stream) => {
                stream.set_nodelay(true)?;
                match server.entrance.enter(stream, how.timeout, server.dialect) {
                    Ok(entered) => return Ok(entered),
                    Err(refused) if is_last || !refused.is_passing() => {
                        return Err(io::Error::other(refused));
                    }
                    Err(_) => {}
                }
            }
        }
        tries += 1;
        thread::sleep(pause);
        pause *= 2;
    }
}

fn dial(server: Server<'_>, timeout: Duration) -> io::Result<TcpStream> {
    let Some(from) = server.from else {
        return TcpStream::connect_timeout(&server.address, timeout);
    };
    let socket = Socket::new(Domain::for_address(server.address), Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    socket.connect_timeout(&server.address.into(), timeout)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::dialects::Basico;
    use chat_protocol::options::server_address::ServerAddress;
    use std::net::TcpListener;

    const HOW: Connecting =
        Connecting { rate: None, concurrency: 4, timeout: Duration::from_secs(5), retries: 1 };

    fn plain() -> Entrance {
        Entrance::new(&ServerAddress::default(), None).expect("an entrance")
    }

    #[test]
    fn all_are_connected_or_named() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let got = Mutex::new(Vec::new());
        let entrance = plain();
        let stop = AtomicBool::new(false);
        let failed = connect_all(
            |_| Server { address, from: None, entrance: &entrance, dialect: &Basico },
            20,
            HOW,
            &stop,
            |index, _| {
                if index == 7 {
                    return Err(io::ErrorKind::Other.into());
                }
                got.lock().expect("no panic").push(index);
                Ok(())
            },
        );
        assert_eq!(failed.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [7]);
        let mut got = got.into_inner().expect("no panic");
        got.sort_unstable();
        assert_eq!(got, (0..20).filter(|&index| index != 7).collect::<Vec<_>>());
    }

    #[test]
    fn where_nobody_listens_the_reason_is_given() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let server = Server { address, from: None, entrance: &plain(), dialect: &Basico };
        let error = connect(server, HOW, &AtomicBool::new(false)).expect_err("nobody listens");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn a_connection_comes_from_the_address_that_is_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let from = Some(address.ip());
        let server = Server { address, from, entrance: &plain(), dialect: &Basico };
        connect(server, HOW, &AtomicBool::new(false)).expect("a connection");
        assert_eq!(listener.accept().expect("a connection").1.ip(), address.ip());
    }
}
