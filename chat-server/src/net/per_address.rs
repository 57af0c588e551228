//! Connection limit per address (`--max-per-ip`).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_protocol::refusal::AddressLimit;

/// Counts the connections of each address.
pub(crate) struct Origins {
    limit: NonZeroU32,
    /// Of those that have any. A tree gives back the memory of an entry that goes.
    connections: Mutex<BTreeMap<IpAddr, u32>>,
}

/// One connection, counted for as long as this lives.
pub(crate) struct Origin {
    origins: Arc<Origins>,
    address: IpAddr,
}

impl Origins {
    /// At most `limit` connections for each address.
    pub(crate) fn new(limit: NonZeroU32) -> Arc<Self> {
        Arc::new(Self { limit, connections: Mutex::default() })
    }

    /// Counts one more, unless the address has as many as it may.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Origin, AddressLimit> {
        let address = subscriber(address);
        let mut connections = self.lock();
        let number = connections.entry(address).or_default();
        if *number >= self.limit.get() {
            return Err(AddressLimit::Connections(self.limit));
        }
        *number += 1;
        Ok(Origin { origins: Arc::clone(self), address })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, u32>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        if let Entry::Occupied(mut number) = self.origins.lock().entry(self.address) {
            *number.get_mut() -= 1;
            if *number.get() == 0 {
                number.remove();
            }
        }
    }
}

/// The subscriber that has the address: an IPv4 address stands for itself, also where it is written as
/// IPv6; any other for its first 64 bits, because no network is given less, and has 2^64 addresses in them.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(limit: u32) -> Arc<Origins> {
        Origins::new(NonZeroU32::new(limit).unwrap())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn r1_4_an_address_has_so_many_connections_and_others_theirs() {
        let origins = origins(2);
        let [ana, bea] = ["192.0.2.1", "192.0.2.2"].map(ip);
        let [first, second] = [(); 2].map(|()| origins.enter(ana).expect("a place"));
        assert!(origins.enter(ana).is_err());
        assert!(origins.enter(bea).is_ok());
        drop(first);
        let third = origins.enter(ana).expect("the place of the first");
        assert!(origins.enter(ana).is_err());
        drop((second, third));
        assert!(origins.lock().is_empty(), "nothing is kept of who has no connection");
    }

    #[test]
    fn r1_4_an_address_is_counted_however_it_is_written() {
        for (one, other, same) in [
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("::1", "127.0.0.1", false),
        ] {
            let origins = origins(1);
            let _one = origins.enter(ip(one));
            assert_eq!(origins.enter(ip(other)).is_err(), same, "{one} {other}");
        }
    }
}
