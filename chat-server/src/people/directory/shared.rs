//! What the servers of a cluster need of people and rooms beside what all servers do.

use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use chat_cluster::entry::PersonId as Client;
use chat_protocol::language::Language;
use chat_protocol::name::Name;
use chat_store::line::Position;
use chat_store::session::Token;

use super::coming::Hold;
use super::{Directory, FIRST, Location, People, PersonId};
use crate::net::transport::Transport;
use crate::people::house::sanctions::Sanctions;
use crate::room::memory::Memories;
use crate::room::order::Room;
use crate::room::seat::MemberId;

impl<T: Transport> Directory<T> {
    /// The same as `lock`, for what is done at this time since 1970 on all servers.
    pub(crate) fn lock_at(&self, time: Duration) -> MutexGuard<'_, People<T>> {
        let mut people = self.lock();
        people.time.set(Some(time));
        people
    }

    /// It is one of several that are one chat.
    pub(crate) fn shares_its_people(&self) {
        self.lock().has_nodes();
    }

    /// A person's connection has ended, of which the other servers are yet to know: it hears nothing any more.
    pub(crate) fn step_out(&self, hold: Hold) {
        let mut people = self.lock();
        if !people.is_held(hold) {
            return;
        }
        let person = people.person_mut(hold.id);
        let is_there = matches!(person.location, Location::InRoom(..));
        let gone = mem::replace(&mut person.location, Location::Elsewhere { is_there });
        if let Location::InRoom(room, member) = gone {
            room.leave(member);
        }
    }
}

impl<T: Transport> People<T> {
    /// There are other nodes from now on.
    pub(in crate::people) fn has_nodes(&mut self) {
        self.nodes.get_or_insert_default();
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
    pub(in crate::people) fn position_now(&self) -> Position {
        self.deliveries.memories().map_or(Position::START, Memories::last)
    }

    /// The persons of the clients of all servers.
    pub(in crate::people) fn holds(&self) -> &HashMap<Client, Hold> {
        &self.nodes.as_ref().expect(SEVERAL).holds
    }

    pub(in crate::people) fn holds_mut(&mut self) -> &mut HashMap<Client, Hold> {
        &mut self.nodes.as_mut().expect(SEVERAL).holds
    }

    pub(crate) fn language(&self) -> Language {
        self.rules.language
    }

    /// The room of this name, if it is open.
    pub(in crate::people) fn room_named(&self, name: &str) -> Option<&Room<T>> {
        Some(&self.rooms.get(&self.room_names.find(name)?)?.room)
    }

    /// The room of a person, and the member that it is there, on this server. `None`: it has left.
    pub(in crate::people) fn place(&self, id: PersonId) -> Option<(&Room<T>, MemberId)> {
        let person = self.by_id.get(&id)?;
        let member = match person.location {
            Location::InRoom(_, member) => member,
            _ => MemberId::NOBODY,
        };
        Some((&self.rooms[&person.room].room, member))
    }

    /// The same as `accept`, for the line of any connection that the session has had.
    pub(in crate::people) fn accept_from_any(&mut self, hold: Hold, number: u64) -> bool {
        let Some(turn) = self.turn(hold.id) else { return true };
        self.accept(Hold { turn, ..hold }, number).unwrap_or(true)
    }

    pub(in crate::people) fn set_position(&self, position: Position) {
        if let Some(memories) = self.deliveries.memories() {
            memories.set_last(position);
        }
    }

    pub(in crate::people) fn first(&self) -> &Room<T> {
        &self.rooms[&FIRST].room
    }

    pub(in crate::people) fn all_rooms(&self) -> impl Iterator<Item = &Arc<Room<T>>> {
        self.rooms.values().map(|open| &open.room)
    }

    /// People that had left and have come back, of which no room has heard yet.
    pub(in crate::people) fn unannounced(&self) -> &BTreeSet<PersonId> {
        &self.nodes.as_ref().expect(SEVERAL).unannounced
    }

    pub(in crate::people) fn have_unannounced(&mut self, people: BTreeSet<PersonId>) {
        self.nodes.as_mut().expect(SEVERAL).unannounced = people;
    }

    /// Adds a person to these, or takes it out. Returns whether that was a change.
    pub(in crate::people) fn set_unannounced(&mut self, id: PersonId, is_one: bool) -> bool {
        let people = &mut self.nodes.as_mut().expect(SEVERAL).unannounced;
        if is_one { people.insert(id) } else { people.remove(&id) }
    }

    /// Returns whether a person has been sent away, and is about to leave.
    pub(in crate::people) fn is_sent_away(&self, id: PersonId) -> bool {
        self.house.farewells.contains_key(&id)
    }

    /// Does what is due, and not so much at once that others wait for it: the rest with the next record.
    pub(crate) fn expire_now(&mut self) {
        self.expire(AT_ONCE);
    }

    /// A value that is another when something has changed that outlives all servers.
    pub(crate) fn lasting(&self) -> (u64, usize, u64) {
        let (last, number) = self.house.sanctions.mark();
        (last, number, self.accounts.as_ref().map_or(0, |accounts| accounts.changes()))
    }

    /// Nothing has outlived the servers.
    pub(crate) fn forget_lasting(&mut self) {
        self.house.sanctions = Sanctions::everywhere(Vec::new());
        if let Some(accounts) = &self.accounts {
            accounts.forget_all();
        }
    }

    /// Nobody is there. The first room stays open, and what outlives all people is kept.
    pub(crate) fn forget_all(&mut self) {
        let first = Arc::clone(&self.rooms[&FIRST].room);
        let sessions = self.sessions.emptied();
        let mut empty = Self::new(first, self.deliveries.clone(), self.rules, sessions);
        empty.has_nodes();
        for (id, open) in &self.rooms {
            match *id {
                FIRST => open.room.forget_the_past(),
                _ => open.room.close(),
            }
        }
        let Self { house, time, accounts, .. } = mem::replace(self, empty);
        (self.time, self.accounts, self.house) = (time, accounts, house);
        self.house.farewells.clear();
    }
}

/// The people whose absence ends with one record, at most.
const AT_ONCE: usize = 500;

const SEVERAL: &str = "one of several servers";
