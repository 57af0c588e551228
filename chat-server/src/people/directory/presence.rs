//! What a person is told about the others: who is there, and which rooms there are (chapters 5 and 6).

use chat_protocol::name::Name;

use super::{People, PersonId, Rules};
use crate::net::transport::Transport;

/// The way in which a person comes into a room.
pub(crate) enum Arrival {
    /// It is new in the chat, and gets this greeting, unless it has been greeted.
    New(Option<String>),
    /// It comes from the room of this name.
    From(Name),
}

impl<T: Transport> People<T> {
    /// Lists the people in a person's room.
    pub(in crate::people) fn members(&self, id: PersonId) -> String {
        let (room, names) = self.present(id);
        self.rules.language.members(room, names).to_string()
    }

    /// The name of a person's room, and the names of the people in it, which are looked up when they are asked for.
    fn present(&self, id: PersonId) -> (&Name, impl ExactSizeIterator<Item = &Name> + Clone) {
        let open = &self.rooms[&self.person(id).room];
        (&open.name, open.members.iter().map(|id| &self.person(*id).name))
    }

    /// The lines for a person that arrives.
    pub(super) fn welcome(&self, id: PersonId, arrival: &Arrival) -> Vec<String> {
        let Rules { language, presence, commands, .. } = self.rules;
        let (room, names) = self.present(id);
        let mut lines = match arrival {
            Arrival::New(greeting) => Vec::from_iter(greeting.clone()),
            Arrival::From(_) => vec![language.you_are_in(room).to_string()],
        };
        if presence {
            lines.push(language.introduction(&self.person(id).name, room, names).to_string());
        }
        if commands && matches!(arrival, Arrival::New(_)) {
            lines.push(language.help_hint().to_owned());
        }
        lines
    }

    /// Lists the rooms.
    pub(in crate::people) fn rooms(&self) -> String {
        let sizes = self.rooms.values().map(|open| (&open.name, open.members.len()));
        self.rules.language.rooms(sizes).to_string()
    }
}
