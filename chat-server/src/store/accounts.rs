//! The accounts in a store: their options, and what keeps them.

use std::sync::Arc;

use chat_protocol::name::{Name, NameError};
use chat_store::account::Account;
use chat_store::store::Store;
use clap::{Args, ValueEnum};

/// The options of accounts.
#[derive(Args, Debug)]
pub(crate) struct AccountOptions {
    /// Names that belong to people, who prove them by a word; kept in the file of `--store`, or by `--cluster`
    #[arg(help_heading = "Memory", long, value_name = "WHO", value_enum, default_value_t)]
    accounts: Need,

    /// The name of an account whose person is an administrator; may be repeated
    #[arg(help_heading = "Memory", long, value_name = "NAME", value_parser = name, requires = "accounts")]
    admin: Vec<Name>,
}

/// The people that need an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Need {
    /// There are no accounts
    #[default]
    Off,
    /// Who makes one has a name that nobody else gets
    Optional,
    /// A name without an account is refused; `chat-server account passwd NAME` makes one
    Required,
}

/// The accounts that a store has.
pub(crate) struct StoredAccounts {
    /// A name without an account is refused.
    pub(crate) is_required: bool,
    pub(crate) admins: Vec<Name>,
    pub(crate) accounts: Vec<Account>,
    /// `None`: the log of several servers has them.
    pub(crate) file: Option<AccountFile>,
}

/// The file that keeps accounts.
pub(crate) struct AccountFile(Arc<Store>);

impl AccountOptions {
    /// Returns whether there are to be accounts.
    pub(crate) fn are_on(&self) -> bool {
        self.accounts != Need::Off
    }

    pub(super) fn stored(
        &self,
        accounts: Vec<Account>,
        file: Option<&Arc<Store>>,
    ) -> StoredAccounts {
        StoredAccounts {
            is_required: self.accounts == Need::Required,
            admins: self.admin.clone(),
            accounts,
            file: file.map(|file| AccountFile(Arc::clone(file))),
        }
    }
}

impl AccountFile {
    /// Keeps the hash of an account. It begins at once, and goes on if the future is dropped. Returns whether the file has
    /// it.
    pub(crate) fn keep(&self, name: &Name, hash: &str) -> impl Future<Output = bool> + use<> {
        let kept = self.0.keep_account(name.as_str(), Some(hash.into()), None);
        async { kept.await.is_ok() }
    }
}

fn name(text: &str) -> Result<Name, NameError> {
    text.parse()
}
