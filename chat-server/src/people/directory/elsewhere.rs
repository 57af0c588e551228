//! People that are connected to another node of the chat, and the time at which all nodes do the same.

#[cfg(feature = "cluster")]
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::net::IpAddr;

#[cfg(feature = "cluster")]
use chat_cluster::entry::PersonId as Client;

#[cfg(feature = "cluster")]
use super::coming::Hold;
use super::{People, PersonId};
use crate::net::transport::Transport;

/// What a node knows of the others.
#[derive(Default)]
pub(super) struct Nodes {
    /// The addresses of the people that are connected to them.
    addresses: HashMap<PersonId, IpAddr>,
    /// The persons of the clients that are connected, to this server or to another.
    #[cfg(feature = "cluster")]
    pub(super) holds: HashMap<Client, Hold>,
    /// People that had left and have come back, of which no room has heard yet.
    #[cfg(feature = "cluster")]
    pub(super) unannounced: BTreeSet<PersonId>,
}

impl<T: Transport> People<T> {
    /// Returns whether there are other nodes.
    pub(in crate::people) fn is_one_of_several(&self) -> bool {
        self.nodes.is_some()
    }

    /// A person that is connected to another node has this address there.
    pub(in crate::people) fn set_address(&mut self, id: PersonId, ip: Option<IpAddr>) {
        let Some(nodes) = &mut self.nodes else { return };
        match ip {
            Some(ip) => _ = nodes.addresses.insert(id, ip),
            None => _ = nodes.addresses.remove(&id),
        }
    }

    /// The address of a person, if it is connected.
    pub(in crate::people) fn address(&self, id: PersonId) -> Option<IpAddr> {
        match &self.person(id).connection {
            Some(connection) => connection.ip(),
            None => self.nodes.as_ref()?.addresses.get(&id).copied(),
        }
    }
}

#[cfg(feature = "cluster")]
#[cfg(test)]
mod tests;
