//! What the order in the house needs to know of people and rooms.

use std::net::IpAddr;

use chat_protocol::name::Name;
use chat_store::session::Session;

use super::coming::Hold;
use super::{Directory, FIRST, OpenRoom, People, PersonId};
use crate::net::transport::Transport;
use crate::net::wire::encoding::Encoding;
use crate::people::house::House;
use crate::people::house::settings::Settings;

impl<T: Transport> Directory<T> {
    /// Sets what holds in the whole chat, before any client is there.
    pub(crate) fn keep_order(&self, house: House<PersonId>) {
        self.lock().house = house;
    }

    /// The account of a person that a connection has, and the name of its room. `None`: another connection has it by now.
    pub(crate) fn whereabouts(&self, hold: Hold) -> Option<(Option<Box<str>>, Name)> {
        let people = self.lock();
        let person = people.is_held(hold).then(|| people.person(hold.id))?;
        Some((person.account.clone(), people.room_name(hold.id).clone()))
    }

    /// The message of the day in this encoding, if there is one.
    pub(crate) fn motd(&self, encoding: Encoding) -> Option<String> {
        let people = self.lock();
        people.house.motd(encoding, people.rules.language)
    }
}

impl<T: Transport> People<T> {
    /// Returns whether a person may not come back to its session: it is banned everywhere, or has been sent away.
    pub(super) fn keeps_away(&self, session: &Session, id: Option<PersonId>, ip: IpAddr) -> bool {
        let account = session.account.as_deref().unwrap_or_default();
        let name = session.name.parse::<Name>();
        id.is_some_and(|id| self.house.farewells.contains_key(&id))
            || name.is_ok_and(|name| self.ban(&name, account, Some(ip)).is_some())
    }

    pub(super) fn open_room(&self, id: PersonId) -> &OpenRoom<T> {
        &self.rooms[&self.person(id).room]
    }

    pub(in crate::people) fn room_name(&self, id: PersonId) -> &Name {
        &self.open_room(id).name
    }

    /// The settings of a person's room.
    pub(in crate::people) fn settings(&self, id: PersonId) -> &Settings<PersonId> {
        &self.open_room(id).settings
    }

    pub(in crate::people) fn settings_mut(&mut self, id: PersonId) -> &mut Settings<PersonId> {
        let room = self.person(id).room;
        &mut self.rooms.get_mut(&room).expect("a room lasts as long as it has a member").settings
    }

    /// A person's roles are those of its account from now on.
    pub(super) fn keep_roles(&mut self, id: PersonId) {
        let account = self.person(id).account.clone().unwrap_or_default();
        self.settings_mut(id).register(id, &account);
    }

    pub(in crate::people) fn is_in_first(&self, id: PersonId) -> bool {
        self.person(id).room == FIRST
    }

    pub(in crate::people) fn are_together(&self, one: PersonId, other: PersonId) -> bool {
        self.person(one).room == self.person(other).room
    }

    /// The people of a person's room, or `all`, in the order of coming.
    pub(in crate::people) fn people(&self, id: PersonId, all: bool) -> Vec<PersonId> {
        if all {
            let mut all: Vec<_> = self.by_id.keys().copied().collect();
            all.sort_unstable();
            all
        } else {
            self.open_room(id).members.iter().copied().collect()
        }
    }
}
