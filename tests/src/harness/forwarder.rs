//! A TCP forwarder in front of a server: its port stays while servers come and go, and it can go mute.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use socket2::{Domain, Socket, Type};

/// A forwarder that runs as long as the tests.
pub struct Forwarder {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    server: Mutex<SocketAddr>,
    is_mute: Mutex<bool>,
    speaks: Condvar,
}

impl Forwarder {
    /// A forwarder on a free port.
    pub fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (is_mute, speaks) = (Mutex::new(false), Condvar::new());
        let state = Arc::new(State { server: Mutex::new(server), is_mute, speaks });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Without a server the client's connection is closed.
                let _ = forward(&shared, client);
            }
        });
        Ok(Self { address, state })
    }

    /// The connections from here on lead to this server.
    pub fn lead_to(&self, server: SocketAddr) {
        *self.state.server.lock().unwrap_or_else(PoisonError::into_inner) = server;
    }

    /// While it is mute, nothing passes in either direction, and no connection is closed.
    pub fn set_mute(&self, is_mute: bool) {
        *self.state.is_mute.lock().unwrap_or_else(PoisonError::into_inner) = is_mute;
        self.state.speaks.notify_all();
    }
}

fn forward(state: &Arc<State>, client: TcpStream) -> io::Result<()> {
    let server = *state.server.lock().unwrap_or_else(PoisonError::into_inner);
    // It holds little: while it is mute, the server soon is a slow reader's.
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    socket.set_recv_buffer_size(4096)?;
    socket.connect(&server.into())?;
    let server = TcpStream::from(socket);
    for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        let state = Arc::clone(state);
        thread::spawn(move || state.copy(from, to));
    }
    Ok(())
}

impl State {
    fn copy(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 4096];
        loop {
            let n = from.read(&mut buffer).unwrap_or(0);
            let is_mute = self.is_mute.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.speaks.wait_while(is_mute, |is_mute| *is_mute));
            if n == 0 || to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }
}
