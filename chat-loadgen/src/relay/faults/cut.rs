//! The cut of one connection (`--cut`), and what its client does not get after that.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use super::lines::numbers;
use crate::relay::log::{Fault, Identity, Log};
use crate::relay::options::RelayOptions;

/// A connection that is to be cut.
#[derive(Debug)]
pub(crate) struct Cut {
    number: u64,
    after: Duration,
    /// Time of the first measured message.
    begun: Option<Instant>,
    /// The client, once it is known.
    client: Option<Identity>,
    is_done: bool,
    /// Messages that are on their way to the client: sender and text, by their numbers.
    under_way: BTreeMap<Vec<u8>, (Identity, Vec<u8>)>,
}

impl Cut {
    /// The cut that the options ask for.
    pub(super) fn from_options(options: &RelayOptions) -> Option<Self> {
        let after = options.cut_after.duration().unwrap_or_default();
        options.cut.map(|number| Self {
            number,
            after,
            begun: None,
            client: None,
            is_done: false,
            under_way: BTreeMap::new(),
        })
    }

    /// The number of the client whose connection is to be cut now.
    pub(super) fn due(&self) -> Option<u64> {
        let is_time = self.begun.is_some_and(|begun| begun.elapsed() >= self.after);
        (is_time && !self.is_done).then_some(self.number)
    }

    /// Notes that the client's connection was cut, and what was on its way there.
    pub(super) fn cut(&mut self, client: Identity, log: &mut Log) -> io::Result<()> {
        self.client = Some(client);
        self.is_done = true;
        for (sender, text) in std::mem::take(&mut self.under_way).into_values() {
            self.said(sender, &text, log)?;
        }
        Ok(())
    }

    /// Notes a message as soon as it is known to have been said.
    pub(super) fn said(&mut self, sender: Identity, text: &[u8], log: &mut Log) -> io::Result<()> {
        self.begun.get_or_insert_with(Instant::now);
        if sender.number == self.number || self.client.is_some_and(|it| it.room != sender.room) {
            return Ok(());
        }
        match self.client {
            Some(client) if self.is_done => log.note(Fault::Cut, client.port, sender.port, text),
            _ => {
                self.under_way.insert(numbers(text).to_vec(), (sender, text.to_vec()));
                Ok(())
            }
        }
    }

    /// Notes that a message has arrived for a receiver, whatever becomes of it there.
    pub(super) fn arrived(&mut self, receiver: Identity, text: &[u8]) {
        if receiver.number == self.number {
            self.client = Some(receiver);
            self.under_way.remove(numbers(text));
        }
    }
}
