//! The cut of one connection (`--cut`), and what its client does not get after that.

use std::io;
use std::time::{Duration, Instant};

use super::lines::{lines, measured};
use crate::relay::log::{Fault, Identity, Log};
use crate::relay::options::RelayOptions;

/// A connection that is to be cut.
#[derive(Debug)]
pub(crate) struct Cut {
    number: u64,
    after: Duration,
    /// Time of the first measured message.
    begun: Option<Instant>,
    /// The client, once its connection is cut.
    done: Option<Identity>,
}

impl Cut {
    /// The cut that the options ask for.
    pub(crate) fn from_options(options: &RelayOptions) -> Option<Self> {
        let after = options.cut_after.duration().unwrap_or_default();
        options.cut.map(|number| Self { number, after, begun: None, done: None })
    }

    /// Returns whether the connection of this client is to be cut now.
    pub(crate) fn cuts(&mut self, client: Identity) -> bool {
        let is_time = self.begun.is_some_and(|begun| begun.elapsed() >= self.after);
        let cuts = is_time && self.done.is_none() && self.number == client.number;
        if cuts {
            self.done = Some(client);
        }
        cuts
    }

    /// Notes what the client does not get of what `sender` said.
    pub(crate) fn note(&mut self, sender: Identity, said: &[u8], log: &mut Log) -> io::Result<()> {
        for text in lines(said).filter_map(measured) {
            self.begun.get_or_insert_with(Instant::now);
            if let Some(client) = self.done {
                log.note(Fault::Cut, client.port, sender.port, text)?;
            }
        }
        Ok(())
    }
}
