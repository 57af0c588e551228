//! What moderators let a client do (chapter 13).

use chat_protocol::name::Name;
use chat_protocol::refusal::Refusal;

use super::Membership;
use crate::room::event::Notice;

impl Membership<'_> {
    /// Returns whether the client may not speak now, because it is muted or too fast for its room. It is told so.
    #[cold]
    pub(super) fn is_silenced(&mut self) -> bool {
        let Some((hold, _)) = &self.person else { return false };
        let Err(refusal) = self.server.directory.may_speak(hold.id) else { return false };
        self.note_refusal(&refusal);
        let line = self.server.language().refusal(&refusal);
        self.tell(&Notice::new("refusal", line, []));
        true
    }

    /// The reason why the client may not have this name, if it is banned.
    pub(crate) fn is_kept_out(&self, name: &Name) -> Option<Refusal> {
        self.server.directory.keeps_out(name, self.connection.peer().ip())
    }

    /// The last line for the client, if a moderator has sent it away.
    pub(crate) fn farewell(&self) -> Option<String> {
        self.server.directory.farewell(self.person.as_ref()?.0.id)
    }
}
