//! Messages that are lost to all (`--drop-all`): a receiver can tell that it has lost one if it was
//! sent something of the same sender before and after it. One that is joining or leaving may not be.

use std::collections::BTreeMap;
use std::io;

use crate::relay::log::{Fault, Identity, Log};

/// Receiver and sender, by their numbers.
pub(crate) type Pair = (u64, u64);

/// The losses of all pairs of receiver and sender, that are not noted yet.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    pairs: BTreeMap<Pair, Pending>,
}

/// Messages that were lost to a receiver since it was last sent something of their sender.
#[derive(Debug)]
struct Pending {
    receiver: u16,
    sender: u16,
    texts: Vec<Vec<u8>>,
}

impl Pending {
    fn note(&mut self, fault: Fault, log: &mut Log) -> io::Result<()> {
        let mut texts = self.texts.drain(..);
        texts.try_for_each(|text| log.note(fault, self.receiver, self.sender, &text))
    }
}

impl Losses {
    /// Loses a message.
    pub(crate) fn lose(
        &mut self,
        receiver: Identity,
        sender: Identity,
        text: &[u8],
        log: &mut Log,
    ) -> io::Result<()> {
        match self.pairs.get_mut(&(receiver.number, sender.number)) {
            Some(pending) => pending.texts.push(text.to_vec()),
            None => log.note(Fault::Unseen, receiver.port, sender.port, text)?,
        }
        Ok(())
    }

    /// Notes that a receiver is sent something of that sender. Returns whether it was before.
    pub(crate) fn heard(
        &mut self,
        receiver: Identity,
        sender: Identity,
        log: &mut Log,
    ) -> io::Result<bool> {
        let pair = (receiver.number, sender.number);
        let (receiver, sender) = (receiver.port, sender.port);
        let Some(pending) = self.pairs.get_mut(&pair) else {
            self.pairs.insert(pair, Pending { receiver, sender, texts: Vec::new() });
            return Ok(false);
        };
        pending.note(Fault::Drop, log)?;
        Ok(true)
    }

    /// Notes that a client has left.
    pub(crate) fn left(&mut self, client: Identity, log: &mut Log) -> io::Result<()> {
        let is_its = |&(to, from): &Pair| to == client.number || from == client.number;
        let mut gone = self.pairs.extract_if(.., |pair, _| is_its(pair));
        gone.try_for_each(|(_, mut pending)| pending.note(Fault::Unseen, log))
    }

    /// Notes what no receiver can tell any more.
    pub(crate) fn finish(&mut self, log: &mut Log) -> io::Result<()> {
        self.pairs.values_mut().try_for_each(|pending| pending.note(Fault::Unseen, log))
    }
}
