//! People as a function of the log (chapter 14): what the acts of clients do, on all servers alike.
//!
//! A client that is connected to this server waits for its act, and brings what the others do not need: its seat. Of the
//! others there is a person that is [elsewhere](super::directory::Location::Elsewhere).

use std::collections::HashMap;
use std::sync::Arc;

use chat_cluster::entry::{Incarnation, PersonId as Client};
use chat_cluster::state::RestoreError;
use chat_cluster::wire::{Reader, Write};
use chat_protocol::account::AccountError;
use chat_protocol::command::{Command, Parsed, parse};
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use chat_protocol::wording;
use chat_store::line::Position;
use chat_store::session::Token;

use crate::net::transport::Transport;
use crate::net::wire::encoding::Object;
use crate::people::acts::{Author, Coming, Commanded, Enter, Resume, Said};
use crate::people::commands::Effect;
use crate::people::directory::coming::{Hold, Leaving};
use crate::people::directory::resumption::Back;
use crate::people::directory::{Arrival, Arrived, Location, People, PersonId};
use crate::room::event::{MESSAGE, Notice};
use crate::room::order::Room;
use crate::room::seat::{MemberId, Seat};

/// The persons of the clients that are connected, by the servers that they are connected to.
pub(super) type Holds = HashMap<Client, Hold>;

impl<T: Transport> People<T> {
    /// A client gets its name, if that is free, and is on the way to the first room.
    pub(crate) fn enters(&mut self, client: Client, enter: Enter) -> Result<Hold, NameError> {
        let Enter { name, encoding, proved, ip } = enter;
        let elsewhere = Location::Elsewhere { is_there: false };
        let name: Name = name.parse()?;
        if name.is_reserved() || self.holds().contains_key(&client) {
            return Err(NameError::Reserved);
        }
        let id = self.admit_proved(name, encoding, elsewhere, proved)?;
        self.set_address(id, Some(ip));
        let hold = Hold { id, turn: 0, link: link(client) };
        self.holds_mut().insert(client, hold);
        Ok(hold)
    }

    /// A client that has its name is in the first room. `seat`: it is connected to this server.
    pub(crate) fn begins(
        &mut self,
        hold: Hold,
        seat: Option<(Seat<T>, Arrival)>,
    ) -> Option<Arrived<T>> {
        let Some((seat, arrival)) = seat else {
            self.arrive_elsewhere(hold, None, true);
            return None;
        };
        self.arrive_at(hold, seat, arrival)
    }

    /// A client is in the room to which it was on its way.
    pub(crate) fn arrives(
        &mut self,
        client: Client,
        coming: Coming,
        seat: Option<(Seat<T>, Arrival)>,
    ) -> Option<Arrived<T>> {
        let hold = self.hold(client)?;
        if self.is_held(hold) {
            self.set_unannounced(hold.id, false);
        }
        if let Some((seat, arrival)) = seat {
            return self.arrive_at(hold, seat, arrival);
        }
        match coming {
            Coming::From(room) => self.arrive_elsewhere(hold, room.parse().ok().as_ref(), true),
            Coming::Back => self.arrive_elsewhere(hold, None, false),
            Coming::Again => self.arrive_elsewhere(hold, None, true),
        };
        None
    }

    /// A client says something to a room. It counts also if the client was sent out of that room meanwhile, or has come back on
    /// another connection: so what was said can be told from the log alone.
    pub(crate) fn says(&mut self, client: Client, said: &Said) {
        let Some(hold) = self.hold(client) else { return };
        let number = said.numbered.map(|numbered| numbered.number);
        if number.is_none_or(|number| self.accept_from_any(hold, number)) {
            self.broadcast(hold, said);
        }
        if let Some(number) = number {
            self.tell_accepted(hold, number);
        }
    }

    fn broadcast(&self, hold: Hold, said: &Said) {
        let place = self.place(hold.id).filter(|(room, _)| room.is_called(&said.room));
        let elsewhere = || Some((self.room_named(&said.room)?, MemberId::NOBODY));
        if let Some((room, member)) = place.or_else(elsewhere) {
            broadcast(room, member, said);
        }
    }

