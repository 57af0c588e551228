//! Numbers for clients with the same source port, which come from different addresses
//! (requirement 2.4).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Gives numbers to the clients of each source port: 1, 2, and so on; from 1 again once none is here.
///
/// A client without a namesake costs one bit.
#[derive(Default)]
pub(crate) struct Ports {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// The ports that a client has: a bit each, 8 KiB.
    in_use: Vec<u64>,
    /// Those that several clients have, or had since one of them came first.
    shared: HashMap<u16, Clients>,
}

/// The clients of one port.
struct Clients {
    here: u32,
    last_number: u32,
}

impl Ports {
    /// Returns the number of a client that comes from this port.
    pub(crate) fn take(&self, port: u16) -> u32 {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.claim(port) {
            return 1;
        }
        let clients = table.shared.entry(port).or_insert(Clients { here: 1, last_number: 1 });
        clients.here += 1;
        clients.last_number += 1;
        clients.last_number
    }

    /// A client of this port has gone.
    pub(crate) fn release(&self, port: u16) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clients) = table.shared.get_mut(&port) {
            clients.here -= 1;
            if clients.here > 0 {
                return;
            }
            table.shared.remove(&port);
        }
        let (word, bit) = position(port);
        table.in_use[word] &= !bit;
    }
}

impl Table {
    /// Marks the port as in use. Returns `false` if it was already.
    fn claim(&mut self, port: u16) -> bool {
        self.in_use.resize(1 << 10, 0);
        let (word, bit) = position(port);
        let is_new = self.in_use[word] & bit == 0;
        self.in_use[word] |= bit;
        is_new
    }
}

/// The word of a port, and its bit there.
fn position(port: u16) -> (usize, u64) {
    (usize::from(port >> 6), 1 << (port & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_4_clients_of_one_port_are_numbered_until_none_is_here() {
        let ports = Ports::default();
        assert_eq!([0, 65535, 65534].map(|port| ports.take(port)), [1; 3]);
        assert_eq!([(); 3].map(|()| ports.take(7)), [1, 2, 3]);
        ports.release(7);
        ports.release(7);
        assert_eq!(ports.take(7), 4, "the number of a client that is here is not given again");
        ports.release(7);
        ports.release(7);
        assert_eq!(ports.take(7), 1);
        for port in [0, 65535, 65534, 7] {
            ports.release(port);
        }
        let table = ports.table.lock().unwrap();
        assert!(table.shared.is_empty() && table.in_use.iter().all(|word| *word == 0));
    }
}
