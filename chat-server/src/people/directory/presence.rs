//! What a person is told about the others: who is there, and which rooms there are (chapters 5 and 6).

use std::hash::{DefaultHasher, Hash, Hasher};

use chat_protocol::limits::MAX_LISTED;
use chat_protocol::name::Name;
use chat_store::line::Position;

use super::resumption::Back;
use super::{People, PersonId, Rules};
use crate::net::transport::Transport;
use crate::net::wire::encoding::{Encoding, Object};
use crate::room::event::Notice;

/// The way in which a person comes into a room.
pub(crate) enum Arrival {
    /// It is new in the chat, and gets this greeting, unless it has been greeted.
    New(Option<String>),
    /// It comes from the room of this name.
    From(Name),
    /// It comes back to its session.
    Back(Box<Back>),
}

impl<T: Transport> People<T> {
    /// Lists the people in a person's room, in its encoding.
    pub(in crate::people) fn members(&self, id: PersonId) -> String {
        let (room, names) = self.present(id);
        let lines = self.rules.language.members(room, names);
        match self.encoding(id) {
            Encoding::Text => lines.to_string(),
            Encoding::Json => self.list_people(id, Object::new("people")).unmarked(lines).end(),
        }
    }

    /// The name of a person's room, and the names of the people in it, which are looked up when they are asked for.
    fn present(&self, id: PersonId) -> (&Name, impl ExactSizeIterator<Item = &Name> + Clone) {
        let open = &self.rooms[&self.person(id).room];
        (&open.name, open.members.iter().map(|id| &self.person(*id).name))
    }

    /// A number that is another when others are in a person's room, or have other names.
    pub(super) fn digest(&self, id: PersonId) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.present(id).1.for_each(|name| name.as_str().hash(&mut hasher));
        hasher.finish()
    }

    /// Adds a person's room, the people in it, and their number, which may be larger than the list is long.
    pub(super) fn list_people(&self, id: PersonId, object: Object) -> Object {
        let (room, names) = self.present(id);
        let number = names.len();
        object.text("room", room).list("people", names.take(MAX_LISTED)).value("number", number)
    }

    /// The lines for a person that arrives, in its encoding.
    pub(super) fn welcome(&self, id: PersonId, arrival: &Arrival) -> Vec<String> {
        if let Arrival::Back(back) = arrival {
            // It has been told, but for those who came and went meanwhile.
            let is_stale = back.listed() != Some(self.digest(id));
            let list = || self.list_people(id, Object::new("people")).end();
            return is_stale.then(list).into_iter().collect();
        }
        let Rules { language, presence, commands, .. } = self.rules;
        let (room, names) = self.present(id);
        let motd = self.house.motd(self.encoding(id), language);
        let topic = self.settings(id).topic.as_deref();
        let topic = topic.map(|topic| Notice::new("topic", language.topic(topic), []));
        let topic = topic.map(|topic| self.encoding(id).encode(&topic));
        let mut lines = match arrival {
            Arrival::New(greeting) => greeting.iter().cloned().chain(motd).collect(),
            Arrival::From(_) if self.encoding(id) == Encoding::Text => {
                vec![language.you_are_in(room).to_string()]
            }
            Arrival::From(_) | Arrival::Back(_) => Vec::new(),
        };
        let name = &self.person(id).name;
        let introduction = language.introduction(name, room, names);
        if self.encoding(id) == Encoding::Json {
            let here = self.list_people(id, Object::new("here").text("you", name));
            lines.push(here.unmarked(introduction).end());
            lines.extend(topic);
            return lines;
        }
        if presence {
            lines.push(introduction.to_string());
        }
        lines.extend(topic);
        if commands && matches!(arrival, Arrival::New(_)) {
            lines.push(language.help_hint().to_owned());
        }
        lines
    }

    /// What was said last in a person's room, in its encoding.
    pub(in crate::people) fn history(&self, id: PersonId, count: usize) -> String {
        let (room, encoding) = (&self.rooms[&self.person(id).room].room, self.encoding(id));
        room.recall(count, encoding).unwrap_or_else(|| {
            encoding.encode(&Notice::new("history", self.rules.language.no_history(), []))
        })
    }

    /// The position of a person's room.
    pub(in crate::people) fn position(&self, id: PersonId) -> Position {
        self.rooms[&self.person(id).room].room.position()
    }

    /// Lists the rooms.
    pub(in crate::people) fn rooms(&self, encoding: Encoding) -> String {
        let sizes = self.rooms.values().map(|open| (&open.name, open.members.len()));
        let lines = self.rules.language.rooms(sizes.clone());
        match encoding {
            Encoding::Text => lines.to_string(),
            Encoding::Json => {
                let (names, sizes): (Vec<_>, Vec<_>) = sizes.take(MAX_LISTED).unzip();
                let rooms = Object::new("rooms").list("rooms", names.iter());
                rooms.value("sizes", format_args!("{sizes:?}")).unmarked(lines).end()
            }
        }
    }
}