    /// A client without a name says something to the first room, in which it is this member on this server.
    pub(crate) fn is_said(&mut self, member: MemberId, said: &Said) {
        broadcast(self.first(), member, said);
    }

    /// A client commands something. `None`: another connection has its person.
    pub(crate) fn obeys(
        &mut self,
        client: Client,
        command: Commanded,
    ) -> Option<(Option<Effect<T>>, usize)> {
        let hold = self.held(client)?;
        let Commanded { number, token, line } = command;
        let is_new = match number {
            Some(number) => self.accept(hold, number)?,
            None => true,
        };
        self.caused = 0;
        let effect = match (token, parse(&line)) {
            // It has been sent away, and its server is about to learn that.
            _ if !is_new || self.is_sent_away(hold.id) => None,
            (Some(token), _) => self.begins_session(hold.id, token),
            (None, Parsed::Command(command)) => self.obey(hold.id, command),
            (None, _) => None,
        };
        if let Some(number) = number {
            self.tell_accepted(hold, number);
        }
        Some((effect, self.caused))
    }

    /// A client makes the account of its name. `None`: another connection has its person.
    pub(crate) fn registers(
        &mut self,
        client: Client,
        hash: &str,
    ) -> Option<Result<Box<str>, AccountError>> {
        let id = self.held(client)?.id;
        let accounts = Arc::clone(self.accounts.as_ref()?);
        if self.person(id).account.is_some() {
            return Some(Err(AccountError::HasOne));
        }
        let made = accounts.make(self.person(id).name.clone(), hash.into());
        if let Ok(account) = &made {
            self.set_account(id, account.clone());
        }
        Some(made)
    }

    /// A client gives its account another word. `None`: another connection has its person.
    pub(crate) fn changes_word(
        &mut self,
        client: Client,
        hash: &str,
    ) -> Option<Result<Box<str>, AccountError>> {
        let id = self.held(client)?.id;
        let accounts = Arc::clone(self.accounts.as_ref()?);
        let Some(account) = self.person(id).account.clone() else {
            return Some(Err(AccountError::HasNone));
        };
        let changed = accounts.give_word(&account, hash.into());
        if changed.is_ok() {
            self.end_others(id);
        }
        Some(changed.map(|()| account))
    }

    /// The operator gives an account a word, or removes it.
    pub(crate) fn has_account_set(&mut self, name: &str, hash: Option<&str>) {
        let (Ok(name), Some(accounts)) = (name.parse::<Name>(), &self.accounts) else { return };
        match accounts.set(name.clone(), hash.map(Arc::from)) {
            Ok(account) => self.end_account(&account, None),
            Err(error) => tracing::warn!(%name, %error, "the account was not changed"),
        }
    }

    /// A client comes back to a session. `connection`: it is connected to this server.
    pub(crate) fn comes_back(
        &mut self,
        client: Client,
        Resume { token, behind, ip }: Resume,
        connection: Option<&Arc<T>>,
    ) -> Result<(Hold, Name, Back), NameError> {
        let (hold, name, back) = self.resume(token, behind, connection, (ip, None))?;
        let hold = Hold { link: link(client), ..hold };
        self.set_address(hold.id, Some(ip));
        self.holds_mut().insert(client, hold);
        if back.is_announced() {
            self.set_unannounced(hold.id, true);
        }
        Ok((hold, name, back))
    }

    /// A client leaves.
    pub(crate) fn leaves(&mut self, client: Client, leaving: Leaving) {
        let Some(hold) = self.holds_mut().remove(&client) else { return };
        // No room has heard that it was back.
        let is_silent = self.is_held(hold) && self.set_unannounced(hold.id, false);
        self.leave(hold, if is_silent { Leaving::Closing } else { leaving });
    }

    /// A server is gone, and its clients with it.
    pub(crate) fn buries(&mut self, node: Incarnation) {
        let holds = self.holds_mut();
        let mut clients: Vec<_> =
            holds.keys().filter(|client| client.node == node).copied().collect();
        clients.sort_unstable();
        for client in clients {
            self.leaves(client, Leaving::Cut);
        }
    }

