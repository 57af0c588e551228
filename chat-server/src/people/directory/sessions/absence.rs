//! People with a session that are away, and what happens when their time is over.

use std::convert::Infallible;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use chat_store::session::Token;
use tokio::time::Instant;

use crate::net::clock::milliseconds;
use crate::net::transport::Transport;
use crate::people::directory::coming::Leaving;
use crate::people::directory::{Directory, Location, People, PersonId};

impl<T: Transport> Directory<T> {
    /// Does what is due for sessions, for ever. Cancel-safe.
    pub(crate) async fn run_timers(&self) -> Infallible {
        let earlier = Arc::clone(&self.lock().sessions.earlier);
        loop {
            let next = {
                let mut people = self.lock();
                people.expire(usize::MAX).map(|due| people.time.instant(due))
            };
            tokio::select! {
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)),
                    if next.is_some() => {}
                () = earlier.notified() => {}
            }
        }
    }
}

impl<T: Transport> People<T> {
    /// A person with a session was cut off. Returns `false` if it has left by that.
    pub(in crate::people::directory) fn becomes_absent(&mut self, id: PersonId) -> bool {
        let Some(token) = self.person(id).session.as_deref().copied() else { return false };
        if self.sessions.absence.is_zero() {
            return false;
        }
        let person = self.person_mut(id);
        person.connection = None;
        let gone = mem::replace(&mut person.location, Location::Absent);
        if let Location::InRoom(room, member) = gone {
            room.leave(member);
        }
        self.set_address(id, None);
        let due = self.time.steady() + self.sessions.absence.min(self.sessions.resume);
        let entry = self.sessions.all.get_mut(&token);
        if let Some(share) = entry.and_then(|entry| entry.share.as_mut()) {
            share.set_absent(true);
        }
        self.set_until(token);
        self.sessions.set_due(token, Some(due));
        true
    }

    /// The session of a person that has left: it can come back, or not.
    pub(in crate::people::directory) fn end_session(&mut self, token: Token, can_come_back: bool) {
        if !can_come_back {
            self.sessions.set_due(token, None);
            self.sessions.all.remove(&token);
            return self.keep(token);
        }
        let Some(entry) = self.sessions.all.get_mut(&token) else { return };
        entry.person = None;
        entry.share.iter_mut().for_each(|share| share.set_absent(false));
        if entry.session.until.is_none() {
            self.set_until(token);
        }
        let until = self.sessions.all[&token].session.until.unwrap_or_default().unsigned_abs();
        let left = Duration::from_millis(until).saturating_sub(self.time.since_1970());
        let left = left.min(self.sessions.resume);
        self.sessions.set_due(token, Some(self.time.steady() + left));
    }

    fn set_until(&mut self, token: Token) {
        let until = milliseconds(self.time.since_1970() + self.sessions.resume);
        if let Some(entry) = self.sessions.all.get_mut(&token) {
            entry.session.until = Some(until);
        }
        self.keep(token);
    }

    /// Does what is due, for so many sessions at most. Returns the time of the next, by the steady clock.
    pub(in crate::people) fn expire(&mut self, most: usize) -> Option<Duration> {
        let now = self.time.steady();
        for _ in 0..most {
            let &(due, token) = self.sessions.dues.first()?;
            if due > now {
                return Some(due);
            }
            self.sessions.set_due(token, None);
            match self.sessions.all.get(&token).and_then(|entry| entry.person) {
                Some(absent) => self.depart(absent, Leaving::Cut),
                None => self.end_session(token, false),
            }
        }
        self.sessions.dues.first().map(|(due, _)| *due)
    }
}
