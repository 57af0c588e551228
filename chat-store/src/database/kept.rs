//! What a new file is begun with in place of a damaged one: the accounts, the bans and the mutes.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{Database, accounts, moderation};
use crate::account::Account;
use crate::moderation::Sanction;

/// The accounts, and the bans and mutes, as they are now.
#[derive(Default)]
pub(super) struct Kept {
    /// The hashes, by the names.
    pub(super) accounts: BTreeMap<Box<str>, Box<str>>,
    /// By their numbers.
    pub(super) sanctions: BTreeMap<u64, Sanction>,
}

impl Kept {
    /// Writes all of it: all or nothing.
    pub(super) fn write(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let transaction = connection.transaction()?;
        for (name, hash) in &self.accounts {
            accounts::write(&transaction, name, Some(hash))?;
        }
        for sanction in self.sanctions.values() {
            moderation::write(&transaction, sanction)?;
        }
        transaction.commit()
    }
}

impl Database {
    /// Sets what there was when the file was opened.
    pub(crate) fn begin_with(&mut self, accounts: &[Account], sanctions: &[Sanction]) {
        let accounts = accounts.iter().cloned().map(|Account { name, hash }| (name, hash));
        let sanctions = sanctions.iter().cloned().map(|sanction| (sanction.id, sanction));
        self.kept = Kept { accounts: accounts.collect(), sanctions: sanctions.collect() };
    }
}
