//! Reading the log: every record once, in order.
//!
//! The subscription is not trusted. It can lose records, repeat them, or stand still without an error. Sequence numbers
//! tell the first two, a watchdog the third.

use std::time::Duration;

use thiserror::Error;

use crate::log::Record;

/// A node subscribes again when a pass of its own has not come back for this time. Every node publishes something each
/// second, so its own passes show that the subscription works.
pub const WATCHDOG: Duration = Duration::from_secs(3);

/// The verdict on a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the next.
    Take,
    /// It has been taken already, or belongs to an old subscription.
    Old,
    /// Records before it were lost on the way: subscribe again.
    Lost,
    /// The log does not have the records before it any more.
    Gone,
}

/// The reason why a node is not part of the cluster any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fenced {
    /// It was silent, and the others declared it dead.
    #[error("declared dead by another node")]
    Dead,
    /// All nodes were silent, and a new one has opened an empty chat.
    #[error("another node has opened the chat anew")]
    Replaced,
    /// It was away for longer than the log keeps records.
    #[error("the log does not have the next record any more")]
    Behind,
    /// The log is another one, or was set back.
    #[error("the log is another one, or was set back")]
    OtherLog,
    /// A record is of a later version.
    #[error("the log has passes of a later version ({0})")]
    Version(u8),
}

/// The position in the log, and the subscription.
#[derive(Debug)]
pub struct Follow {
    position: u64,
    subscription: u64,
    delivered: u64,
    subscribed: Duration,
    created: Option<u64>,
}

impl Follow {
    /// Behind this sequence number. [`subscribe`](Self::subscribe) comes first.
    pub fn behind(position: u64) -> Self {
        Self { position, subscription: 0, delivered: 0, subscribed: Duration::ZERO, created: None }
    }

    /// The sequence number of the last record that was taken.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// A new subscription is needed. Returns its number, and the position behind which it begins.
    pub fn subscribe(&mut self, now: Duration) -> (u64, u64) {
        self.subscription += 1;
        self.delivered = 0;
        self.subscribed = now;
        (self.subscription, self.position)
    }

    /// Goes to another position; a new subscription is needed.
    pub fn go_to(&mut self, position: u64) {
        self.position = position;
    }

    /// Compares the log that answers this subscription with the one that was followed.
    pub fn check_log(&mut self, subscription: u64, created: u64, last: u64) -> Result<(), Fenced> {
        if subscription != self.subscription {
            return Ok(());
        }
        let is_same = *self.created.get_or_insert(created) == created;
        if is_same && last >= self.position { Ok(()) } else { Err(Fenced::OtherLog) }
    }

    /// Looks at the numbers of a record, and counts it if it is the next.
    pub fn check(&mut self, record: &Record) -> Verdict {
        if record.subscription != self.subscription || record.delivered <= self.delivered {
            return Verdict::Old;
        }
        if record.delivered > self.delivered + 1 {
            return Verdict::Lost;
        }
        self.delivered += 1;
        if record.sequence <= self.position {
            return Verdict::Old;
        }
        if record.sequence > self.position + 1 {
            return Verdict::Gone;
        }
        self.position = record.sequence;
        Verdict::Take
    }

    /// The time to subscribe again, if a pass of this node has been in flight since that time.
    pub fn watchdog(&self, in_flight_since: Duration) -> Duration {
        in_flight_since.max(self.subscribed) + WATCHDOG
    }
}

#[cfg(test)]
mod tests;
