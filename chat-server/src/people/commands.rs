//! What a command does, and what its sender is told about it (chapter 6).

use std::mem;
use std::sync::Arc;

use chat_protocol::command::{Command, Form};
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use chat_store::line::Position;

use crate::net::per_address::Origin;
use crate::net::transport::Transport;
use crate::people::directory::coming::Hold;
use crate::people::directory::sessions::new_token;
use crate::people::directory::{Directory, People, PersonId, Transfer};
use crate::room::event::Notice;
use crate::room::order::Room;
use crate::room::seat::MemberId;

/// The change that a command makes for its sender.
pub(crate) enum Effect<T> {
    /// The sender has this name from now on.
    Renamed(Name),
    /// The sender is on the way from one room to another.
    Moving {
        /// The name of the room that it has left.
        from: Name,
        /// The name of the room to which it goes.
        to: Name,
        /// The seat that it takes along.
        seat: Transfer<T>,
    },
    /// The session of this id has begun: the sender is another member of its room, and takes objects.
    Begun(MemberId, Position),
    /// Nothing but that this other room is full by now: its sender waits for space there.
    Filled(Arc<Room<T>>),
    /// None: it was refused.
    Refused(Box<Refusal>),
}

impl<T: Transport> Directory<T> {
    /// Executes a command of a person from this address. A refusal is told to them alone. Returns also how many bytes were
    /// said and told because of it.
    pub(crate) fn execute(
        &self,
        hold: Hold,
        command: Command,
        origin: Option<&Origin>,
    ) -> (Option<Effect<T>>, usize) {
        let (mut people, id) = (self.lock(), hold.id);
        if !people.is_held(hold) {
            return (None, 0);
        }
        // It is not to be done again, and that is to be stored before it can be seen.
        people.keep_commanded(hold, &command);
        people.caused = 0;
        let effect = people.execute(id, command, origin).unwrap_or_else(|refusal| {
            let language = people.rules.language;
            people.tell(id, &Notice::new("refusal", language.refusal(&refusal), []));
            Some(Effect::Refused(refusal.into()))
        });
        (effect, mem::take(&mut people.caused))
    }
}

impl<T: Transport> People<T> {
    pub(super) fn execute(
        &mut self,
        id: PersonId,
        command: Command,
        origin: Option<&Origin>,
    ) -> Result<Option<Effect<T>>, Refusal> {
        match command {
            Command::Private { to, text } => {
                self.may_write(id)?;
                return self.tell_privately(id, &to, &text).map(|full| full.map(Effect::Filled));
            }
            Command::Reply(text) => {
                self.may_write(id)?;
                return self.answer(id, &text).map(|full| full.map(Effect::Filled));
            }
            Command::Room(room) => {
                let (from, to, seat) = self.leave_for(id, &room, origin)?;
                return Ok(Some(Effect::Moving { from, to, seat }));
            }
            Command::Rename(name) => {
                self.forbids_renaming(id, &name)?;
                return self.call(id, &name).map(Some).map_err(Refusal::Name);
            }
            Command::Who => _ = self.tell_line(id, self.members(id)),
            Command::Rooms => _ = self.tell_line(id, self.rooms(self.encoding(id))),
            Command::History(count) => _ = self.tell_line(id, self.history(id, count)),
            Command::Position => {
                let position = self.position(id);
                let line = self.rules.language.position_is(&position);
                _ = self.tell(id, &Notice::new("position", line, [("position", &position)]));
            }
            Command::Begin => {
                let begun = new_token().and_then(|token| self.begin_session(id, token, origin));
                return Ok(begun.map(|(seat, back)| Effect::Begun(seat, back)));
            }
            Command::Help => {
                let (role, accounts) = (
                    self.role(id),
                    self.accounts.as_ref().is_some_and(|accounts| accounts.are_on()),
                );
                let has = |form: &Form| {
                    role.is_told_of(form.verb) && (accounts || !form.is_for_accounts())
                };
                self.tell(id, &Notice::new("help", self.rules.language.help(has), []));
            }
            // Sessions see to the first, because leaving needs no name, and memberships to those that take time.
            Command::Leave | Command::Register(_) | Command::Password(_) => {}
            command => return self.moderate(id, command).map(|full| full.map(Effect::Filled)),
        }
        Ok(None)
    }

    fn call(&mut self, id: PersonId, name: &str) -> Result<Effect<T>, NameError> {
        let new: Name = name.parse()?;
        self.rename(id, &new, true)?;
        Ok(Effect::Renamed(new))
    }
}
