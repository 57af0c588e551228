//! The link between a server and its broker, which can be cut: a TCP forwarder that holds everything back for a time,
//! as a network does that loses all packets and has them sent again later.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Bytes that are passed on at a time.
const CHUNK: usize = 64 << 10;
/// Maximum time for a connection to the broker.
const CONNECT: Duration = Duration::from_secs(1);

/// A link. Dropping it ends it for new connections; the others end with the server.
#[derive(Debug)]
pub(super) struct Link {
    address: SocketAddr,
    gate: Arc<Gate>,
}

/// State of a link.
#[derive(Debug, Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Everything is passed on.
    #[default]
    Open,
    /// Everything waits.
    Cut,
    /// There will be no more connections.
    Over,
}

impl Link {
    /// A link to the broker at that address.
    pub(super) fn to(broker: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let gate = Arc::new(Gate::default());
        let of_listener = Arc::clone(&gate);
        thread::spawn(move || {
            for server in listener.incoming().flatten() {
                if of_listener.wait() == State::Over {
                    return;
                }
                // Where there is no broker, the server's connection ends.
                if let Ok(broker) = TcpStream::connect_timeout(&broker, CONNECT) {
                    let _ = connect(&of_listener, server, broker);
                }
            }
        });
        Ok(Self { address, gate })
    }

    /// Address at which the server finds its broker.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Holds everything back from now on; or passes it on again.
    pub(super) fn cut(&self, is_cut: bool) {
        self.gate.set(if is_cut { State::Cut } else { State::Open });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.gate.set(State::Over);
        // Wakes the listener.
        let _ = TcpStream::connect_timeout(&self.address, CONNECT);
    }
}

impl Gate {
    fn set(&self, state: State) {
        *self.lock() = state;
        self.changed.notify_all();
    }

    /// Waits while the link is cut.
    fn wait(&self) -> State {
        let state = self.changed.wait_while(self.lock(), |state| *state == State::Cut);
        *state.unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes on what both say.
fn connect(gate: &Arc<Gate>, server: TcpStream, broker: TcpStream) -> io::Result<()> {
    server.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let back = (broker.try_clone()?, server.try_clone()?);
    for (from, to) in [(server, broker), back] {
        let gate = Arc::clone(gate);
        thread::spawn(move || pass_on(&gate, from, to));
    }
    Ok(())
}

/// Passes on what comes, and the end.
fn pass_on(gate: &Gate, mut from: TcpStream, mut to: TcpStream) {
    let mut chunk = vec![0; CHUNK];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        gate.wait();
        if to.write_all(&chunk[..length]).is_err() {
            break;
        }
    }
    gate.wait();
    // Connections that have ended need no end.
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn what_is_said_over_a_link_that_is_cut_comes_when_it_is_whole_again() {
        let broker = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let link = Link::to(broker.local_addr().unwrap()).unwrap();
        let mut server = TcpStream::connect(link.address()).unwrap();
        let (mut at_broker, _) = broker.accept().unwrap();
        let mut heard = [0; 3];
        server.write_all(b"one").unwrap();
        at_broker.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"one");
        link.cut(true);
        server.write_all(b"two").unwrap();
        at_broker.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let error = at_broker.read(&mut heard).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        link.cut(false);
        at_broker.set_read_timeout(None).unwrap();
        at_broker.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"two");
        drop(at_broker);
        assert_eq!(server.read(&mut heard).unwrap(), 0, "the end comes, too");
    }
}
