//! The TCP sockets of a process and what it has started (Linux: `/proc`).

use std::collections::HashSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::process::tree;

/// What a socket is doing; `include/net/tcp_states.h` has the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Connected, both ways.
    Established,
    /// The other end has closed it, and its owner has not.
    CloseWait,
    /// Waits for connections.
    Listen,
    /// Anything else: on its way up or down.
    Other,
}

/// A TCP socket that a process has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its own end.
    pub local: SocketAddr,
    /// The other end; of a listening one the unspecified address.
    pub remote: SocketAddr,
    /// What it is doing.
    pub state: State,
    /// How many bytes have come that its owner has not read; of a listening one, how many
    /// connections wait.
    pub unread: u32,
    /// How many bytes its owner has sent that the other end has not taken.
    pub unsent: u32,
}

/// The sockets that process `id` or any of its descendants has open. A connection that waits to be
/// accepted is nobody's yet.
///
/// # Errors
///
/// The process is gone, or its descriptors are not for us to see.
pub fn of_tree(id: u32) -> io::Result<Vec<Socket>> {
    let owned: HashSet<u64> = tree(id).into_iter().flat_map(inodes).collect();
    let all = table(id)?;
    Ok(all.into_iter().filter(|(inode, _)| owned.contains(inode)).map(|(_, s)| s).collect())
}

/// The sockets of a process by their inodes: `socket:[12345]`.
fn inodes(id: u32) -> Vec<u64> {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{id}/fd")) else { return Vec::new() };
    let links = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let inode = |link: std::path::PathBuf| {
        link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    };
    links.filter_map(inode).collect()
}

/// All TCP sockets of the network that a process is in, with their inodes.
fn table(id: u32) -> io::Result<Vec<(u64, Socket)>> {
    let mut sockets = Vec::new();
    for table in ["tcp", "tcp6"] {
        match fs::read_to_string(format!("/proc/{id}/net/{table}")) {
            Ok(table) => sockets.extend(table.lines().filter_map(parse)),
            // A system without IPv6.
            Err(e) if table == "tcp6" && e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(sockets)
}

/// `0: 0100007F:3039 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 …`
fn parse(line: &str) -> Option<(u64, Socket)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let state = match *words.get(3)? {
        "01" => State::Established,
        "08" => State::CloseWait,
        "0A" => State::Listen,
        _ => State::Other,
    };
    let (unsent, unread) = words.get(4)?.split_once(':')?;
    let count = |digits| u32::from_str_radix(digits, 16).ok();
    let socket = Socket {
        local: address(words[1])?,
        remote: address(words[2])?,
        state,
        unread: count(unread)?,
        unsent: count(unsent)?,
    };
    Some((words.get(9)?.parse().ok()?, socket))
}

/// Words of four bytes in the machine's own order, each in hexadecimal.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let word = |at: usize| {
        let word = u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    let ip = if address.len() == 8 {
        IpAddr::from(word(0)?)
    } else {
        let words = [word(0)?, word(1)?, word(2)?, word(3)?];
        let bytes: [u8; 16] = words.concat().try_into().ok()?;
        let ip = Ipv6Addr::from(bytes);
        ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

impl Socket {
    /// Where to connect to reach this listening socket: the loopback address when it is not bound
    /// to one.
    pub fn reached_at(&self) -> SocketAddr {
        let ip = match self.local.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            // Unbound, it takes IPv4 as well, unless its program has said otherwise.
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
