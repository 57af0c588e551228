//! Clients that leave while others talk: when they say goodbye, and what they still read.
//!
//! A client leaves at a moment when nothing is in flight to it, and reads until the server closes the
//! connection: so hardly a delivery is left of which it cannot be said what became of it.

use std::net::Shutdown;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Worker;
use crate::traffic::client::Presence;
use crate::traffic::clock::nanoseconds;
use crate::traffic::judge::Ending;

/// Maximum time for which a client waits until nothing is in flight to it, before it says goodbye.
const SETTLE: Duration = Duration::from_millis(250);
/// Maximum time for which a client reads on after its goodbye, if the server does not close.
const FAREWELL: Duration = Duration::from_secs(1);

/// A client that has been told to leave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaving {
    at: usize,
    /// End of the wait for the goodbye, and after it for the end of the connection.
    deadline: u64,
}

impl Worker {
    /// Begins to let a client leave. One that is away already is not told again.
    pub(super) fn leave(&mut self, at: usize) {
        let now = self.shared.clock.now();
        let Some(Some(client)) = self.clients.get_mut(at) else { return };
        match client.presence {
            Presence::Coming | Presence::Here => {
                let is_leaving = self.leaving.iter().any(|leaving| leaving.at == at);
                if !is_leaving {
                    let deadline = now + nanoseconds(SETTLE.as_secs_f64());
                    self.leaving.push(Leaving { at, deadline });
                }
            }
            Presence::Lost => self.has_left(at),
            Presence::Away => {}
        }
    }

    /// Lets the clients go whose time has come.
    pub(super) fn see_off(&mut self) {
        if self.leaving.is_empty() {
            return;
        }
        let now = self.shared.clock.now();
        let mut all = std::mem::take(&mut self.leaving);
        all.retain_mut(|leaving| self.still_stays(leaving, now));
        self.leaving = all;
    }

    fn still_stays(&mut self, leaving: &mut Leaving, now: u64) -> bool {
        let Some(Some(client)) = self.clients.get_mut(leaving.at) else { return false };
        let is_over = now >= leaving.deadline;
        match client.presence {
            Presence::Away => return false,
            // The server has closed the connection before the goodbye.
            Presence::Lost => self.has_left(leaving.at),
            Presence::Coming | Presence::Here if client.until.is_some() => {
                if is_over {
                    // It has not read to the end: the server may be that far behind.
                    client.heard = None;
                    self.has_left(leaving.at);
                }
                return !is_over;
            }
            Presence::Coming | Presence::Here => {
                if is_over || client.awaited(&self.shared) == 0 {
                    self.say_goodbye(leaving.at);
                    leaving.deadline = now + nanoseconds(FAREWELL.as_secs_f64());
                }
                return true;
            }
        }
        false
    }

    fn say_goodbye(&mut self, at: usize) {
        let Some(Some(client)) = self.clients.get_mut(at) else { return };
        client.until = Some(client.sent(&self.shared));
        let before = self.shared.clock.now().saturating_sub(nanoseconds(SETTLE.as_secs_f64()));
        client.heard = Some(self.judge.heard_by_others(&self.shared, client, before));
        self.answer.clear();
        self.shared.dialect.bye(&mut self.answer);
        client.send_half.say_last(&self.answer, &self.shared);
        client.send_half.end();
        // A connection that has ended needs no end.
        let _ = client.connection.as_ref().map(|it| it.stream.shutdown(Shutdown::Write));
    }

    /// Closes the account of a client that has left.
    pub(super) fn has_left(&mut self, at: usize) {
        let now = self.shared.clock.now();
        let Some(Some(client)) = self.clients.get_mut(at) else { return };
        if client.presence == Presence::Lost {
            self.judge.close_cut_account(&self.shared, client, now);
        } else {
            self.judge.close_account(&self.shared, client, Ending::Leaving, now);
        }
        if client.presence != Presence::Lost {
            self.shared.progress.connected.fetch_sub(1, Ordering::Relaxed);
        }
        client.presence = Presence::Away;
        // It may come back before this list is looked at.
        self.leaving.retain(|leaving| leaving.at != at);
        // The rest is closed with the socket, when the client comes back.
        let _ = client.connection.as_ref().map(|it| it.stream.shutdown(Shutdown::Both));
        self.shared.note_left(client.index);
    }
}
