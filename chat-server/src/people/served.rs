//! The clients that are served, for an operator that sends one away (requirement 7.2), and for a server that leaves its
//! cluster. It exists only where there is one of the two.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_protocol::refusal::Refusal;

use crate::net::tcp::TcpConnection;
#[cfg(feature = "cluster")]
use crate::net::transport::Dismissal;
use crate::people::directory::PersonId;

/// The connections of the clients that are served, with their persons where they have names.
#[derive(Default)]
pub(crate) struct Served(Mutex<BTreeMap<SocketAddr, Client>>);

struct Client {
    connection: Arc<TcpConnection>,
    person: Option<PersonId>,
}

impl Served {
    pub(crate) fn add(&self, connection: &Arc<TcpConnection>) {
        let client = Client { connection: Arc::clone(connection), person: None };
        self.lock().insert(connection.peer(), client);
    }

    /// The client has a name now.
    pub(crate) fn set_person(&self, peer: SocketAddr, person: PersonId) {
        self.lock().entry(peer).and_modify(|client| client.person = Some(person));
    }

    /// The connection is over. The client may have come back already, from the same port.
    pub(crate) fn remove(&self, connection: &Arc<TcpConnection>) {
        let mut clients = self.lock();
        let is_it = |client: &Client| Arc::ptr_eq(&client.connection, connection);
        if clients.get(&connection.peer()).is_some_and(is_it) {
            clients.remove(&connection.peer());
        }
    }

    #[cfg(feature = "cluster")]
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Ends the connections of all clients for this reason.
    #[cfg(feature = "cluster")]
    pub(crate) fn dismiss_all(&self, reason: Dismissal) {
        self.lock().values().for_each(|client| client.connection.dismiss(reason));
    }

    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.lock().keys().copied().collect()
    }

    /// The connection of the only client, if no client is chosen; or else of the person, or of the client with
    /// this address or port.
    pub(crate) fn find(
        &self,
        chosen: Option<&str>,
        person: Option<PersonId>,
    ) -> Result<Arc<TcpConnection>, Refusal> {
        let clients = self.lock();
        let wanted = |(peer, client): &(&SocketAddr, &Client)| match chosen {
            None => true,
            Some(_) if person.is_some() => client.person == person,
            Some(text) => text.parse() == Ok(**peer) || text.parse() == Ok(peer.port()),
        };
        let mut found = clients.iter().filter(wanted);
        match (found.next(), found.next(), chosen) {
            (Some((_, client)), None, _) => Ok(Arc::clone(&client.connection)),
            (Some(_), Some(_), _) => Err(Refusal::WhichClient),
            (None, _, Some(text)) => Err(Refusal::NoSuchPerson(text.to_owned())),
            (None, _, None) => Err(Refusal::NoClient),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, Client>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
