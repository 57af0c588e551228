//! What a membership has to do with accounts (chapter 12): words that are asked for, and looked at. What else takes time is
//! waited for in the same way.

use std::fmt::{self, Display};
use std::pin::Pin;

use chat_protocol::account::{AccountError, Word};
use chat_protocol::name::{Name, NameError, key};
use chat_protocol::refusal::Refusal;
use chat_store::line::Position;

use super::Membership;
use crate::cluster::{Done, Entered, Resumed};
use crate::net::tcp::TcpConnection;
use crate::net::wire::encoding::Object;
use crate::people::accounts::{Accounts, Proved, Standing};
use crate::room::event::{Event, Message, Notice};

/// The state of a word.
pub(super) enum Proof<'a> {
    /// It is asked for: that of this name.
    Asked(Name),
    /// It is looked at.
    Runs(Pin<Box<dyn Future<Output = Outcome> + Send + Sync + 'a>>),
}

/// What comes of a word.
pub(super) enum Outcome {
    /// The client may have this name, of this account, or not.
    Proved(Name, Result<Proved, AccountError>),
    /// The client's name is that of this account now.
    Registered(Result<Box<str>, AccountError>),
    Changed(Result<Box<str>, AccountError>),
    /// The client has this name, by all servers, or not.
    Entered {
        name: Name,
        is_proved: bool,
        entered: Entered<TcpConnection>,
    },
    /// A command has come back from the log. `None`: another connection has its person.
    Done(Option<Done<TcpConnection>>),
    /// The client has its session, by all servers, or not.
    Resumed(Resumed),
}

/// What a client is that has given a name which is not refused.
#[derive(Debug)]
pub(crate) enum Taken {
    Named,
    /// It has been asked for the word of the name.
    AskedForWord,
    /// It is banned, and has to leave.
    KeptOut(Refusal),
    /// The other servers are asked.
    Asked,
    /// They do not answer: the client has to try again, here or elsewhere.
    Later,
}

/// What a client wants of its account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Register,
    ChangeWord,
}

impl<'a> Membership<'a> {
    /// The client gives its name: it joins the first room, if it can have the name, or is asked for the word of its account.
    pub(crate) fn take_name(&mut self, name: Name) -> Result<Taken, NameError> {
        self.proof = None;
        if let Some(refusal) = self.is_kept_out(&name) {
            return Ok(Taken::KeptOut(refusal));
        }
        match self.server.accounts.as_deref().map(|accounts| (accounts, accounts.standing(&name))) {
            None | Some((_, Standing::Free)) => {
                return self.enter(name, None);
            }
            Some((_, Standing::Refused(error))) => return Err(error),
            Some((_, Standing::Registered(..))) if !self.connection.is_private() => {
                return Err(NameError::Account(AccountError::NotEncrypted));
            }
            // Also while another has the name, or no word of its address is looked at: what comes next may be one, and never a
            // name.
            Some((_, Standing::Registered(..))) => self.ask_word(name),
        }
        Ok(Taken::AskedForWord)
    }

    fn ask_word(&mut self, name: Name) {
        self.tell(&WordQuestion(self.server.language().word_question(&name)));
        self.proof = Some(Box::new(Proof::Asked(name)));
    }

    /// The word is refused, and asked for again.
    pub(crate) fn ask_word_again(&mut self, refusal: &impl Event) {
        self.tell(refusal);
        if let Some(Proof::Asked(name)) = self.proof.take().map(|proof| *proof) {
            self.ask_word(name);
        }
    }

    /// The client proves by this word that the name is its own. [`proved`](Self::proved) waits for what comes of it.
    pub(crate) fn prove(&mut self, word: Word) {
        let Some(accounts) = self.server.accounts.as_deref() else { return };
        let Some(Proof::Asked(name)) = self.proof.take().map(|proof| *proof) else { return };
        let peer = self.connection.peer();
        self.run(async move {
            let proved = accounts.prove(peer.ip(), &name, word).await;
            if let Err(error) = &proved {
                tracing::warn!(%peer, %name, %error, "the account was not proved");
            }
            Outcome::Proved(name, proved)
        });
    }

    /// Begins what a client wants of its account.
    pub(super) fn want(&mut self, wish: Wish, word: Result<Word, AccountError>) {
        if let Err(error) = self.try_to_get(wish, word) {
            self.refuse(error);
        }
    }

    fn try_to_get(
        &mut self,
        wish: Wish,
        word: Result<Word, AccountError>,
    ) -> Result<(), AccountError> {
        let accounts = self.server.accounts.as_deref().ok_or(AccountError::Off)?;
        let Some((hold, name)) = &self.person else { return Ok(()) };
        let (name, peer) = (name.clone(), self.connection.peer());
        let account = self.server.directory.account(hold.id);
        self.may_give_word(accounts)?;
        match (wish, account) {
            (Wish::Register, Some(_)) => Err(AccountError::HasOne),
            (Wish::ChangeWord, None) => Err(AccountError::HasNone),
            (Wish::Register, None) => {
                let (word, cluster, hold) = (word?, self.cluster(), *hold);
                // The first to come would be the administrator.
                if accounts.is_admin(&key(name.as_str())) {
                    return Err(AccountError::Registered);
                }
                let register = async move {
                    let hash = accounts.hash(peer.ip(), word).await?;
                    let made = match cluster {
                        Some(cluster) => cluster.keep_word(hold, true, &hash).await?,
                        None => accounts.register(name.clone(), hash).await?,
                    };
                    tracing::info!(%peer, %name, "has made an account");
                    Ok(made)
                };
                self.run(async move { Outcome::Registered(register.await) });
                Ok(())
            }
            (Wish::ChangeWord, Some(account)) => {
                let (word, cluster, hold) = (word?, self.cluster(), *hold);
                let change = async move {
                    let hash = accounts.hash(peer.ip(), word).await?;
                    match cluster {
                        Some(cluster) => cluster.keep_word(hold, false, &hash).await,
                        None => accounts.change(&account, hash).await.map(|()| account),
                    }
                };
                self.run(async move { Outcome::Changed(change.await) });
                Ok(())
            }
        }
    }

