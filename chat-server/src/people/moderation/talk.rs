//! Order in a room: its topic, slow mode, closed rooms, and whether a person may speak.

use std::fmt::Display;
use std::time::Duration;

use chat_protocol::command::Verb;
use chat_protocol::moderation::{Objection, Sentence};
use chat_protocol::refusal::Refusal;

use super::fits;
use crate::net::transport::Transport;
use crate::people::directory::{Directory, People, PersonId};
use crate::people::house::roles::Role;
use crate::people::private_messages::Written;
use crate::room::event::Notice;

/// In place of a topic: the room has none any more.
const NO_TOPIC: &str = "-";

impl<T: Transport> Directory<T> {
    /// Asks whether a person may say something in its room now. Needed only where the room is slow, or the person
    /// restrained.
    pub(crate) fn may_speak(&self, id: PersonId) -> Result<(), Refusal> {
        let mut people = self.lock();
        // Another connection may have had the person, and it has left.
        if !people.is_here(id) {
            return Ok(());
        }
        people.may_write(id)?;
        if people.role(id) >= Role::Operator {
            return Ok(());
        }
        let now = people.time.steady();
        let spoken = people.settings_mut(id).speak(id, now);
        spoken.map_err(|left| Objection::Slow(left).into())
    }
}

impl<T: Transport> People<T> {
    /// Refuses what a muted person says, also in private.
    pub(in crate::people) fn may_write(&self, id: PersonId) -> Result<(), Refusal> {
        self.restrain(id).map_or(Ok(()), |mute| Err(Objection::Muted(mute).into()))
    }

    /// Has a person ask before it speaks where it is muted or the room is slow, and only there: messages of others cost
    /// nothing more. Returns the mute, if there is one.
    pub(in crate::people) fn restrain(&self, id: PersonId) -> Option<Sentence> {
        let mute = self.mute(id);
        if let Some(connection) = &self.person(id).connection {
            connection.restrain(self.settings(id).is_slow() || mute.is_some());
        }
        mute
    }

    pub(super) fn tell_topic(&mut self, by: PersonId) {
        let language = self.rules.language;
        match self.settings(by).topic.clone() {
            Some(topic) => self.tell(by, &Notice::new("topic", language.topic(&topic), [])),
            None => self.tell(by, &Notice::new("topic", language.no_topic(), [])),
        };
    }

    pub(super) fn set_topic(&mut self, by: PersonId, text: &str) -> Result<(), Refusal> {
        self.permitted(by, Verb::Topic)?;
        fits(text)?;
        let (language, name) = (self.rules.language, self.person(by).name.to_string());
        let topic = Some(text).filter(|text| *text != NO_TOPIC);
        self.settings_mut(by).topic = topic.map(Into::into);
        let who: [(_, &dyn Display); 1] = [("by", &name)];
        match topic {
            Some(topic) => {
                self.proclaim(by, &Notice::new("topic", language.new_topic(&name, topic), who));
            }
            None => self.proclaim(by, &Notice::new("topic", language.topic_removed(&name), who)),
        }
        self.record(by, Verb::Topic, "", text, None, Vec::new());
        Ok(())
    }

    pub(super) fn slow_down(
        &mut self,
        by: PersonId,
        every: Option<Duration>,
    ) -> Result<(), Refusal> {
        self.permitted(by, Verb::Slow)?;
        self.settings_mut(by).slow_down(every);
        self.people(by, false).into_iter().for_each(|id| _ = self.restrain(id));
        let (language, name) = (self.rules.language, self.person(by).name.to_string());
        let who: [(_, &dyn Display); 1] = [("by", &name)];
        match every {
            Some(every) => {
                self.proclaim(by, &Notice::new("slow", language.slows(&name, every), who));
            }
            None => self.proclaim(by, &Notice::new("slow", language.not_slow(&name), who)),
        }
        let every = every.map_or("no".to_owned(), |every| format!("{every:?}"));
        self.record(by, Verb::Slow, "", &every, None, Vec::new());
        Ok(())
    }

    pub(super) fn lock_room(&mut self, by: PersonId) -> Result<(), Refusal> {
        self.permitted(by, Verb::Lock)?;
        self.not_first(by)?;
        let settings = self.settings_mut(by);
        settings.is_locked = !settings.is_locked;
        let is_locked = settings.is_locked;
        let (language, name) = (self.rules.language, self.person(by).name.to_string());
        let who: [(_, &dyn Display); 1] = [("by", &name)];
        if is_locked {
            self.proclaim(by, &Notice::new("locked", language.locked(&name), who));
        } else {
            self.proclaim(by, &Notice::new("unlocked", language.unlocked(&name), who));
        }
        self.record(by, Verb::Lock, "", if is_locked { "" } else { "no" }, None, Vec::new());
        Ok(())
    }

    /// Invites a person: a private message, within the bounds of those.
    pub(super) fn invite(&mut self, by: PersonId, name: &str) -> Result<Written<T>, Refusal> {
        self.permitted(by, Verb::Invite)?;
        self.not_first(by)?;
        let id = self.find(name).ok_or_else(|| Refusal::NoSuchPerson(name.to_owned()))?;
        let language = self.rules.language;
        let [by_name, name] = [by, id].map(|id| self.person(id).name.clone());
        let room = self.room_name(by).clone();
        let line = language.invitation(by_name.as_str(), room.as_str()).to_string();
        let names: [(_, &dyn Display); 2] = [("by", &by_name), ("room", &room)];
        let line = self.encoding(id).encode(&Notice::new("invitation", line, names));
        let receipt = Notice::new("invited", language.invited(name.as_str()), [("who", &name)]);
        let receipt = self.encoding(by).encode(&receipt);
        let letter = self.letter_of(by, id, &line);
        if self.is_sent(id, &letter) {
            self.settings_mut(by).invite(id);
        }
        let written = self.post(by, id, line, letter?, receipt);
        self.record(by, Verb::Invite, name.as_str(), "", None, Vec::new());
        Ok(written)
    }
}
