//! Preflight check of the system's limits: descriptors and source ports for all connections, before
//! anything starts.

use std::fs;
use std::net::SocketAddr;

use chat_terminal::descriptors;

/// Descriptors that a run needs apart from its connections: the standard streams, a selector and a
/// waker for each thread, the reports, the pipe from the server. And ports that others may hold.
const RESERVE: u64 = 64;

/// The shortages that make so many connections impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Shortage {
    /// Each connection takes a descriptor.
    #[error(
        "{connections} connections need {needed} descriptors, and this process may have \
         {available}: raise the limit (`ulimit -n {needed}`, beyond the hard limit as root) or \
         take fewer clients"
    )]
    Descriptors {
        /// Connections that were asked for.
        connections: u64,
        /// Descriptors for that, and some for the rest.
        needed: u64,
        /// Descriptors that the process may have.
        available: u64,
    },
    /// Each connection to one address takes a port at this end.
    #[error(
        "{connections} connections to {address} need {needed} source ports, and the system gives \
         {available}: widen the range (`sysctl net.ipv4.ip_local_port_range=\"1024 65535\"`), \
         connect from several addresses (--from) or take fewer clients"
    )]
    Ports {
        /// Connections that were asked for.
        connections: u64,
        /// Address of the server.
        address: SocketAddr,
        /// Ports for that, and some that other processes may hold.
        needed: u64,
        /// Ports that the system chooses from.
        available: u64,
    },
}

/// Checks that this process can have so many connections at a time, evenly to each of these addresses, from so many
/// of its own.
pub(crate) fn check(
    connections: u64,
    addresses: &[SocketAddr],
    from: usize,
) -> Result<(), Shortage> {
    let ports = ports().map(|ports| ports.saturating_mul(from.max(1) as u64));
    judge(connections, addresses, descriptors::available(), ports)
}

/// Number of ephemeral ports for outgoing connections (Linux). The range holds for IPv6, too.
fn ports() -> Option<u64> {
    ports_in(&fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?)
}

fn ports_in(range: &str) -> Option<u64> {
    let mut bounds = range.split_ascii_whitespace().map(str::parse::<u64>);
    let (first, last) = (bounds.next()?.ok()?, bounds.next()?.ok()?);
    Some((last + 1).saturating_sub(first))
}

fn judge(
    connections: u64,
    addresses: &[SocketAddr],
    descriptors: Option<u64>,
    ports: Option<u64>,
) -> Result<(), Shortage> {
    let needed = connections.saturating_add(RESERVE);
    if let Some(available) = descriptors.filter(|available| *available < needed) {
        return Err(Shortage::Descriptors { connections, needed, available });
    }
    // A source port serves one connection to each address.
    let connections = connections.div_ceil(addresses.len().max(1) as u64);
    let needed = connections.saturating_add(RESERVE);
    if let (Some(available), Some(&address)) = (ports, addresses.first())
        && available < needed
    {
        return Err(Shortage::Ports { connections, address, needed, available });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(descriptors: Option<u64>, ports: Option<u64>) -> Option<String> {
        let address = SocketAddr::from(([127, 0, 0, 1], 12345));
        judge(10_000, &[address], descriptors, ports).err().map(|shortage| shortage.to_string())
    }

    #[test]
    fn enough_is_enough() {
        assert_eq!(judged(None, None), None);
        assert_eq!(judged(Some(10_064), Some(10_064)), None);
        assert!(judged(Some(10_063), None).is_some());
        assert!(judged(None, Some(10_063)).is_some());
    }

    #[test]
    fn a_shortage_names_both_numbers_and_what_to_do() {
        let message = judged(Some(1024), Some(28_232)).expect("a shortage");
        for part in ["10000 connections", "10064", "1024", "ulimit -n 10064", "fewer clients"] {
            assert!(message.contains(part), "{message}");
        }
        let message = judged(Some(20_000), Some(5_000)).expect("a shortage");
        for part in ["127.0.0.1:12345", "10064 source ports", "5000", "ip_local_port_range"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn each_address_has_all_source_ports() {
        let addresses = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(judge(10_000, &addresses, None, Some(5_064)), Ok(()));
        assert!(judge(10_000, &addresses, None, Some(5_063)).is_err());
    }

    #[test]
    fn a_range_of_ports_includes_both_its_ends() {
        assert_eq!(ports_in("32768\t60999\n"), Some(28_232));
        assert_eq!(ports_in("60999 32768"), Some(0));
        assert_eq!(ports_in("many"), None);
    }

    #[test]
    fn the_limits_of_this_machine_count() {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        assert_eq!(check(1, &[address], 0), Ok(()));
        let limited = descriptors::available().is_some() || ports().is_some();
        assert_eq!(check(u64::MAX, &[address], 1).is_err(), limited);
    }
}
