//! Stands for `store` in a server without one: it has no options, so nothing is stored.

#![expect(clippy::unnecessary_wraps, clippy::unused_async, reason = "as there")]

use std::future::Ready;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::account::{AccountError, Word};
use chat_protocol::language::Language;
use chat_protocol::name::Name;
use chat_protocol::options::time_limit::TimeLimit;
use chat_store::account::Account;
use chat_store::line::{Line, Position};
use chat_store::moderation::{Deed, Sanction};
use chat_store::session::{Session, Token};
use clap::Args;

use crate::console::Console;

/// There are none.
#[derive(Args, Debug)]
pub(crate) struct StoreOptions {}

/// There is none.
pub(crate) enum Store {}

/// There are none.
pub(crate) struct StoredAccounts {
    pub(crate) is_required: bool,
    pub(crate) admins: Vec<Name>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) file: Option<AccountFile>,
}

/// There are no accounts, and no words.
pub(crate) fn hash(_: &Word) -> Result<Arc<str>, AccountError> {
    Err(AccountError::Off)
}

pub(crate) fn is_hash_of(_: &str, _: &Word) -> bool {
    false
}

/// There is none.
pub(crate) enum AccountFile {}

/// There is none.
#[derive(Debug)]
pub enum Error {}

impl StoreOptions {
    pub(crate) fn has_accounts(&self) -> bool {
        let Self {} = self;
        false
    }

    pub(crate) fn has_file(&self) -> bool {
        let Self {} = self;
        false
    }

    pub(crate) fn shared_accounts(&self) -> Option<StoredAccounts> {
        let Self {} = self;
        None
    }

    pub(crate) fn open(
        &self,
        _: &Console,
        _: Language,
        _: Duration,
    ) -> Result<Option<Store>, Error> {
        let Self {} = self;
        Ok(None)
    }
}

impl Store {
    pub(crate) fn epoch(&self) -> u32 {
        match *self {}
    }

    pub(crate) fn take_damage(&mut self) -> Option<String> {
        match *self {}
    }

    pub(crate) fn take_accounts(&mut self) -> Option<StoredAccounts> {
        match *self {}
    }

    pub(crate) fn keep(&self) -> TimeLimit {
        match *self {}
    }

    pub(crate) fn figures(&self) -> (u64, u64) {
        match *self {}
    }

    pub(crate) fn comes_first(&self) -> bool {
        match *self {}
    }

    pub(crate) fn give(&self, _: Arc<Line>) {
        match *self {}
    }

    pub(crate) fn take_sanctions(&mut self) -> Vec<Sanction> {
        match *self {}
    }

    pub(crate) fn moderate(&self, _: Deed, _: Option<Sanction>, _: Vec<u64>) {
        match *self {}
    }

    pub(crate) async fn last(&self, _: &str, _: usize) -> Vec<Line> {
        match *self {}
    }

    pub(crate) async fn first(&self, _: &str, _: Position, _: usize) -> Vec<Line> {
        match *self {}
    }

    pub(crate) async fn last_up_to(&self, _: &str, _: Position) -> Option<Position> {
        match *self {}
    }

    pub(crate) fn take_sessions(&mut self) -> Vec<(Token, Session)> {
        match *self {}
    }

    pub(crate) fn keep_session(&self, _: Token, _: Option<Session>) {
        match *self {}
    }

    pub(crate) async fn written(&self) {
        match *self {}
    }
}

impl AccountFile {
    pub(crate) fn keep(&self, _: &Name, _: &str) -> Ready<bool> {
        match *self {}
    }
}

impl Error {
    pub(crate) fn explanation(&self, _: Language) -> String {
        match *self {}
    }
}
