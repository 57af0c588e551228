//! What a command does, and what its sender is told about it (chapter 6).

use chat_protocol::command::Command;
use chat_protocol::name::Name;
use chat_protocol::wording;

use crate::directory::{Directory, PersonId, Transfer};
use crate::member::Member;

/// What has come of a command.
pub(crate) enum Outcome<M> {
    /// So many bytes have been said or told because of it.
    Said(usize),
    /// The sender is called this from now on; so many bytes have been said about it.
    Renamed(Name, usize),
    /// The sender is on the way to another room.
    OnTheWay(Transfer<M>),
}

impl<M: Member> Directory<M> {
    /// Does what somebody commands. A refusal is told to them alone.
    pub(crate) fn execute(&self, id: PersonId, command: Command) -> Outcome<M> {
        let said = match command {
            Command::Private { to, text } => self.tell_privately(id, &to, &text),
            Command::Reply(text) => self.answer(id, &text),
            Command::Room(room) => match self.set_out(id, &room) {
                Ok(transfer) => return Outcome::OnTheWay(transfer),
                Err(refusal) => Err(refusal),
            },
            Command::Rename(name) => match self.take_name(id, &name) {
                Ok((name, said)) => return Outcome::Renamed(name, said),
                Err(refusal) => Err(refusal),
            },
            Command::Who => Err(self.members(id)),
            Command::Rooms => Err(self.rooms()),
            Command::Help => Err(wording::help().to_string()),
            // Sessions see to it, because leaving is not only for those who have a name.
            Command::Leave => Ok(0),
        };
        Outcome::Said(said.unwrap_or_else(|answer| self.tell(id, answer)))
    }

    fn take_name(&self, id: PersonId, name: &str) -> Result<(Name, usize), String> {
        let new: Result<Name, _> = name.parse();
        let renamed = new.and_then(|new| self.rename(id, &new).map(|said| (new, said)));
        let (new, said) = renamed.map_err(|error| wording::name_refused(error).to_string())?;
        let told = self.tell(id, wording::you_are_now(&new));
        Ok((new, said + told))
    }
}