    /// All people of this server hear this.
    pub(crate) fn tell_all(&self, kind: &'static str, line: &str) {
        for room in self.all_rooms() {
            room.say(MemberId::NOBODY, &Notice::new(kind, line, []));
        }
    }

    /// Appends all of it, for another server.
    pub(crate) fn write_all(&self, out: &mut Vec<u8>) {
        let position = self.position_now();
        out.put_u32(position.epoch);
        out.put_u64(position.number);
        let mut holds: Vec<_> = self.holds().iter().collect();
        holds.sort_unstable_by_key(|(client, _)| **client);
        out.put_count(holds.len());
        for (client, hold) in holds {
            out.put_u64(client.node.0);
            out.put_u64(client.number);
            out.put_u64(hold.id.into());
            out.put_u32(hold.turn);
        }
        let unannounced = self.unannounced();
        out.put_count(unannounced.len());
        for id in unannounced {
            out.put_u64((*id).into());
        }
        self.write(out);
    }

    /// Becomes what another server has [written](Self::write_all). On an error it is as before.
    pub(crate) fn read_all(&mut self, input: &mut Reader<'_>) -> Result<(), RestoreError> {
        let position = Position { epoch: input.u32()?, number: input.u64()? };
        let holds: Holds = input.list(|input| {
            let client = Client { node: Incarnation(input.u64()?), number: input.u64()? };
            let (id, turn) = (PersonId::from(input.u64()?), input.u32()?);
            Ok((client, Hold { id, turn, link: link(client) }))
        })?;
        let unannounced = input.list(|input| Ok(PersonId::from(input.u64()?)))?;
        // Rooms that open know that they do not remember what was said before this.
        self.set_position(position);
        self.read(input.rest())?;
        self.first().forget_the_past();
        *self.holds_mut() = holds;
        self.have_unannounced(unannounced);
        Ok(())
    }

    /// Executes a command. A refusal is told to the person alone.
    fn obey(&mut self, id: PersonId, command: Command) -> Option<Effect<T>> {
        self.execute(id, command, None).unwrap_or_else(|refusal: Refusal| {
            let line = self.rules.language.refusal(&refusal);
            self.tell(id, &Notice::new("refusal", line, []));
            Some(Effect::Refused(refusal.into()))
        })
    }

    /// A person begins a session with this secret.
    fn begins_session(&mut self, id: PersonId, token: Token) -> Option<Effect<T>> {
        if let Location::InRoom(..) = self.person(id).location {
            return self.begin_session(id, token, None).map(|(id, at)| Effect::Begun(id, at));
        }
        self.begin_session_elsewhere(id, token);
        None
    }

    fn hold(&self, client: Client) -> Option<Hold> {
        self.holds().get(&client).copied()
    }

    /// The person of a client, unless another connection has it by now.
    fn held(&self, client: Client) -> Option<Hold> {
        self.hold(client).filter(|hold| self.is_held(*hold))
    }

    fn tell_accepted(&mut self, hold: Hold, number: u64) {
        self.tell_line(hold.id, Object::new("accepted").value("number", number).end());
    }
}

/// The number of a client on its server.
fn link(client: Client) -> u32 {
    u32::try_from(client.number).unwrap_or(u32::MAX)
}

/// All members of a room but the sender hear this.
fn broadcast<T>(room: &Room<T>, sender: MemberId, said: &Said) {
    let (text, numbered) = (&*said.text, said.numbered);
    match &said.author {
        Author::Nobody => {
            room.say(sender, &Notice::new(MESSAGE, text, []).saying(text).numbered(numbered))
        }
        Author::Name(name) => {
            let line = wording::message_by_name(name, text);
            let said = Notice::new(MESSAGE, line, [("who", name)]).saying(text);
            room.say(sender, &said.numbered(numbered))
        }
        Author::Port(label) => {
            let line = wording::message_by_label(label, text);
            let said = Notice::new(MESSAGE, line, [("who", label)]).saying(text);
            room.say(sender, &said.numbered(numbered))
        }
    };
}

#[cfg(test)]
mod tests;
