//! Servers of several that die, with what their clients had said.

use super::Worker;
use crate::traffic::client::{Client, Presence};

impl Worker {
    /// Notes that a client has lost its connection for good. Returns whether its server was killed by this generator.
    pub(super) fn note_death(&self, client: &Client) -> bool {
        let session = client.session.as_ref();
        let (server, since) =
            session.map_or((client.server, client.since), |session| session.served);
        let killed = self.shared.seam.was_killed(server, since);
        if let Some(sender) = client.sender {
            let accepted = client.send_half.all_accepted(sender, &self.shared);
            self.shared.deaths.lose(sender, server, killed, accepted);
        }
        killed
    }

    /// Says which servers have clients, and what these have heard of the senders that are gone.
    pub(super) fn settle(&self) {
        let deaths = &self.shared.deaths;
        for client in self.clients.iter().flatten() {
            let is_connected = client.presence != Presence::Lost && client.connection.is_some();
            if client.took_part() && is_connected {
                deaths.enter_client(client.server);
            }
            let senders = self.shared.audience.senders(client.room()).iter().enumerate();
            for (seat, &sender) in senders {
                if !self.shared.audience.has(sender) && !client.is_itself(sender, &self.shared) {
                    deaths.enter_heard(sender, client.account.heard(seat));
                }
            }
        }
        deaths.enter_worker();
    }
}
