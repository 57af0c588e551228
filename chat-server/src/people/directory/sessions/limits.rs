//! The sessions that end: those that make way when there are too many, or too many absent people of one address
//! (requirement 1.9), and those of an account that has another word (requirement 12.1).

use chat_store::session::Token;

use super::{Entry, Sessions};
use crate::net::per_address::Origin;
use crate::net::transport::Transport;
use crate::people::directory::coming::Leaving;
use crate::people::directory::{Directory, People, PersonId};

/// Most sessions at a time. Each is some 300 bytes.
const MOST: usize = 100_000;

impl Sessions {
    /// Those of an account whose person has left.
    pub(in crate::people::directory) fn left_by(&self, account: &str) -> Vec<Token> {
        let has_left = |entry: &Entry| {
            entry.person.is_none() && entry.session.account.as_deref() == Some(account)
        };
        self.all.iter().filter(|(_, entry)| has_left(entry)).map(|(token, _)| *token).collect()
    }
}

impl<T: Transport> Directory<T> {
    /// A person from this address has been admitted: absent ones from there leave if these are too many.
    pub(crate) fn make_way(&self, origin: Option<&Origin>) {
        self.lock().make_way(origin);
    }
}

impl<T: Transport> People<T> {
    /// Makes room for one more session from this address, at the cost of the one that would end first. Returns whether there
    /// is some.
    pub(super) fn make_room(&mut self, origin: Option<&Origin>) -> bool {
        let own = origin.filter(|origin| origin.has_all_its_sessions());
        if own.is_none() && self.sessions.all.len() < MOST {
            return true;
        }
        let first = self.sessions.dues.iter().map(|(_, token)| *token).find(|token| {
            let entry = &self.sessions.all[token];
            let is_of = |origin| entry.share.as_ref().is_some_and(|share| share.is_of(origin));
            entry.person.is_none() && own.is_none_or(is_of)
        });
        if let Some(token) = first {
            self.end_session(token, false);
        }
        first.is_some()
    }

    /// The absent people of an address leave, the one that would leave first before the others, while it has too many.
    pub(super) fn make_way(&mut self, origin: Option<&Origin>) {
        while let Some(absent) = self.first_too_many(origin) {
            self.depart(absent, Leaving::Cut);
        }
    }

    fn first_too_many(&self, origin: Option<&Origin>) -> Option<PersonId> {
        let origin = origin.filter(|origin| origin.has_too_many_people())?;
        self.sessions.dues.iter().find_map(|(_, token)| {
            let entry = &self.sessions.all[token];
            entry.person.filter(|_| entry.share.as_ref().is_some_and(|share| share.is_of(origin)))
        })
    }
}
