//! People that are connected to another node of the chat, and the time at which all nodes do the same.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::MutexGuard;
use std::time::Duration;

use chat_protocol::name::Name;
use chat_store::line::Position;
use chat_store::session::Token;

use super::coming::Hold;
use super::{Directory, Location, People, PersonId};
use crate::net::transport::Transport;
use crate::room::memory::Memories;

/// What a node knows of the others.
#[derive(Default)]
pub(super) struct Nodes {
    /// The addresses of the people that are connected to them.
    addresses: HashMap<PersonId, IpAddr>,
}

impl<T: Transport> Directory<T> {
    /// The same as `lock`, for what is done at this time since 1970 on all nodes.
    pub(in crate::people) fn lock_at(&self, time: Duration) -> MutexGuard<'_, People<T>> {
        let mut people = self.lock();
        people.time.set(Some(time));
        people
    }
}

impl<T: Transport> People<T> {
    /// There are other nodes from now on.
    pub(in crate::people) fn has_nodes(&mut self) {
        self.nodes.get_or_insert_default();
    }

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

    /// A person on its way to a room arrives there by its connection to another node, `from` another room; the room hears of
    /// it if that `is_announced`. Returns `false` if another connection has the person by now.
    pub(in crate::people) fn arrive_elsewhere(
        &mut self,
        hold: Hold,
        from: Option<&Name>,
        is_announced: bool,
    ) -> bool {
        if !self.is_held(hold) {
            return false;
        }
        let there = Location::Elsewhere { is_there: true };
        self.settle(hold.id, (there, self.position_now()), from, is_announced);
        true
    }

    /// The same as `begin_session`, for a person that is connected to another node. Returns the session's id.
    pub(in crate::people) fn begin_session_elsewhere(
        &mut self,
        id: PersonId,
        token: Token,
    ) -> Option<Position> {
        if !self.may_begin_session(id, None)
            || !matches!(self.person(id).location, Location::Elsewhere { is_there: true })
        {
            return None;
        }
        let session = self.deliveries.memories()?.next();
        self.add_session(id, token, (session, self.position_now()), None);
        Some(session)
    }

    /// A position behind all that was said by now.
    fn position_now(&self) -> Position {
        self.deliveries.memories().map_or(Position::START, Memories::last)
    }
}

#[cfg(test)]
mod tests;
