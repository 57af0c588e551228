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

/// The account of a client, and its room.
type Whereabouts = (Option<Box<str>>, Option<Name>);

impl Membership<'_> {
    /// The client is in the chat.
    pub(super) fn note_arrival(&self) {
        if let Some((account, room)) = self.whereabouts() {
            let (peer, name) = (self.connection.peer(), self.name());
            let (account, room) = (account.as_deref(), room.as_ref().map(Name::as_str));
            tracing::info!(%peer, name, account, room, "arrived");
        }
    }

    /// The client is about to leave the chat, or its connection has ended.
    pub(super) fn note_leave(&self) {
        if let Some((account, room)) = self.whereabouts() {
            let (peer, name) = (self.connection.peer(), self.name());
            let (account, room) = (account.as_deref(), room.as_ref().map(Name::as_str));
            tracing::info!(%peer, name, account, room, "left");
        }
    }

    /// The client is refused something.
    pub(crate) fn note_refusal(&self, refusal: &Refusal) {
        self.server.deliveries.counts().inspect(|counts| counts.refused(refusal));
        if let Some((account, room)) = self.whereabouts() {
            let (peer, name, reason) = (self.connection.peer(), self.name(), reason(refusal));
            let (account, room) = (account.as_deref(), room.as_ref().map(Name::as_str));
            tracing::info!(%peer, name, account, room, reason, "refused");
        }
    }

    fn name(&self) -> Option<&str> {
        self.person.as_ref().map(|(_, name)| name.as_str())
    }

    /// `None`: no line is written.
    fn whereabouts(&self) -> Option<Whereabouts> {
        let found = || {
            let (hold, _) = self.person.as_ref()?;
            self.server.directory.whereabouts(*hold)
        };
        tracing::enabled!(Level::INFO)
            .then(|| found().unzip())
            .map(|(account, room)| (account.flatten(), room))
    }
}
