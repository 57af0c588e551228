//! The arrival of a person in the room to which it is on its way.

use std::fmt::Display;
use std::mem;
use std::sync::Arc;

use chat_protocol::name::Name;
use chat_store::line::Position;

use super::coming::Hold;
use super::{Arrival, Directory, Location, People, PersonId};
use crate::net::transport::Transport;
use crate::people::crowd::Change;
use crate::room::event::Notice;
use crate::room::order::{Past, Room};
use crate::room::seat::{MemberId, Seat};

/// A client is in its room, under this number there; so many bytes were said because of it.
pub(crate) type Arrived<T> = (Arc<Room<T>>, MemberId, usize);

impl<T: Transport> Directory<T> {
    /// A person that has just been admitted joins its first room, and is welcomed; the room hears of it.
    /// Returns also how many bytes were said because of it.
    pub(crate) fn arrive(&self, id: PersonId, seat: Seat<T>, arrival: Arrival) -> Arrived<T> {
        self.arrive_at(Hold::without_session(id), seat, arrival)
            .expect("a person without a session")
    }

    /// The same for a person on the way to a room. `None` if another connection has the person by now: this one ends.
    pub(crate) fn arrive_at(
        &self,
        hold: Hold,
        seat: Seat<T>,
        arrival: Arrival,
    ) -> Option<Arrived<T>> {
        self.lock().arrive_at(hold, seat, arrival)
    }
}

impl<T: Transport> People<T> {
    pub(in crate::people) fn arrive_at(
        &mut self,
        hold: Hold,
        seat: Seat<T>,
        arrival: Arrival,
    ) -> Option<Arrived<T>> {
        let id = hold.id;
        if !self.is_held(hold) {
            self.deliveries.part(seat);
            return None;
        }
        self.caused = 0;
        let welcome = self.welcome(id, &arrival);
        let past = match &arrival {
            Arrival::New(_) | Arrival::From(_) => Past::Last,
            Arrival::Back(back) => Past::Behind(back.behind(), back.session()),
        };
        let person = self.person_mut(id);
        person.connection = Some(Arc::clone(seat.connection()));
        let at = person.room;
        let mail = match mem::replace(&mut person.location, Location::Moving(Vec::new())) {
            Location::Moving(mail) => mail,
            _ => Vec::new(),
        };
        let room = Arc::clone(&self.rooms[&at].room);
        let (member, position) = room.join(seat, self.encoding(id), welcome, past);
        for (line, letter) in mail {
            room.post(member, line, letter);
        }
        let (from, is_announced) = match arrival {
            Arrival::New(_) => (None, true),
            Arrival::From(room) => (Some(room), true),
            Arrival::Back(back) => (None, back.is_announced()),
        };
        let location = Location::InRoom(Arc::clone(&room), member);
        self.settle(id, (location, position), from.as_ref(), is_announced);
        Some((room, member, self.caused))
    }

    /// A person is in its room at this position, `from` another one; the room hears of it if that `is_announced`.
    pub(super) fn settle(
        &mut self,
        id: PersonId,
        (location, position): (Location<T>, Position),
        from: Option<&Name>,
        is_announced: bool,
    ) {
        if from.is_some() {
            self.note_session(id, Some(position));
        }
        let person = self.person_mut(id);
        person.location = location;
        let at = person.room;
        self.rooms.entry(at).and_modify(|open| _ = open.coming.remove(&id));
        self.restrain(id);
        self.end_if_sent_away(id);
        if !self.rules.presence || !is_announced || self.is_summed_up(at, Change::Joined) {
            return;
        }
        let (language, name) = (self.rules.language, self.person(id).name.clone());
        let who: (_, &dyn Display) = ("who", &name);
        match from {
            None => self.say(id, &Notice::new("joined", language.joined(&name), [who])),
            Some(room) => {
                let line = language.comes(&name, room);
                self.say(id, &Notice::new("comes", line, [who, ("room", room)]));
            }
        }
    }
}
