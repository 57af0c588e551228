//! Networks in CIDR notation (`--limit-exempt`).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network: the addresses that begin with certain bits. An address alone is one as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    /// IPv4 addresses stand here as IPv6 writes them, `::ffff:a.b.c.d`.
    address: u128,
    mask: u128,
}

impl Network {
    /// The network of one subscriber: an address of IPv4, a /64 of IPv6.
    pub(crate) fn of(address: IpAddr) -> Self {
        let mask = if address.to_canonical().is_ipv4() { u128::MAX } else { u128::MAX << 64 };
        Self { address: bits(address) & mask, mask }
    }

    pub(crate) fn contains(self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.address
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, length) = (Ipv6Addr::from_bits(self.address), self.mask.leading_ones());
        match address.to_ipv4_mapped().zip(length.checked_sub(u128::BITS - Ipv4Addr::BITS)) {
            Some((address, Ipv4Addr::BITS)) => address.fmt(f),
            Some((address, length)) => write!(f, "{address}/{length}"),
            None if length == u128::BITS => address.fmt(f),
            None => write!(f, "{address}/{length}"),
        }
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected networks such as 10.0.0.0/8,192.0.2.7,2001:db8::/32";
        let (address, length) = text.split_once('/').map_or((text, None), |(a, n)| (a, Some(n)));
        let address: IpAddr = address.trim().parse().map_err(|_| EXPECTED)?;
        let longest = if address.is_ipv4() { Ipv4Addr::BITS } else { u128::BITS };
        let length = length.map_or(Ok(longest), |n| n.trim().parse()).map_err(|_| EXPECTED)?;
        let free = longest.checked_sub(length).ok_or(EXPECTED)?;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Ok(Self { address: bits(address) & mask, mask })
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_4_the_network_of_an_address_is_written_as_it_is_read() {
        for (address, network) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ] {
            let of = Network::of(address.parse().unwrap());
            assert_eq!(of.to_string(), network);
            assert_eq!(network.parse(), Ok(of));
        }
        for network in ["10.0.0.0/8", "2001:db8::/32", "::/0", "2001:db8::1"] {
            assert_eq!(network.parse::<Network>().unwrap().to_string(), network);
        }
    }

    #[test]
    fn r1_9_a_network_has_the_addresses_that_begin_like_it() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.1.2.3/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("0.0.0.0/0", "192.0.2.7", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
        ] {
            let contains = network.parse::<Network>().unwrap().contains(address.parse().unwrap());
            assert_eq!(contains, inside, "{network} {address}");
        }
        for wrong in
            ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "/8", "a/b", "10.0.0.0/-1"]
        {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
