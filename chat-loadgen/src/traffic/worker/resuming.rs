//! Clients that are cut off and come back by their sessions.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use socket2::SockRef;

use super::{Return, Worker};
use crate::traffic::client::{self, Client, Presence};
use crate::traffic::seam::Cut;
use crate::traffic::shared::Shared;
use crate::wire::dialects::sessions::{self, RESUMING};
use crate::wire::dialects::{Seam, Stage};

impl Worker {
    /// Lets a client stop reading until it is cut off.
    pub(super) fn deafen(&mut self, at: usize) {
        if let Some(Some(client)) = self.clients.get_mut(at)
            && client.stage == Stage::Ready
            && let Some(session) = &mut client.session
        {
            session.deaf = true;
        }
    }

    /// Cuts a client off, if it is there.
    pub(super) fn cut(&mut self, at: usize, how: Cut) {
        let Some(Some(client)) = self.clients.get_mut(at) else { return };
        let Some(connection) = client.connection.clone() else { return };
        if client.stage != Stage::Ready {
            return;
        }
        let seam = &self.shared.seam;
        if let Some(sender) = client.sender.filter(|_| how.within_a_line)
            && client.send_half.send_half_a_line(sender, &self.shared)
        {
            seam.within_a_line.fetch_add(1, Ordering::Relaxed);
        }
        if how.reset {
            // Without it, the end is an orderly one, unless bytes are unread.
            let _ = SockRef::from(&connection.stream).set_linger(Some(Duration::ZERO));
        }
        seam.cuts.fetch_add(1, Ordering::Relaxed);
        drop(connection);
        self.let_go(at, 0);
    }

    /// A connection has ended. Returns whether its client comes back.
    pub(super) fn comes_back(&mut self, at: usize) -> bool {
        let servers = self.shared.servers;
        let Some(Some(client)) = self.clients.get_mut(at) else { return false };
        let Some(session) = &mut client.session else { return false };
        let is_refused_everywhere = session.refused && session.refusals as usize >= servers;
        // The only sender of a room hears nobody, and stays in the state of one that comes.
        let takes_part = matches!(client.presence, Presence::Coming | Presence::Here);
        if is_refused_everywhere || !client.began || !takes_part {
            return false;
        }
        let is_refused = std::mem::take(&mut session.refused);
        // A server of several that is about to end takes up no session: another one may.
        let is_sent_away = is_refused || (servers > 1 && client.stage == RESUMING);
        let refusals = if is_sent_away { session.refusals.max(1) } else { 0 };
        if !is_sent_away && !self.shared.seam.was_killed(client.server, session.connected) {
            self.disconnected += 1;
            self.shared.progress.disconnected.fetch_add(1, Ordering::Relaxed);
            if let Some(server) = self.judge.servers.get_mut(client.server as usize) {
                server.disconnected += 1;
            }
        }
        self.let_go(at, refusals);
        true
    }

    /// Closes a client's connection. What has not come is still due to the client, which comes back; if so
    /// many servers have sent it away, to another one.
    fn let_go(&mut self, at: usize, refusals: u32) {
        let Some(Some(client)) = self.clients.get_mut(at) else { return };
        client.send_half.disconnect(&self.shared);
        client.connection = None;
        client.reader = None;
        client.rest.clear();
        client.early.clear();
        client.stage = RESUMING;
        self.shared.seam.leave(client.index, client.server, refusals, self.shared.clock.now());
    }

    /// A client says on a new connection who it is.
    pub(super) fn come_back(&mut self, at: usize, again: Return) {
        let Return { connection, early, server, begun } = again;
        let Some(Some(client)) = self.clients.get_mut(at) else { return };
        let Some(session) = &mut client.session else { return };
        (session.deaf, session.connected) = (false, begun);
        client.server = server;
        self.answer.clear();
        sessions::resume(&session.token, &session.position, &mut self.answer);
        client.reader = client::reader(&connection);
        client.early = early;
        client.connection = Some(Arc::clone(&connection));
        client.send_half.connect(connection);
        client.send_half.say(&self.answer, &self.shared);
        self.read(at, true);
    }
}

impl Client {
    /// Returns whether the client does not read, because it is about to be cut off.
    pub(super) fn is_deaf(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.deaf)
    }

    /// Takes news of its session.
    pub(super) fn follow(&mut self, shared: &Shared, news: Seam<'_>, now: u64) {
        match news {
            Seam::Begun { token, position } => {
                if let Some(session) = &mut self.session {
                    (session.token, session.position) = (token.to_owned(), position.to_owned());
                    session.served = (self.server, session.connected);
                }
            }
            Seam::Accepted(number) => self.send_half.accepted(number),
            Seam::Resumed(number) => {
                self.since = now;
                if let Some(session) = &mut self.session {
                    session.refusals = 0;
                    session.served = (self.server, session.connected);
                }
                let forgotten = self.send_half.resume(number, shared);
                shared.seam.forgotten.fetch_add(forgotten, Ordering::Relaxed);
                shared.seam.resumed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The server has refused something: one that comes back does not try again there.
    pub(super) fn was_refused(&mut self) {
        if let Some(session) = self.session.as_mut().filter(|_| self.stage == RESUMING) {
            session.refused = true;
            session.refusals += 1;
        }
    }

    /// Notes the position of the last message of a read.
    pub(super) fn note_position(&mut self, object: &[u8]) {
        if let (Some(session), Some(position)) = (&mut self.session, sessions::position(object)) {
            session.position.clear();
            session.position.extend_from_slice(position);
        }
    }
}
