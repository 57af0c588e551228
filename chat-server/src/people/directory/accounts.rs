//! The accounts of people (chapter 12).

use std::sync::Arc;

use chat_protocol::name::{Name, NameError};

use super::{Directory, People, Person, PersonId};
use crate::net::transport::Transport;
use crate::people::accounts::{Accounts, Proved};

impl<T: Transport> Directory<T> {
    /// The same where there are accounts.
    pub(crate) fn with_accounts(self, accounts: Option<Arc<Accounts>>) -> Self {
        self.lock().accounts = accounts;
        self
    }

    /// The account of a person is this from now on.
    pub(crate) fn set_account(&self, id: PersonId, account: Box<str>) {
        let mut people = self.lock();
        // It may have left by another connection.
        if let Some(person) = people.by_id.get_mut(&id) {
            person.account = Some(account);
            people.keep_roles(id);
            people.note_session(id, None);
        }
    }

    /// The account of a person has another word: others in it are sent away, and nobody comes back to a session of it.
    pub(crate) fn end_others(&self, id: PersonId) {
        let people = &mut *self.lock();
        let Some(account) = people.by_id.get(&id).and_then(|person| person.account.clone()) else {
            return;
        };
        let in_account =
            |(_, person): &(&PersonId, &Person<T>)| person.account.as_ref() == Some(&account);
        let mut others: Vec<_> =
            people.by_id.iter().filter(in_account).map(|(other, _)| *other).collect();
        others.sort_unstable();
        let farewell = people.rules.language.word_is_another();
        for other in others.into_iter().filter(|other| *other != id) {
            people.send_away(other, farewell.to_owned());
        }
        for token in people.sessions.left_by(&account) {
            people.end_session(token, false);
        }
    }

    /// The account that a person has proved, if it has.
    pub(crate) fn account(&self, id: PersonId) -> Option<Box<str>> {
        self.lock().by_id.get(&id)?.account.clone()
    }
}

impl<T: Transport> People<T> {
    /// Returns whether the word of an account is still the one by which it was proved.
    pub(super) fn is_still_proved(&self, proved: &Proved) -> bool {
        self.accounts.as_ref().is_some_and(|accounts| accounts.is_still_proved(proved))
    }

    /// Returns whether this account is gone, which a person has proved before.
    pub(in crate::people) fn is_gone(&self, account: &str) -> bool {
        self.accounts.as_ref().is_none_or(|accounts| !accounts.has(account))
    }

    /// The reason why a person, who has proved this account, cannot have a name because of the accounts.
    pub(in crate::people) fn objection_of_accounts(
        &self,
        name: &Name,
        proved: Option<&str>,
    ) -> Option<NameError> {
        self.accounts.as_ref()?.objection(name, proved)
    }
}
