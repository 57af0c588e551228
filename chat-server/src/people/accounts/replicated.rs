//! The accounts of several servers (requirement 14.15): what becomes of them at a place of the log, on all servers alike.

use std::sync::Arc;

use chat_cluster::wire::{Malformed, Reader, Write};
use chat_protocol::account::AccountError;
use chat_protocol::name::{Name, key};

use super::{AccountId, Accounts, Registered};

impl Accounts {
    /// A number that is another when an account was made, removed, or has another word.
    pub(crate) fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// There are none.
    pub(crate) fn forget_all(&self) {
        *self.lock() = Registered::default();
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let registered = self.lock();
        let mut all: Vec<_> = registered.by_id.iter().collect();
        all.sort_unstable_by_key(|(id, _)| id.0);
        out.put_count(all.len());
        for (_, registration) in all {
            out.put_text(registration.name.as_str());
            out.put_text(&registration.hash);
        }
    }

    /// Reads what was [written](Self::write). Returns what puts it in place of these.
    pub(crate) fn read(input: &mut Reader<'_>) -> Result<impl FnOnce(&Self) + use<>, Malformed> {
        let mut read = Registered::default();
        let all: Vec<_> = input.list(|input| Ok((input.text()?, input.text()?)))?;
        for (name, hash) in all {
            let name = name.parse().map_err(|_| Malformed)?;
            read.claim(name, hash.into()).map_err(|_| Malformed)?;
        }
        Ok(move |accounts: &Self| {
            let mut registered = accounts.lock();
            read.changes += registered.changes;
            *registered = read;
        })
    }

    pub(in crate::people) fn make(
        &self,
        name: Name,
        hash: Arc<str>,
    ) -> Result<Box<str>, AccountError> {
        let account = key(name.as_str()).into();
        self.lock().claim(name, hash).map(|()| account)
    }

    pub(in crate::people) fn give_word(
        &self,
        account: &str,
        hash: Arc<str>,
    ) -> Result<(), AccountError> {
        let mut registered = self.lock();
        registered.find_mut(account).ok_or(AccountError::HasNone)?.hash = hash;
        registered.changes += 1;
        Ok(())
    }

    /// What the operator does to an account: gives it a word, and makes it if there is none, or removes it. Returns its
    /// [key].
    pub(in crate::people) fn set(
        &self,
        name: Name,
        hash: Option<Arc<str>>,
    ) -> Result<Box<str>, AccountError> {
        let mut registered = self.lock();
        let alike: Vec<_> = registered.names.all_in_the_way(&name).collect();
        let is_meant = |id: &&AccountId| registered.by_id[*id].name.is_meant_by(name.as_str());
        let Some(id) = alike.iter().find(is_meant).copied() else {
            let hash = hash.ok_or(AccountError::HasNone)?;
            let account = key(name.as_str()).into();
            return registered.claim(name, hash).map(|()| account);
        };
        let known = registered.by_id[&id].name.clone();
        match hash {
            Some(hash) => _ = registered.by_id.entry(id).and_modify(|known| known.hash = hash),
            None => registered.release(&known),
        }
        registered.changes += 1;
        Ok(key(known.as_str()).into())
    }
}
