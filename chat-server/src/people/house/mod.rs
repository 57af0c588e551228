//! The order in the house (chapter 13): roles, bans and mutes, and the settings of a room. No rooms and no people are
//! known here, only what identifies a person.

pub(crate) mod motd;
pub(crate) mod roles;
pub(crate) mod sanctions;
pub(crate) mod settings;

use std::collections::HashMap;
use std::sync::Arc;

use chat_protocol::language::Language;
use chat_store::moderation::Sanction;

use crate::net::wire::encoding::Encoding;
use crate::people::accounts::Accounts;
use crate::store::Store;
use motd::Motd;
use sanctions::Sanctions;

/// What holds in the whole chat. Persons are identified by `P`.
pub(crate) struct House<P> {
    /// The folded names of the administrators' accounts.
    admins: Vec<String>,
    /// Those that hold everywhere.
    pub(super) sanctions: Sanctions,
    pub(super) store: Option<Arc<Store>>,
    /// The last line of each person that was sent away and is still here.
    pub(super) farewells: HashMap<P, String>,
    motd: Arc<Motd>,
}

impl<P> Default for House<P> {
    fn default() -> Self {
        Self::new(None, Arc::default(), None, Vec::new())
    }
}

impl<P> House<P> {
    /// These sanctions hold already.
    pub(crate) fn new(
        accounts: Option<&Accounts>,
        motd: Arc<Motd>,
        store: Option<Arc<Store>>,
        stored: Vec<Sanction>,
    ) -> Self {
        let admins = accounts.map(|accounts| accounts.admins().to_vec()).unwrap_or_default();
        Self {
            admins,
            sanctions: Sanctions::everywhere(stored),
            store,
            farewells: HashMap::new(),
            motd,
        }
    }

    /// The same with this administrator's account alone.
    #[cfg(test)]
    pub(super) fn of_admin(account: &str) -> Self {
        Self { admins: vec![account.to_owned()], ..Self::default() }
    }

    /// Returns whether this account is an administrator's.
    pub(super) fn is_admin(&self, account: &str) -> bool {
        self.admins.iter().any(|admin| admin == account)
    }

    /// The message of the day in this encoding, if there is one.
    pub(super) fn motd(&self, encoding: Encoding, language: Language) -> Option<String> {
        self.motd.told(encoding, language)
    }
}
