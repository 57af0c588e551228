//! The relay's listening socket.

use std::io::{self, ErrorKind};
use std::mem;
use std::net::{SocketAddr, ToSocketAddrs};

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use socket2::{Domain, Socket, Type};

use super::error::RelayError;
use super::options::RelayOptions;

/// The listener's token in the event queue.
pub(crate) const LISTENER: Token = Token(usize::MAX);

/// Maximum number of connections that wait to be accepted; the system may allow fewer.
const BACKLOG: i32 = 4096;

/// A listening socket, which the event queue reports once for all connections that wait.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    /// True if connections may be waiting.
    pub(crate) accepting: bool,
    complained: bool,
    socket: TcpListener,
}

impl Listener {
    /// Binds the listener. Clients can connect from here on.
    pub(crate) fn bind(options: &RelayOptions, registry: &Registry) -> Result<Self, RelayError> {
        let refused = |reason| RelayError::Listen { address: options.bind.clone(), reason };
        let mut socket = listen(options.bind.host_and_port()).map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        registry.register(&mut socket, LISTENER, Interest::READABLE).map_err(RelayError::Poll)?;
        Ok(Self { address, accepting: false, complained: false, socket })
    }

    /// The next connection that waits.
    pub(crate) fn accept(&mut self) -> Option<(TcpStream, SocketAddr)> {
        while self.accepting {
            match self.socket.accept() {
                Ok(accepted) => return Some(accepted),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => self.accepting = false,
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    // Most likely out of descriptors: tried again in the next round.
                    _ => {
                        self.complain(&error);
                        return None;
                    }
                },
            }
        }
        None
    }

    fn complain(&mut self, error: &io::Error) {
        if !mem::replace(&mut self.complained, true) {
            eprintln!("cannot accept: {error}");
        }
    }
}

fn listen(host_and_port: (&str, u16)) -> io::Result<TcpListener> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in host_and_port.to_socket_addrs()? {
        match listen_at(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn listen_at(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // On Windows, this would take the port from another program.
    socket.set_reuse_address(cfg!(unix))?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}
