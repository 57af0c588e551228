//! The TCP sockets of a process and what it has started (Linux: `/proc`).

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

#[cfg(target_os = "linux")]
use procfs::net::{TcpNetEntry, TcpState};

#[cfg(target_os = "linux")]
use crate::process::{found, process, tree};

/// The state of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Connected, both ways.
    Established,
    /// Closed by the other end, and not yet by its owner.
    CloseWait,
    /// Listens for connections.
    Listen,
    /// Any other state: being opened or closed.
    Other,
}

/// A TCP socket that a process has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// The local address.
    pub local: SocketAddr,
    /// The remote address; of a listening socket the unspecified one.
    pub remote: SocketAddr,
    /// The state of the connection.
    pub state: State,
    /// Bytes received that its owner has not read; of a listening socket, the number of connections
    /// that wait.
    pub unread: u32,
    /// Bytes sent that the other end has not acknowledged.
    pub unsent: u32,
}

/// The sockets that process `id` or any of its descendants has open. A connection that waits to be
/// accepted belongs to no process yet.
///
/// # Errors
///
/// The process is gone, or its descriptors may not be read.
#[cfg(target_os = "linux")]
pub fn of_tree(id: u32) -> io::Result<Vec<Socket>> {
    use std::collections::HashSet;

    let owned: HashSet<u64> = tree(id).into_iter().flat_map(inodes).collect();
    let all = table(id)?;
    Ok(all.into_iter().filter(|(inode, _)| owned.contains(inode)).map(|(_, s)| s).collect())
}

/// Fails: this system does not show sockets.
///
/// # Errors
///
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn of_tree(_id: u32) -> io::Result<Vec<Socket>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The sockets of a process by their inodes.
#[cfg(target_os = "linux")]
fn inodes(id: u32) -> Vec<u64> {
    use procfs::process::FDTarget;

    let descriptors = process(id).and_then(|process| found(process.fd()));
    let targets = descriptors.into_iter().flatten().flatten().map(|descriptor| descriptor.target);
    let inode = |target| match target {
        FDTarget::Socket(inode) => Some(inode),
        _ => None,
    };
    targets.filter_map(inode).collect()
}

/// All TCP sockets of the network that a process is in, with their inodes.
#[cfg(target_os = "linux")]
fn table(id: u32) -> io::Result<Vec<(u64, Socket)>> {
    use procfs::ProcError;

    let process = process(id)?;
    let mut entries = found(process.tcp())?;
    match process.tcp6() {
        // A system without IPv6.
        Err(ProcError::NotFound(_)) => {}
        ipv6 => entries.extend(found(ipv6)?),
    }
    Ok(entries.into_iter().map(|entry| (entry.inode, Socket::from(entry))).collect())
}

#[cfg(target_os = "linux")]
impl From<TcpNetEntry> for Socket {
    fn from(entry: TcpNetEntry) -> Self {
        Self {
            local: mapped(entry.local_address),
            remote: mapped(entry.remote_address),
            state: match entry.state {
                TcpState::Established => State::Established,
                TcpState::CloseWait => State::CloseWait,
                TcpState::Listen => State::Listen,
                _ => State::Other,
            },
            unread: entry.rx_queue,
            unsent: entry.tx_queue,
        }
    }
}

/// Converts an IPv4 address in a socket of IPv6 to a plain one.
#[cfg(target_os = "linux")]
fn mapped(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl Socket {
    /// Returns the address to connect to in order to reach this listening socket: the loopback
    /// address when it is not bound to one.
    pub fn reached_at(&self) -> SocketAddr {
        let ip = match self.local.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            // Bound to no address, it takes IPv4 as well, unless its program has said otherwise.
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        SocketAddr::new(ip, self.local.port())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn ours() -> Vec<Socket> {
        of_tree(std::process::id()).unwrap()
    }

    #[test]
    fn sees_who_listens_and_who_has_closed() {
        for host in ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"] {
            let listener = TcpListener::bind(host).unwrap();
            let port = listener.local_addr().unwrap().port();
            let found = ours().into_iter().find(|s| s.local.port() == port).unwrap();
            assert_eq!(found.state, State::Listen, "{host}");

            let client = TcpStream::connect(found.reached_at()).unwrap();
            let local = client.local_addr().unwrap();
            let server_end = || ours().into_iter().find(|s| s.remote == local);
            assert_eq!(server_end(), None, "it was not accepted yet");
            let (_accepted, _) = listener.accept().unwrap();
            assert_eq!(server_end().unwrap().state, State::Established);
            (&client).write_all(b"hola").unwrap();
            while server_end().unwrap().unread != 4 {}
            drop(client);
            while server_end().unwrap().state != State::CloseWait {}
        }
    }
}
