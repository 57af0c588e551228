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
        self.lock().set_account(id, account);
    }

    /// The account of a person has another word: others in it are sent away, and nobody comes back to a session of it.
    pub(crate) fn end_others(&self, id: PersonId) {
        self.lock().end_others(id);
    }

    /// The account that a person has proved, if it has.
    pub(crate) fn account(&self, id: PersonId) -> Option<Box<str>> {
        self.lock().by_id.get(&id)?.account.clone()
    }
}

impl<T: Transport> People<T> {
    pub(in crate::people) fn set_account(&mut self, id: PersonId, account: Box<str>) {
        // It may have left by another connection.
        if let Some(person) = self.by_id.get_mut(&id) {
            person.account = Some(account);
            self.keep_roles(id);
            self.note_session(id, None);
        }
    }

    pub(in crate::people) fn end_others(&mut self, id: PersonId) {
        let Some(account) = self.by_id.get(&id).and_then(|person| person.account.clone()) else {
            return;
        };
        self.end_account(&account, Some(id));
    }

    /// All people in an account but this one are sent away, and nobody comes back to a session of it.
    pub(in crate::people) fn end_account(&mut self, account: &str, but: Option<PersonId>) {
        let in_account =
            |(_, person): &(&PersonId, &Person<T>)| person.account.as_deref() == Some(account);
        let mut others: Vec<_> =
            self.by_id.iter().filter(in_account).map(|(other, _)| *other).collect();
        others.sort_unstable();
        let farewell = self.rules.language.word_is_another();
        for other in others.into_iter().filter(|other| Some(*other) != but) {
            self.send_away(other, farewell.to_owned());
        }
        for token in self.sessions.left_by(account) {
            self.end_session(token, false);
        }
    }

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
