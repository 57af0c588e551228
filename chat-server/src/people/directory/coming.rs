//! The connection that a person has, and how it leaves.

use chat_protocol::account::AccountError;
use chat_protocol::name::{Name, NameError};

use super::{Directory, Location, People, PersonId};
use crate::net::transport::Transport;
use crate::net::wire::encoding::Encoding;
use crate::people::accounts::Proved;
use crate::people::crowd::Change;
use crate::room::event::Notice;
use crate::room::seat::MemberId;

/// A person of a connection: its id, and the turn of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) id: PersonId,
    pub(crate) turn: u32,
    /// The number of the client among those of this server, where several are one chat.
    pub(crate) link: u32,
}

impl Hold {
    /// That of the only connection of a person.
    pub(crate) fn without_session(id: PersonId) -> Self {
        Self { id, turn: 0, link: 0 }
    }
}

/// The way in which a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// The person leaves, or is sent away.
    ForGood,
    /// It was cut off, for all that is known.
    Cut,
    /// The server stops: no room hears of it, and a person may come back to the next.
    Closing,
}

impl<T: Transport> Directory<T> {
    /// Gives a client its name, with the account that it has proved to own; [`arrive`](Self::arrive) follows.
    pub(crate) fn admit(
        &self,
        name: Name,
        encoding: Encoding,
        proved: Option<Proved>,
    ) -> Result<PersonId, NameError> {
        let mut people = self.lock();
        if people.rules.reserves(&name) {
            return Err(NameError::Reserved);
        }
        people.admit_proved(name, encoding, Location::Moving(Vec::new()), proved)
    }

    /// Returns whether no client can have this name.
    pub(crate) fn reserves(&self, name: &Name) -> bool {
        self.lock().rules.reserves(name)
    }

    /// Gives a name to a client that is not asked for a name, with its number among those of its port.
    pub(crate) fn admit_guest(
        &self,
        port: u16,
        number: u32,
        encoding: Encoding,
    ) -> (PersonId, Name) {
        let mut copy = number;
        loop {
            let name = Name::guest(port, copy);
            let location = Location::Moving(Vec::new());
            if let Ok(id) = self.lock().admit(name.clone(), encoding, location, None) {
                return (id, name);
            }
            copy += 1;
        }
    }

    /// A connection ends, and its person leaves, or is absent until it comes back. The room hears if it leaves.
    pub(crate) fn leave(&self, hold: Hold, leaving: Leaving) {
        self.lock().leave(hold, leaving);
    }
}

impl<T: Transport> People<T> {
    /// Gives a client its name, if the accounts have nothing against it.
    pub(in crate::people) fn admit_proved(
        &mut self,
        name: Name,
        encoding: Encoding,
        location: Location<T>,
        proved: Option<Proved>,
    ) -> Result<PersonId, NameError> {
        // Whoever changes a word ends other connections under this lock, later.
        if !proved.as_ref().is_none_or(|proved| self.is_still_proved(proved)) {
            return Err(NameError::Account(AccountError::WrongWord));
        }
        let account = proved.map(|proved| proved.account);
        if let Some(error) = self.objection_of_accounts(&name, account.as_deref()) {
            return Err(error);
        }
        self.admit(name, encoding, location, account)
    }

    pub(in crate::people) fn leave(&mut self, hold: Hold, leaving: Leaving) {
        let is_sent_away = self.house.farewells.contains_key(&hold.id);
        let leaving = if is_sent_away { Leaving::ForGood } else { leaving };
        if !self.is_held(hold) || leaving == Leaving::Cut && self.becomes_absent(hold.id) {
            return;
        }
        self.depart(hold.id, leaving);
    }

    /// A person leaves.
    pub(in crate::people) fn depart(&mut self, id: PersonId, leaving: Leaving) {
        let Some(person) = self.by_id.remove(&id) else { return };
        self.names.release(&person.name);
        self.house.farewells.remove(&id);
        self.set_address(id, None);
        let member = match person.location {
            Location::InRoom(_, member) => Some(member),
            Location::Absent | Location::Elsewhere { is_there: true } => Some(MemberId::NOBODY),
            Location::Moving(_)
            | Location::Console(_)
            | Location::Elsewhere { is_there: false } => None,
        };
        if let Some(member) = member
            && self.rules.presence
            && leaving != Leaving::Closing
            && !self.is_summed_up(person.room, Change::Left)
        {
            let notice = self.rules.language.left(&person.name);
            let notice = Notice::new("left", notice, [("who", &person.name)]);
            self.rooms[&person.room].room.say(member, &notice);
        }
        if let Location::InRoom(room, member) = &person.location {
            room.leave(*member);
        }
        self.rooms.entry(person.room).and_modify(|open| open.settings.forget(id));
        self.quit(person.room, id);
        if let Some(token) = person.session {
            self.end_session(*token, leaving != Leaving::ForGood);
        }
    }
}