    /// Returns whether a word is looked at, or other servers are asked: what the client sends waits for that.
    pub(crate) fn is_proving(&self) -> bool {
        matches!(self.proof.as_deref(), Some(Proof::Runs(_)))
    }

    /// Waits for what comes of the word that is looked at, if one is. Returns whether the client has a name by it, if that is
    /// the question. Cancel-safe.
    pub(crate) async fn proved(&mut self) -> Option<Result<Taken, NameError>> {
        let Some(Proof::Runs(runs)) = self.proof.as_deref_mut() else { return None };
        let outcome = runs.await;
        self.proof = None;
        match outcome {
            Outcome::Proved(name, Ok(proved)) => {
                // It may have been banned meanwhile.
                if let Some(refusal) = self.is_kept_out(&name) {
                    return Some(Ok(Taken::KeptOut(refusal)));
                }
                let account = proved.account.clone();
                let entered = self.enter(name.clone(), Some(proved));
                match &entered {
                    Ok(Taken::Asked) => {}
                    Ok(_) => self.tell_administrator(&account),
                    Err(error) => self.asks_word_again(name, *error),
                }
                return Some(entered);
            }
            Outcome::Proved(name, Err(error)) => {
                self.proof = Some(Box::new(Proof::Asked(name)));
                return Some(Err(NameError::Account(error)));
            }
            Outcome::Entered { name, is_proved, entered } => {
                if let (true, Err((error, _))) = (is_proved, &entered) {
                    self.asks_word_again(name.clone(), *error);
                }
                return Some(self.entered(name, entered).map(|()| Taken::Named));
            }
            Outcome::Resumed(resumed) => return Some(self.resumed(resumed)),
            Outcome::Done(done) => {
                self.done(done);
                return None;
            }
            Outcome::Registered(Ok(account)) => self.registered(&account),
            Outcome::Changed(Ok(_)) => {
                if let (Some((hold, _)), None) = (&self.person, self.cluster()) {
                    self.server.directory.end_others(hold.id);
                }
                self.tell(&Notice::new("account", self.server.language().word_changed(), []));
            }
            Outcome::Registered(Err(error)) | Outcome::Changed(Err(error)) => self.refuse(error),
        }
        if let Some(number) = self.numbered.as_ref().map(|numbered| numbered.number) {
            self.answer(number);
        }
        None
    }

    /// The client has made the account of its name.
    fn registered(&mut self, account: &str) {
        let Some((hold, name)) = &self.person else { return };
        // In a cluster, all servers have done so.
        if self.cluster().is_none() {
            self.server.directory.set_account(hold.id, account.into());
        }
        let line = self.server.language().registered(name).to_string();
        self.tell(&Notice::new("account", line, []));
        self.tell_administrator(account);
    }

    /// The word is asked for again, if it is wrong by now, or no name is given.
    fn asks_word_again(&mut self, name: Name, error: NameError) {
        if let NameError::Account(AccountError::WrongWord) | NameError::NotNow = error {
            self.proof = Some(Box::new(Proof::Asked(name)));
        }
    }

    pub(super) fn tell_administrator(&mut self, account: &str) {
        if self.server.accounts.as_ref().is_some_and(|accounts| accounts.is_admin(account)) {
            self.tell(&Notice::new("account", self.server.language().is_admin(), []));
        }
    }

    /// A word is only taken where nobody on the way can read it, and not at once after wrong ones.
    fn may_give_word(&self, accounts: &Accounts) -> Result<(), AccountError> {
        if !self.connection.is_private() {
            return Err(AccountError::NotEncrypted);
        }
        accounts.closed(self.connection.peer().ip()).map_or(Ok(()), Err)
    }

    pub(super) fn run(&mut self, looks: impl Future<Output = Outcome> + Send + Sync + 'a) {
        self.proof = Some(Box::new(Proof::Runs(Box::pin(looks))));
    }

    fn refuse(&mut self, error: AccountError) {
        let refusal = Refusal::Account(error);
        self.note_refusal(&refusal);
        let line = self.server.language().refusal(&refusal).to_string();
        self.tell(&Notice::new("refusal", line, []));
    }
}

/// The question for a word.
struct WordQuestion<L>(L);

impl<L: Display> Display for WordQuestion<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<L: Display> Event for WordQuestion<L> {
    fn json(&self, _: Option<Position>) -> String {
        Object::new("ask").value("word", true).unmarked(&self.0).end()
    }

    fn message(&self) -> Option<Message<'_>> {
        None
    }
}
