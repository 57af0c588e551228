//! What moderators do, to whom, and what is known of it afterwards (chapter 13).

mod sanctions;
mod talk;

use std::fmt::Display;

use chat_protocol::command::{Command, FORMS, Verb};
use chat_protocol::moderation::{MAX_REASON, Objection};
use chat_protocol::name::key;
use chat_protocol::refusal::Refusal;
use chat_store::moderation::{Deed, Sanction};

use crate::net::clock::milliseconds;
use crate::net::transport::Transport;
use crate::people::directory::coming::Leaving;
use crate::people::directory::{Location, People, Person, PersonId};
use crate::people::house::roles::Role;
use crate::people::house::settings::Holder;
use crate::people::private_messages::Written;
use crate::room::event::Notice;
use sanctions::Sentencing;

impl<T: Transport> People<T> {
    /// Executes a command of a moderator, or shows the topic.
    pub(super) fn moderate(
        &mut self,
        by: PersonId,
        command: Command,
    ) -> Result<Written<T>, Refusal> {
        if says_something(&command) {
            self.may_write(by)?;
        }
        match command {
            Command::Topic(None) => self.tell_topic(by),
            Command::Topic(Some(text)) => self.set_topic(by, &text)?,
            Command::Kick { name: Some(name), reason } => self.kick(by, &name, &reason)?,
            Command::Kick { name: None, .. } => return Err(malformed(Verb::Kick)),
            Command::Ban { target, time, reason } => {
                self.sentence(
                    by,
                    Sentencing { verb: Verb::Ban, target: &target, time, reason: &reason },
                )?;
            }
            Command::Mute { name, time } => {
                self.sentence(
                    by,
                    Sentencing { verb: Verb::Mute, target: &name, time, reason: "" },
                )?;
            }
            Command::Pardon(target) => self.pardon(by, &target)?,
            Command::Bans => self.list_sanctions(by)?,
            Command::Slow(every) => self.slow_down(by, every)?,
            Command::Lock => self.lock_room(by)?,
            Command::Invite(name) => return self.invite(by, &name),
            Command::Op(name) => self.promote(by, &name)?,
            Command::Deop(name) => self.demote(by, &name)?,
            _ => {}
        }
        Ok(None)
    }

    /// The role of a person in its room.
    pub(super) fn role(&self, id: PersonId) -> Role {
        self.role_in_room_of(id, id)
    }

    /// The role that a person has, or would have, in the room of another.
    fn role_in_room_of(&self, of: PersonId, id: PersonId) -> Role {
        let person = self.person(id);
        match &person.location {
            Location::Console(_) => Role::Admin,
            _ => self.role_of(of, Some(id), person.account.as_deref()),
        }
    }

    /// The same for an account whose person may not be here.
    fn role_of(&self, of: PersonId, id: Option<PersonId>, account: Option<&str>) -> Role {
        if account.is_some_and(|account| self.house.is_admin(account)) {
            Role::Admin
        } else {
            self.settings(of).role(id, account)
        }
    }

    /// The role of a person, if it may give this command.
    fn permitted(&self, by: PersonId, verb: Verb) -> Result<Role, Refusal> {
        let role = self.role(by);
        if role.may(verb) { Ok(role) } else { Err(Objection::Role.into()) }
    }

    /// The person that a command means: in the moderator's room, unless that is an admin, and of no higher role.
    fn target(&self, by: PersonId, role: Role, name: &str) -> Result<PersonId, Refusal> {
        let id = self.find(name).ok_or_else(|| Refusal::NoSuchPerson(name.to_owned()))?;
        if role < Role::Admin && !self.are_together(by, id) {
            return Err(Objection::NotInRoom(self.person(id).name.clone()).into());
        }
        self.spare_higher(role, id)?;
        Ok(id)
    }

    fn spare_higher(&self, role: Role, id: PersonId) -> Result<(), Refusal> {
        if self.role(id) <= role {
            return Ok(());
        }
        Err(Objection::HigherRole(self.person(id).name.clone()).into())
    }

    fn kick(&mut self, by: PersonId, name: &str, reason: &str) -> Result<(), Refusal> {
        let role = self.permitted(by, Verb::Kick)?;
        let id = self.target(by, role, name)?;
        fits(reason)?;
        if let Location::Console(_) = self.person(id).location {
            return Err(Refusal::NoSuchPerson(name.to_owned()));
        }
        let (language, [by_name, name]) = (self.rules.language, self.names(by, id));
        let line = language.kicks(&by_name, &name, reason);
        let who: [(_, &dyn Display); 2] = [("who", &name), ("by", &by_name)];
        self.proclaim_about(by, id, false, &Notice::new("kicked", line, who));
        let farewell = match self.person(by).location {
            Location::Console(_) => language.sent_away_by_operator(reason).to_string(),
            _ => language.sent_away(&by_name, reason).to_string(),
        };
        self.send_away(id, farewell);
        self.record(by, Verb::Kick, &name, reason, None, Vec::new());
        Ok(())
    }

    /// Ends the connection of a person, with this last line; of one on its way to a room, as it arrives. One that is absent
    /// does not come back.
    pub(in crate::people) fn send_away(&mut self, id: PersonId, farewell: String) {
        match self.person(id).location {
            Location::InRoom(..) | Location::Moving(_) | Location::Elsewhere { .. } => {
                self.house.farewells.insert(id, farewell);
                self.end_if_sent_away(id);
            }
            Location::Absent => self.depart(id, Leaving::ForGood),
            Location::Console(_) => {}
        }
    }

