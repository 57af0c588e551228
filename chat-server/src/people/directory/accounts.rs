//! The accounts of people (chapter 12).

use std::sync::Arc;

use chat_protocol::name::{Name, NameError};

use super::{Directory, People, PersonId};
use crate::net::transport::Transport;
use crate::people::accounts::Accounts;

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

    /// The account that a person has proved, if it has.
    pub(crate) fn account(&self, id: PersonId) -> Option<Box<str>> {
        self.lock().by_id.get(&id)?.account.clone()
    }
}

impl<T: Transport> People<T> {
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
