//! What a command does, and what its sender is told about it (chapter 6).

use std::mem;
use std::sync::Arc;

use chat_protocol::command::Command;
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;

use crate::net::transport::Transport;
use crate::people::directory::{Directory, People, PersonId, Transfer};
use crate::room::order::Room;

/// The change that a command makes for its sender.
pub(crate) enum Effect<T> {
    /// The sender has this name from now on.
    Renamed(Name),
    /// Nothing but that this other room is full by now: its sender waits for space there.
    Filled(Arc<Room<T>>),
    /// The sender is on the way to the room of this name.
    Moving(Name, Transfer<T>),
}

impl<T: Transport> Directory<T> {
    /// Executes a command of a person. A refusal is told to them alone. Returns also how many bytes were
    /// said and told because of it.
    pub(crate) fn execute(&self, id: PersonId, command: Command) -> (Option<Effect<T>>, usize) {
        let mut people = self.lock();
        people.caused = 0;
        let effect = people.execute(id, command).unwrap_or_else(|refusal| {
            let language = people.rules.language;
            people.tell(id, language.refusal(&refusal));
            None
        });
        (effect, mem::take(&mut people.caused))
    }
}

impl<T: Transport> People<T> {
    fn execute(&mut self, id: PersonId, command: Command) -> Result<Option<Effect<T>>, Refusal> {
        match command {
            Command::Private { to, text } => {
                return self.tell_privately(id, &to, &text).map(|full| full.map(Effect::Filled));
            }
            Command::Reply(text) => {
                return self.answer(id, &text).map(|full| full.map(Effect::Filled));
            }
            Command::Room(room) => {
                let (name, transfer) = self.leave_for(id, &room)?;
                return Ok(Some(Effect::Moving(name, transfer)));
            }
            Command::Rename(name) => return self.call(id, &name).map(Some).map_err(Refusal::Name),
            Command::Who => _ = self.tell(id, self.members(id)),
            Command::Rooms => _ = self.tell(id, self.rooms()),
            Command::Help => _ = self.tell(id, self.rules.language.help()),
            // Sessions see to it, because leaving needs no name.
            Command::Leave => {}
        }
        Ok(None)
    }

    fn call(&mut self, id: PersonId, name: &str) -> Result<Effect<T>, NameError> {
        let new: Name = name.parse()?;
        self.rename(id, &new, true)?;
        Ok(Effect::Renamed(new))
    }
}
