//! What a command does, and what its sender is told about it (chapter 6).

use std::fmt::Display;

use chat_protocol::command::Command;
use chat_protocol::name::Name;
use chat_protocol::wording;

use crate::net::transport::Transport;
use crate::people::directory::{Directory, PersonId, Transfer};

/// What has come of a command.
pub(crate) enum Outcome<T> {
    /// So many bytes have been said or told because of it.
    Said(usize),
    /// The sender is called this from now on; so many bytes have been said about it.
    Renamed(Name, usize),
    /// The sender is on the way to the room of this name.
    OnTheWay(Name, Transfer<T>),
}

impl<T: Transport> Directory<T> {
    /// Does what somebody commands. A refusal is told to them alone.
    pub(crate) fn execute(&self, id: PersonId, command: Command) -> Outcome<T> {
        let done = match command {
            Command::Private { to, text } => self.tell_privately(id, &to, &text).map(Outcome::Said),
            Command::Reply(text) => self.answer(id, &text).map(Outcome::Said),
            Command::Room(room) => {
                self.set_out(id, &room).map(|(name, transfer)| Outcome::OnTheWay(name, transfer))
            }
            Command::Rename(name) => self.call(id, &name),
            Command::Who => Ok(self.reply(id, self.members(id))),
            Command::Rooms => Ok(self.reply(id, self.rooms())),
            Command::Help => Ok(self.reply(id, wording::help())),
            // Sessions see to it, because leaving is not only for those who have a name.
            Command::Leave => Ok(Outcome::Said(0)),
        };
        done.unwrap_or_else(|refusal| self.reply(id, refusal))
    }

    fn reply(&self, id: PersonId, line: impl Display) -> Outcome<T> {
        Outcome::Said(self.tell(id, line))
    }

    fn call(&self, id: PersonId, name: &str) -> Result<Outcome<T>, String> {
        let new: Result<Name, _> = name.parse();
        let renamed = new.and_then(|new| self.rename(id, &new, true).map(|said| (new, said)));
        let (new, said) = renamed.map_err(|error| wording::name_refused(error).to_string())?;
        let told = self.tell(id, wording::you_are_now(&new));
        Ok(Outcome::Renamed(new, said + told))
    }
}
