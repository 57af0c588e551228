//! Accounts: names that belong to people, who prove them by a word (chapter 12).
//!
//! All of them are in memory, some 300 bytes each, so that a name is looked up at once; the store keeps them, or the log of
//! several servers. Only a word takes time: it is hashed in a thread of its own.

mod attempts;
mod hashing;
#[cfg(feature = "cluster")]
pub(crate) mod replicated;

use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chat_protocol::account::{AccountError, Word};
use chat_protocol::limits::MOST_ACCOUNTS;
use chat_protocol::name::{Name, NameError, key};
use chat_store::account::Account;

use crate::people::names::UniqueNames;
use crate::store::{AccountFile, StoredAccounts, hash, is_hash_of};
use attempts::Attempts;
use hashing::Hashing;

/// The accounts of a chat.
pub(crate) struct Accounts {
    /// Else they are only kept, for other servers.
    are_on: bool,
    /// A name without an account is refused.
    is_required: bool,
    /// The [keys](key) of administrators.
    admins: Vec<String>,
    registered: Mutex<Registered>,
    attempts: Arc<Mutex<Attempts>>,
    hashing: Hashing,
    /// `None`: the log of several servers has them.
    file: Option<AccountFile>,
}

#[derive(Default)]
struct Registered {
    names: UniqueNames<AccountId>,
    by_id: HashMap<AccountId, Registration>,
    next: u32,
    /// Counts what was changed.
    changes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct AccountId(u32);

struct Registration {
    name: Name,
    hash: Arc<str>,
}

/// An account whose word was right, by this hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proved {
    /// The [key] of its name.
    pub(crate) account: Box<str>,
    pub(crate) hash: Arc<str>,
}

/// The way in which a name stands to the accounts.
pub(crate) enum Standing {
    /// It can be had.
    Free,
    /// It belongs to the account of this [key], whose word has this hash.
    Registered(Box<str>, Arc<str>),
    /// It cannot be had.
    Refused(NameError),
}

impl Accounts {
    pub(crate) fn new(stored: StoredAccounts) -> Self {
        let StoredAccounts { is_required, admins, accounts, file } = stored;
        let mut registered = Registered::default();
        for Account { name, hash } in accounts {
            let Ok(name) = name.parse::<Name>() else { continue };
            // Two that look alike were made by other rules: the first counts.
            let _ = registered.claim(name, hash.into());
        }
        Self {
            are_on: true,
            is_required,
            admins: admins.iter().map(|name| key(name.as_str())).collect(),
            registered: Mutex::new(registered),
            attempts: Arc::default(),
            hashing: Hashing::default(),
            file,
        }
    }

    /// Those of other servers, in one that has none.
    pub(crate) fn of_others() -> Self {
        Self {
            are_on: false,
            is_required: false,
            admins: Vec::new(),
            registered: Mutex::default(),
            attempts: Arc::default(),
            hashing: Hashing::default(),
            file: None,
        }
    }

    /// Returns whether there are accounts here.
    pub(crate) fn are_on(&self) -> bool {
        self.are_on
    }

    /// The [keys](key) of administrators.
    pub(crate) fn admins(&self) -> &[String] {
        &self.admins
    }

    /// Returns whether this is the account of an administrator.
    pub(crate) fn is_admin(&self, account: &str) -> bool {
        self.admins.iter().any(|admin| admin == account)
    }

    /// Returns whether there is this account.
    pub(crate) fn has(&self, account: &str) -> bool {
        self.lock().names.find(account).is_some()
    }

    /// The way in which a name stands.
    pub(crate) fn standing(&self, name: &Name) -> Standing {
        if !self.are_on {
            return Standing::Free;
        }
        let registered = self.lock();
        match registered.names.in_the_way(name).map(|id| &registered.by_id[&id]) {
            Some(Registration { name: registered, hash })
                if registered.is_meant_by(name.as_str()) =>
            {
                Standing::Registered(key(registered.as_str()).into(), Arc::clone(hash))
            }
            Some(_) => Standing::Refused(NameError::Taken),
            None if self.is_required => {
                Standing::Refused(NameError::Account(AccountError::Unregistered))
            }
            None => Standing::Free,
        }
    }

