//! The rooms of the directory: opened by the first person that goes there, gone with the last.

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;

use chat_protocol::moderation::Objection;
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use tokio::sync::oneshot;

use super::{FIRST, Location, OpenRoom, People, PersonId, RoomId, Transfer};
use crate::net::per_address::Origin;
use crate::net::transport::Transport;
use crate::people::crowd::Change;
use crate::people::house::roles::Role;
use crate::people::house::sanctions::Subject;
use crate::people::house::settings::{Holder, Settings};
use crate::room::event::Notice;
use crate::room::seat::MemberId;

impl<T: Transport> People<T> {
    /// Leaves a room for another, which is opened if there is none of this name. Returns the names of the
    /// two.
    pub(in crate::people) fn leave_for(
        &mut self,
        id: PersonId,
        room: &str,
        origin: Option<&Origin>,
    ) -> Result<(Name, Name, Transfer<T>), Refusal> {
        let name: Name = room.parse().map_err(Refusal::RoomName)?;
        let from = self.person(id).room;
        let (room, member) = match &self.person(id).location {
            Location::InRoom(room, member) => (Arc::clone(room), Some(*member)),
            Location::Elsewhere { is_there: true } => (Arc::clone(&self.rooms[&from].room), None),
            _ => return Err(Refusal::OperatorStays),
        };
        let to = self.room_for(id, name, from, (self.address(id), origin))?;
        let name = self.rooms[&to].name.clone();
        let left = self.rooms[&from].name.clone();
        let rules = self.rules;
        let is_told = rules.presence && !self.is_summed_up(from, Change::Left);
        let person = self.person_mut(id);
        if is_told {
            let line = rules.language.goes(&person.name, &name);
            let names: [(_, &dyn Display); 2] = [("who", &person.name), ("room", &name)];
            room.say(member.unwrap_or(MemberId::NOBODY), &Notice::new("goes", line, names));
        }
        let (seat, onward) = match member {
            Some(member) => (room.hand_over(member).0, Location::Moving(Vec::new())),
            // Its seat is on its node.
            None => (oneshot::channel().1, Location::Elsewhere { is_there: false }),
        };
        person.location = onward;
        person.room = to;
        self.rooms.entry(to).and_modify(|open| open.admit(id, true));
        self.quit(from, id);
        Ok((left, name, seat))
    }

    /// The other room of this name, if the person may go there from this address. The one that opens it is its owner.
    pub(super) fn room_for(
        &mut self,
        id: PersonId,
        name: Name,
        from: RoomId,
        (ip, origin): (Option<IpAddr>, Option<&Origin>),
    ) -> Result<RoomId, Refusal> {
        let is_admin = self.role(id) == Role::Admin;
        let to = self.room_called(name, from, origin)?;
        let account = self.person(id).account.clone();
        let settings = &self.rooms[&to].settings;
        let role = if is_admin { Role::Admin } else { settings.role(Some(id), account.as_deref()) };
        let (now, who) = (self.time.since_1970(), Subject { ip, ..self.subject(id) });
        let ban = settings.sanctions.find(now, true, role, who);
        let Some(open) = self.rooms.get_mut(&to) else { return Ok(to) };
        if to == from {
            return Err(Refusal::SameRoom(open.name.clone()));
        }
        if let Some(ban) = ban {
            return Err(Objection::BannedFrom(open.name.clone(), ban).into());
        }
        if to != FIRST && open.members.is_empty() {
            open.settings = Settings::of(Holder::new(id, account.as_deref()));
        }
        if !is_admin && !open.settings.admits(id, account.as_deref()) {
            return Err(Objection::Locked(open.name.clone()).into());
        }
        Ok(to)
    }

    /// The room of this name for a person from another room; a new one if there is none.
    pub(super) fn room_called(
        &mut self,
        name: Name,
        from: RoomId,
        origin: Option<&Origin>,
    ) -> Result<RoomId, Refusal> {
        let new = RoomId(self.next_room);
        let left = Some(&self.rooms[&from]).filter(|left| from != FIRST && left.members.len() == 1);
        let max_rooms = self.rules.max_rooms;
        match self.room_names.claim(&name, new) {
            Err(id) if self.rooms[&id].name.is_meant_by(name.as_str()) => Ok(id),
            Err(_) => Err(Refusal::RoomName(NameError::Taken)),
            Ok(()) if self.rooms.len() - usize::from(left.is_some()) >= max_rooms => {
                self.room_names.release(&name);
                Err(Refusal::TooManyRooms(max_rooms))
            }
            Ok(()) => {
                let left = left.and_then(|left| left.opened.as_ref());
                let opened = origin.map(|origin| origin.open_room(left)).transpose();
                let opened = opened.map_err(|limit| {
                    self.room_names.release(&name);
                    Refusal::Address(limit)
                })?;
                self.next_room += 1;
                let room = self.deliveries.open(&name);
                let room = OpenRoom { opened, ..OpenRoom::new(name, room, self.rules) };
                self.rooms.insert(new, room);
                Ok(new)
            }
        }
    }

    /// Removes a person from a room, which is gone with its last member.
    pub(super) fn quit(&mut self, room: RoomId, id: PersonId) {
        let Some(quitted) = self.rooms.get_mut(&room) else { return };
        quitted.members.remove(&id);
        quitted.coming.remove(&id);
        quitted.settings.leave(id);
        if room != FIRST && quitted.members.is_empty() {
            quitted.room.close();
            self.room_names.release(&quitted.name);
            self.rooms.remove(&room);
        }
    }
}