    /// Ends the connection of a person in a room that was sent away.
    pub(in crate::people) fn end_if_sent_away(&self, id: PersonId) {
        let Person { location, connection, .. } = self.person(id);
        if let (Location::InRoom(..), Some(connection)) = (location, connection)
            && self.house.farewells.contains_key(&id)
        {
            connection.send_away();
        }
    }

    fn promote(&mut self, by: PersonId, name: &str) -> Result<(), Refusal> {
        let role = self.permitted(by, Verb::Op)?;
        self.not_first(by)?;
        let id = self.target(by, role, name)?;
        if !self.are_together(by, id) {
            return Err(Objection::NotInRoom(self.person(id).name.clone()).into());
        }
        let holder = Holder::new(id, self.person(id).account.as_deref());
        self.settings_mut(by).promote(holder);
        let (language, [by_name, name]) = (self.rules.language, self.names(by, id));
        let who: [(_, &dyn Display); 2] = [("who", &name), ("by", &by_name)];
        let line = language.promoted(&by_name, &name);
        self.proclaim(by, &Notice::new("promoted", line, who));
        self.record(by, Verb::Op, &name, "", None, Vec::new());
        Ok(())
    }

    /// A person that is an operator by its account need not be here.
    fn demote(&mut self, by: PersonId, name: &str) -> Result<(), Refusal> {
        self.permitted(by, Verb::Deop)?;
        let id = self.find(name);
        let account = match id {
            Some(id) => self.person(id).account.clone(),
            None => Some(key(name).into()),
        };
        if !self.settings_mut(by).demote(id, account.as_deref()) {
            return Err(Refusal::NoSuchPerson(name.to_owned()));
        }
        let (language, by_name) = (self.rules.language, self.person(by).name.to_string());
        let name = id.map_or(name.to_owned(), |id| self.person(id).name.to_string());
        let who: [(_, &dyn Display); 2] = [("who", &name), ("by", &by_name)];
        let line = language.demoted(&by_name, &name);
        self.proclaim(by, &Notice::new("demoted", line, who));
        self.record(by, Verb::Deop, &name, "", None, Vec::new());
        Ok(())
    }

    /// The room of a person, that one included, hears this.
    fn proclaim<L: Display, const N: usize>(&mut self, by: PersonId, event: &Notice<'_, L, N>) {
        self.say(by, event);
        self.tell(by, event);
    }

    /// The room of `about`, and the moderator `by` wherever it is, hear this; `about` if it is told.
    fn proclaim_about<L: Display, const N: usize>(
        &mut self,
        by: PersonId,
        about: PersonId,
        is_told: bool,
        event: &Notice<'_, L, N>,
    ) {
        self.say(about, event);
        if is_told {
            self.tell(about, event);
        }
        // The room does not reach the console.
        let heard =
            by == about || self.are_together(by, about) && self.person(by).connection.is_some();
        if !heard {
            self.tell(by, event);
        }
    }

    /// Refuses what has no sense in the room in which everybody begins.
    fn not_first(&self, by: PersonId) -> Result<(), Refusal> {
        if self.is_in_first(by) { Err(Objection::FirstRoom.into()) } else { Ok(()) }
    }

    fn names(&self, by: PersonId, id: PersonId) -> [String; 2] {
        [by, id].map(|id| self.person(id).name.to_string())
    }

    /// Records what a moderator did: in the log, and in the store, if there is one.
    fn record(
        &self,
        by: PersonId,
        verb: Verb,
        whom: &str,
        why: &str,
        imposed: Option<Sanction>,
        lifted: Vec<u64>,
    ) {
        let deed = FORMS.iter().find(|form| form.verb == verb).map_or("", |form| form.word);
        let (account, address) = (self.person(by).account.as_deref(), self.address(by));
        let address = address.map(tracing::field::display);
        let (by, room) = (self.person(by).name.as_str(), self.room_name(by).as_str());
        tracing::info!(by, address, account, deed, room, whom, why, "moderation");
        if let Some(store) = &self.house.store {
            let at = milliseconds(self.time.since_1970());
            let [by, room, whom, why] = [by, room, whom, why].map(Into::into);
            store.moderate(Deed { at, by, deed, room, whom, why }, imposed, lifted);
        }
    }
}

/// Returns whether other people are told something by this command that its sender has written.
fn says_something(command: &Command) -> bool {
    match command {
        Command::Topic(text) => text.is_some(),
        Command::Kick { reason, .. } | Command::Ban { reason, .. } => !reason.is_empty(),
        Command::Invite(_) => true,
        _ => false,
    }
}

/// Refuses a text that would be kept and is too long.
fn fits(text: &str) -> Result<(), Refusal> {
    if text.len() > MAX_REASON { Err(Refusal::LineTooLong(MAX_REASON)) } else { Ok(()) }
}

fn malformed(verb: Verb) -> Refusal {
    let form = FORMS.iter().find(|form| form.verb == verb).expect("each verb has a form");
    Refusal::Malformed { word: form.word.to_owned(), form }
}

#[cfg(test)]
mod tests;
