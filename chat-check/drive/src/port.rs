//! TCP ports: a free one, and waiting until one is free.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

/// Time that a system keeps a port for a connection that has ended (Linux: a minute), and a little
/// more.
const LINGERING: Duration = Duration::from_secs(65);

/// Time-out for a listener to go: it may have been killed a moment ago.
const LEAVING: Duration = Duration::from_secs(3);

/// Polling interval for a free port.
const POLL: Duration = Duration::from_millis(20);

/// Time-out for a listener to answer.
const ANSWER: Duration = Duration::from_millis(500);

/// Error: another process listens on the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("port {0} is taken by another program of this machine; end that program, and try again")]
pub struct Taken(u16);

/// Returns a port that is free at this moment.
pub fn free() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Waits until a program can listen on this port without special options, or until the run is to
/// stop.
///
/// # Errors
///
/// Another program listens on it.
pub fn wait_until_free(port: u16, is_to_stop: impl Fn() -> bool) -> Result<(), Taken> {
    let begun = Instant::now();
    while !is_free(port, false) && !is_to_stop() {
        let patience = if is_free(port, true) { LINGERING } else { LEAVING };
        if begun.elapsed() > patience {
            return Err(Taken(port));
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// Returns whether the port can be bound; connections that have ended do not matter with `reuse`.
fn is_free(port: u16, reuse: bool) -> bool {
    let bind = |ip: IpAddr| -> io::Result<()> {
        let address = SocketAddr::new(ip, port);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        if ip.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_reuse_address(reuse)?;
        socket.bind(&address.into())
    };
    let taken = |ip: IpAddr| bind(ip).is_err_and(|e| e.kind() == io::ErrorKind::AddrInUse);
    !taken(Ipv4Addr::UNSPECIFIED.into()) && !taken(Ipv6Addr::UNSPECIFIED.into())
}

/// Returns whether a listener answers there: connects, and closes without a word.
pub fn answers(address: SocketAddr) -> bool {
    let Ok(stream) = std::net::TcpStream::connect_timeout(&address, ANSWER) else { return false };
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.set_read_timeout(Some(ANSWER));
    let mut rest = [0; 1024];
    while matches!(io::Read::read(&mut &stream, &mut rest), Ok(1..)) {}
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_on_which_somebody_listens_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port, false) && !is_free(port, true));
        drop(listener);
        assert_eq!(wait_until_free(port, || false), Ok(()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_connection_that_was_ended_here_still_holds_its_port() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        drop((accepted, listener));
        drop(client);
        // A process that another test starts holds the listener too, until it is the new program.
        let begun = Instant::now();
        while !is_free(address.port(), true) {
            assert!(begun.elapsed() < LEAVING, "somebody listens on {address}");
            thread::sleep(POLL);
        }
        assert!(!is_free(address.port(), false));
    }

    #[test]
    fn who_listens_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = thread::spawn(move || drop(listener.accept()));
        assert!(answers(address));
        accepting.join().unwrap();
        // Bound, so that nothing else can listen there, and not listening.
        let silent = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        silent.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        assert!(!answers(silent.local_addr().unwrap().as_socket().unwrap()));
    }
}
