//! Who is who, in the diagnostics: a line for each arrival, leave and refusal (requirement 15.4). None has what a client
//! has written, but its name.

use std::net::SocketAddr;

use chat_protocol::name::Name;
use chat_protocol::refusal::Refusal;
use tracing::Level;

use super::Membership;
use crate::Server;
use crate::counts::reason;

/// A connection is refused for this reason.
pub(crate) fn refused(server: &Server, peer: SocketAddr, reason: &'static str) {
    server.deliveries.counts().inspect(|counts| counts.refused_connection(reason));
    tracing::info!(%peer, reason, "connection refused");
}

impl Membership<'_> {
    /// The client is in the chat.
    pub(super) fn note_arrival(&self) {
        let peer = self.connection.peer();
        self.note(|name, account, room| tracing::info!(%peer, name, account, room, "arrived"));
    }

    /// The client is about to leave the chat, or its connection has ended.
    pub(super) fn note_leave(&self) {
        let peer = self.connection.peer();
        self.note(|name, account, room| tracing::info!(%peer, name, account, room, "left"));
    }

    /// The client is refused something.
    pub(crate) fn note_refusal(&self, refusal: &Refusal) {
        self.server.deliveries.counts().inspect(|counts| counts.refused(refusal));
        let (peer, reason) = (self.connection.peer(), reason(refusal));
        self.note(|name, account, room| {
            tracing::info!(%peer, name, account, room, reason, "refused");
        });
    }

    /// Writes a line that says the name, the account and the room of the client, if such lines are written.
    fn note(&self, write: impl FnOnce(Option<&str>, Option<&str>, Option<&str>)) {
        if !tracing::enabled!(Level::INFO) {
            return;
        }
        let (hold, name) = self.person.as_ref().map(|(hold, name)| (hold, name)).unzip();
        let whereabouts = hold.and_then(|hold| self.server.directory.whereabouts(*hold));
        let (account, room) = whereabouts.unzip();
        let account = account.flatten();
        write(name.map(Name::as_str), account.as_deref(), room.as_ref().map(Name::as_str));
    }
}
