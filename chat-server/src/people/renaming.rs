//! Renaming (requirement 6.3).

use chat_protocol::name::{Name, NameError};
use chat_protocol::text::is_leave;

use crate::net::transport::Transport;
use crate::people::crowd::Change;
use crate::people::directory::{Location, People, PersonId};
use crate::room::event::Notice;

impl<T: Transport> People<T> {
    /// Gives a person another name; the room and the person hear of it if it is `announced`. The operator can have
    /// a reserved one.
    pub(super) fn rename(
        &mut self,
        id: PersonId,
        new: &Name,
        announced: bool,
    ) -> Result<(), NameError> {
        let reserved = if let Location::Console(_) = self.person(id).location {
            is_leave(new.as_str())
        } else {
            let account = self.person(id).account.as_deref();
            if let Some(error) = self.objection_of_accounts(new, account) {
                return Err(error);
            }
            self.rules.reserves(new)
        };
        if reserved {
            return Err(NameError::Reserved);
        }
        let old = self.person(id).name.clone();
        let renamed = self.names.rename(&old, new, id);
        renamed.map_err(|other| self.objection(other))?;
        self.person_mut(id).name = new.clone();
        self.note_session(id, None);
        // The new name may be that of a mute.
        self.restrain(id);
        if announced {
            self.announce(id, &old, new);
        }
        Ok(())
    }

    /// Both notices stand at one place of the room's order: no message comes between them. A crowd is not told who it is.
    fn announce(&mut self, id: PersonId, old: &Name, new: &Name) {
        let language = self.rules.language;
        let said =
            Notice::new("renamed", language.renamed(old, new), [("who", old), ("name", new)]);
        let told = Notice::new("named", language.you_are_now(new), [("name", new)]);
        let is_told = old != new && !self.is_summed_up(self.person(id).room, Change::Renamed);
        match &self.person(id).location {
            Location::InRoom(room, member) if is_told => {
                let told = self.encoding(id).encode(&told);
                self.caused += room.say_and_tell(*member, &said, told);
            }
            _ => {
                if is_told {
                    self.say(id, &said);
                }
                self.tell(id, &told);
            }
        }
    }
}