    /// The reason why a person, who has proved this account, cannot have a name, if there is one.
    pub(crate) fn objection(&self, name: &Name, proved: Option<&str>) -> Option<NameError> {
        match self.standing(name) {
            Standing::Registered(account, _) if proved == Some(&*account) => None,
            Standing::Registered(..) => Some(NameError::Account(AccountError::Registered)),
            Standing::Refused(error) => Some(error),
            Standing::Free => None,
        }
    }

    /// The reason why no word from this address is taken now, if there is one.
    pub(crate) fn closed(&self, address: IpAddr) -> Option<AccountError> {
        attempts::lock(&self.attempts).check(address, None, Instant::now()).err()
    }

    /// Looks at the word of this name, from this address. Cancel-safe.
    pub(crate) async fn prove(
        &self,
        address: IpAddr,
        name: &Name,
        word: Word,
    ) -> Result<Proved, AccountError> {
        // As it is by now: it may have another word since it was asked for.
        let Standing::Registered(account, hash) = self.standing(name) else {
            return Err(AccountError::WrongWord);
        };
        let attempts = Arc::clone(&self.attempts);
        let prove = move || {
            attempts::lock(&attempts).check(address, Some(&account), Instant::now())?;
            if is_hash_of(&hash, &word) {
                return Ok(Proved { account, hash });
            }
            attempts::lock(&attempts).fail(address, &account, Instant::now());
            Err(AccountError::WrongWord)
        };
        self.hashing.run(address, prove).await
    }

    /// Returns whether an account has the word still by which it was proved: another one may have been given to it while this
    /// one was looked at.
    pub(crate) fn is_still_proved(&self, Proved { account, hash }: &Proved) -> bool {
        self.lock().find_mut(account).is_some_and(|registered| registered.hash == *hash)
    }

    /// The hash of a word, for a person from this address that makes an account, or gives it another word. Cancel-safe.
    pub(crate) async fn hash(&self, address: IpAddr, word: Word) -> Result<Arc<str>, AccountError> {
        attempts::lock(&self.attempts).count_account(address, Instant::now())?;
        self.hashing.run(address, move || hash(&word)).await
    }

    /// Makes an account for a person that has this name. Returns its [key]. Cancel-safe, but it may go on.
    pub(crate) async fn register(
        &self,
        name: Name,
        hash: Arc<str>,
    ) -> Result<Box<str>, AccountError> {
        let kept = {
            let mut registered = self.lock();
            registered.claim(name.clone(), Arc::clone(&hash))?;
            self.file.as_ref().ok_or(AccountError::Off)?.keep(&name, &hash)
        };
        if !kept.await {
            self.lock().release(&name);
            return Err(AccountError::NotStored);
        }
        Ok(key(name.as_str()).into())
    }

    /// Gives an account the word of this hash. Cancel-safe, but it may go on.
    pub(crate) async fn change(&self, account: &str, hash: Arc<str>) -> Result<(), AccountError> {
        // At once here as well as in the file, which has it also if this is not waited for.
        let (kept, before) = {
            let mut registered = self.lock();
            let changed = registered.find_mut(account).ok_or(AccountError::HasNone)?;
            let before = mem::replace(&mut changed.hash, Arc::clone(&hash));
            (self.file.as_ref().ok_or(AccountError::Off)?.keep(&changed.name, &hash), before)
        };
        if kept.await {
            return Ok(());
        }
        if let Some(changed) = self.lock().find_mut(account).filter(|changed| changed.hash == hash)
        {
            changed.hash = before;
        }
        Err(AccountError::NotStored)
    }

    fn lock(&self) -> MutexGuard<'_, Registered> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registered {
    fn claim(&mut self, name: Name, hash: Arc<str>) -> Result<(), AccountError> {
        if self.by_id.len() >= MOST_ACCOUNTS {
            return Err(AccountError::TooMany);
        }
        let id = AccountId(self.next);
        self.names.claim(&name, id).map_err(|_| AccountError::Registered)?;
        self.next += 1;
        self.changes += 1;
        self.by_id.insert(id, Registration { name, hash });
        Ok(())
    }

    fn find_mut(&mut self, account: &str) -> Option<&mut Registration> {
        self.by_id.get_mut(&self.names.find(account)?)
    }

    fn release(&mut self, name: &Name) {
        if let Some(id) = self.names.in_the_way(name) {
            self.by_id.remove(&id);
            self.names.release(name);
        }
    }
}
