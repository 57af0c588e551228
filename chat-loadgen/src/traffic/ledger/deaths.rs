//! Servers of several that died, and the messages that died with them.
//!
//! A message of a client whose server died may have died before it was passed on. Then no client of any server has
//! heard it. If one has, it is lost to those that have not. So before the accounts are closed, all workers say what
//! their clients have heard of the senders that are gone.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// What is known of the servers and of the senders that are gone.
#[derive(Debug, Default)]
pub(crate) struct Deaths {
    /// Clients that each server has at the end.
    clients: Box<[AtomicU32]>,
    /// The senders of the run.
    senders: Box<[Gone]>,
    /// Workers whose clients are entered.
    workers: AtomicUsize,
}

/// A sender, as far as its connection has ended.
#[derive(Debug)]
struct Gone {
    /// Index of its server when its connection ended, or one of the two states below.
    server: AtomicU32,
    /// Number behind the last message that a client has heard, or its server has accepted.
    heard: AtomicU32,
}

/// The sender's connection has not ended.
const HERE: u32 = u32::MAX;
/// The sender's server was killed.
const KILLED: u32 = u32::MAX - 1;

impl Deaths {
    /// None yet. Where there is one server, there will be none: nothing could be heard elsewhere.
    pub(crate) fn new(servers: usize, senders: usize) -> Self {
        if servers < 2 {
            return Self::default();
        }
        let gone = |_| Gone { server: AtomicU32::new(HERE), heard: AtomicU32::new(0) };
        Self {
            clients: (0..servers).map(|_| AtomicU32::new(0)).collect(),
            senders: (0..senders).map(gone).collect(),
            workers: AtomicUsize::new(0),
        }
    }

    /// Notes that a sender's connection has ended for good, of which the server has accepted the messages below
    /// `accepted`; `killed` if its server was killed.
    pub(crate) fn lose(&self, sender: u32, server: u32, killed: bool, accepted: u32) {
        if let Some(gone) = self.senders.get(sender as usize) {
            gone.heard.fetch_max(accepted, Ordering::Relaxed);
            gone.server.store(if killed { KILLED } else { server }, Ordering::Relaxed);
        }
    }

    /// Notes that a server has a client at the end.
    pub(crate) fn enter_client(&self, server: u32) {
        if let Some(clients) = self.clients.get(server as usize) {
            clients.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that a client has heard a sender's message with the number before `next`.
    pub(crate) fn enter_heard(&self, sender: u32, next: u32) {
        if let Some(gone) = self.senders.get(sender as usize) {
            gone.heard.fetch_max(next, Ordering::Relaxed);
        }
    }

    /// Notes that a worker has entered all its clients.
    pub(crate) fn enter_worker(&self) {
        self.workers.fetch_add(1, Ordering::Release);
    }

    /// Returns whether all of so many workers have entered their clients.
    pub(crate) fn are_known(&self, workers: usize) -> bool {
        self.workers.load(Ordering::Acquire) >= workers
    }

    /// If a sender's server died: the number behind the sender's last message that was heard or accepted. What
    /// comes after it died with the server. A server is dead if it was killed, or no client has a connection to it
    /// any more.
    pub(crate) fn heard_of(&self, sender: u32) -> Option<u32> {
        let gone = self.senders.get(sender as usize)?;
        let is_dead = match gone.server.load(Ordering::Relaxed) {
            HERE => false,
            KILLED => true,
            server => self.clients[server as usize].load(Ordering::Relaxed) == 0,
        };
        is_dead.then(|| gone.heard.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_heard_of_a_dead_server_is_behind_what_anyone_heard() {
        let deaths = Deaths::new(2, 3);
        deaths.lose(0, 0, false, 0);
        deaths.lose(1, 1, false, 0);
        deaths.enter_client(1);
        for next in [4, 7, 6] {
            deaths.enter_heard(0, next);
        }
        assert_eq!([0, 1, 2].map(|sender| deaths.heard_of(sender)), [Some(7), None, None]);
        // It was killed, and another one has clients on its port.
        deaths.lose(1, 1, true, 9);
        assert_eq!(deaths.heard_of(1), Some(9));
    }

    #[test]
    fn the_death_of_the_only_server_is_told_by_nobody() {
        let deaths = Deaths::new(1, 1);
        deaths.lose(0, 0, true, 0);
        assert_eq!(deaths.heard_of(0), None);
    }
}
