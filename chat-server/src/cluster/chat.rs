//! The state that the servers have in common: people and rooms, to which the entries of the log are applied.

use std::sync::MutexGuard;
use std::time::Duration;

use chat_cluster::entry::{self, Incarnation, PersonId};
use chat_cluster::state::{Place, RestoreError, State};
use chat_cluster::wire::{Reader, Write};
use chat_protocol::account::AccountError;
use chat_store::line::Position;

use super::{Cluster, NAMELESS, Waiting, history};
use crate::net::transport::Transport;
use crate::people::acts::{Act, Coming, Enter, Resume};
use crate::people::directory::{Arrival, Directory, People};
use crate::room::fanout::Deliveries;
use crate::room::seat::MemberId;

/// People and rooms, as this run of this server sees them.
pub(super) struct Chat<'a, T> {
    pub(super) me: Incarnation,
    pub(super) cluster: &'a Cluster<T>,
    pub(super) directory: &'a Directory<T>,
    pub(super) deliveries: &'a Deliveries,
    /// The options that decide what becomes of an act: those of all servers are equal.
    pub(super) options: String,
    /// That of all positions: another log has another.
    pub(super) epoch: u32,
    /// A copy is read of servers that have ended: their options do not count.
    pub(super) is_recalling: bool,
    /// A node was declared dead.
    pub(super) has_buried: bool,
}

impl<T: Transport> Chat<'_, T> {
    /// People and rooms, at this place of the log.
    fn at(&self, at: Place) -> MutexGuard<'_, People<T>> {
        if let Some(memories) = self.deliveries.memories() {
            memories.set_last(self.position(at));
        }
        self.directory.lock_at(Duration::from_millis(at.time))
    }

    /// The position before what is said at this place.
    fn position(&self, at: Place) -> Position {
        Position { epoch: self.epoch, number: history::number(at.sequence, at.entry) }
    }

    /// A value that is another when something has changed that outlives all servers.
    pub(super) fn lasting(&self) -> (u64, usize, u64) {
        self.directory.lock().lasting()
    }

    /// Nothing has outlived the servers.
    pub(super) fn forget_lasting(&self) {
        self.directory.lock().forget_lasting();
    }

    fn is_mine(&self, client: PersonId) -> bool {
        client.node == self.me
    }

    /// A client of this server that waits for its act.
    fn waiting(&self, client: PersonId) -> Option<Waiting<T>> {
        let link = u32::try_from(client.number).ok().filter(|_| self.is_mine(client))?;
        self.cluster.take_waiting(link)
    }

    fn enter(&self, people: &mut People<T>, client: PersonId, enter: Enter) {
        let waiting = match self.waiting(client) {
            Some(Waiting::Enter { seat, greeting, answer }) => Some((seat, greeting, answer)),
            _ => None,
        };
        let entered = people.enters(client, enter);
        let Some((seat, greeting, answer)) = waiting else {
            if let Ok(hold) = entered {
                people.begins(hold, None);
                // It has not waited for it.
                if self.is_mine(client) {
                    self.cluster.give_up(client.number);
                }
            }
            return;
        };
        let answered = match entered {
            Ok(hold) => {
                let arrived = people.begins(hold, Some((*seat, Arrival::New(greeting))));
                arrived.map(|arrived| Ok((hold, arrived)))
            }
            Err(error) => Some(Err((error, Some(seat)))),
        };
        let Some(answered) = answered else { return };
        let is_in = answered.is_ok();
        // It is gone meanwhile.
        if answer.send(answered).is_err() && is_in {
            self.cluster.give_up(client.number);
        }
    }

    fn arrive(&self, people: &mut People<T>, client: PersonId, coming: Coming) {
        let Some(Waiting::Arrive { seat, arrival, answer }) = self.waiting(client) else {
            people.arrives(client, coming, None);
            return;
        };
        if let Some(arrived) = people.arrives(client, coming, Some((*seat, arrival))) {
            // If it is gone, it has said so behind this.
            let _ = answer.send(arrived);
        }
    }

    fn resume(&self, people: &mut People<T>, client: PersonId, resume: Resume) {
        let (connection, answer) = match self.waiting(client) {
            Some(Waiting::Resume(connection, answer)) => (Some(connection), Some(answer)),
            _ => (None, None),
        };
        let resumed = people.comes_back(client, resume, connection.as_ref());
        let is_back = resumed.is_ok();
        let is_heard = answer.is_some_and(|answer| answer.send(resumed).is_ok());
        if is_back && self.is_mine(client) && !is_heard {
            self.cluster.give_up(client.number);
        }
    }

    fn answer_about_account(
        &self,
        client: PersonId,
        account: Option<Result<Box<str>, AccountError>>,
    ) {
        if let (Some(Waiting::Account(answer)), Some(account)) = (self.waiting(client), account) {
            // It may be gone: the account is as it is.
            let _ = answer.send(account);
        }
    }
}

impl<T: Transport> State for Chat<'_, T> {
    fn found(&mut self, at: Place, _settings: &[u8]) {
        self.at(at).forget_all();
    }

    fn tick(&mut self, at: Place) {
        self.at(at).expire_now();
    }

    fn apply(&mut self, at: Place, client: PersonId, act: &entry::Act) {
        let Ok(act) = Act::decode(act) else { return };
        let people = &mut *self.at(at);
        match act {
            Act::Enter(enter) => self.enter(people, client, enter),
            Act::Arrive(coming) => self.arrive(people, client, coming),
            Act::Leave(leaving) => people.leaves(client, leaving),
            Act::Say(said) if client.number & NAMELESS != 0 => {
                let member = MemberId::of_number(client.number & !NAMELESS);
                people.is_said(if self.is_mine(client) { member } else { MemberId::NOBODY }, &said);
            }
            Act::Say(said) => people.says(client, &said),
            // Nothing but the number of a line, for which nobody waits: a command behind it may be waited for.
            Act::Command(command) if command.line.is_empty() => _ = people.obeys(client, command),
            Act::Command(command) => {
                let done = people.obeys(client, command);
                if let (Some(Waiting::Command(answer)), Some(done)) = (self.waiting(client), done) {
                    // If it is gone, it has said so behind this.
                    let _ = answer.send(done);
                }
            }
            Act::Resume(resume) => self.resume(people, client, resume),
            Act::Register(hash) => {
                let made = people.registers(client, &hash);
                self.answer_about_account(client, made);
            }
            Act::ChangeWord(hash) => {
                let changed = people.changes_word(client, &hash);
                self.answer_about_account(client, changed);
            }
            Act::SetAccount(name, hash) => people.has_account_set(&name, hash.as_deref()),
        }
    }

    /// The people of this server are told why it lets them go.
    fn bury(&mut self, at: Place, node: Incarnation) {
        self.has_buried = true;
        if node != self.me {
            self.at(at).buries(node);
        }
    }

    fn miss(&mut self, at: Place, _node: Incarnation, _passes: u64) {
        let people = self.at(at);
        people.tell_all("missed", people.language().missed_some());
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.put_text(&self.options);
        self.directory.lock().write_all(out);
    }

    fn restore(&mut self, input: &mut Reader<'_>) -> Result<(), RestoreError> {
        let options = input.text()?;
        if !self.is_recalling && *options != *self.options {
            let here = &self.options;
            return Err(RestoreError::Refused(format!(
                "the other servers of this chat have other options ({options}; here {here})"
            )));
        }
        self.directory.lock().read_all(input)
    }
}
