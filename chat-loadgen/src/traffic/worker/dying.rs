//! Servers of several that die, with what their clients had said.

use super::Worker;
use crate::traffic::client::{Client, Presence};
use crate::wire::dialects::Stage;

impl Worker {
    /// Notes that a client has lost its connection for good, or is away at the end. Returns whether its server was
    /// killed by this generator.
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

    /// Says which servers have clients, and what these have heard of each sender.
    pub(super) fn settle(&self) {
        let deaths = &self.shared.deaths;
        let mut heard = vec![0; self.shared.audience.all_senders()];
        for client in self.clients.iter().flatten().filter(|client| client.took_part()) {
            let is_lost = client.presence == Presence::Lost;
            if !is_lost && client.stage != Stage::Ready {
                self.note_death(client);
            } else if !is_lost {
                deaths.enter_client(client.server);
            }
            let senders = self.shared.audience.senders(client.room()).iter().enumerate();
            for (seat, &sender) in senders {
                let next = &mut heard[sender as usize];
                *next = client.account.heard(seat).max(*next);
            }
        }
        for (sender, next) in (0..).zip(heard) {
            deaths.enter_heard(sender, next);
        }
        deaths.enter_worker();
    }
}
