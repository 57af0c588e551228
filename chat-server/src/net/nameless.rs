//! Clients without a name: the first to go when the server is full (`--max-clients`).
//!
//! They would fill all places for as long as a client may take to give its name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::net::tcp::TcpConnection;
use crate::net::transport::Dismissal;

/// The clients that have been asked for a name and have none yet, in the order of coming.
#[derive(Default)]
pub(crate) struct Nameless(Mutex<Clients>);

#[derive(Default)]
struct Clients {
    next: u64,
    connections: BTreeMap<u64, Arc<TcpConnection>>,
}

/// A client's entry, until it has a name or leaves.
pub(crate) struct Registration<'a> {
    nameless: &'a Nameless,
    id: u64,
}

impl Nameless {
    /// A client is asked for its name.
    pub(crate) fn register(&self, connection: Arc<TcpConnection>) -> Registration<'_> {
        let mut clients = self.lock();
        let id = clients.next;
        clients.next += 1;
        clients.connections.insert(id, connection);
        Registration { nameless: self, id }
    }

    /// Displaces the client that has been without a name for longest: its stream ends. Returns whether
    /// there was one.
    pub(crate) fn displace_one(&self) -> bool {
        let longest = self.lock().connections.pop_first();
        longest.is_some_and(|(_, connection)| {
            connection.dismiss(Dismissal::Displaced);
            true
        })
    }

    fn lock(&self) -> MutexGuard<'_, Clients> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration<'_> {
    /// The client has a name: it can no longer be displaced. Returns `false` if it was before.
    pub(crate) fn end(&self) -> bool {
        self.nameless.lock().connections.remove(&self.id).is_some()
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
