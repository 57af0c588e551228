//! The way of a node's entries into the log: numbered passes, one in flight.
//!
//! A pass is freed when it comes back from the log, and not by an acknowledgement. Until then it is sent again every
//! [`RESEND`]; its number tells the receivers that it is a duplicate. With a window of one pass, this is go-back-N.

use std::collections::VecDeque;
use std::time::Duration;

use thiserror::Error;

use crate::entry::{Entry, Incarnation, Subject};
use crate::pass::Draft;

/// A pass that has not come back after this time is sent again. Its way there and back takes a millisecond.
pub const RESEND: Duration = Duration::from_millis(500);

/// An entry was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProposeError {
    /// It does not fit into a pass.
    #[error("the entry is longer than a pass")]
    TooLong,
    /// The node is not, or not any more, part of the cluster.
    #[error("the node is not part of the cluster")]
    NotReady,
}

/// The queue of passes; the first may be in flight.
pub struct Uplink {
    node: Incarnation,
    next: u64,
    passes: VecDeque<Waiting>,
    bytes: usize,
    in_flight: Option<Flight>,
    /// The time at which a pass was last published for the first time.
    published: Duration,
    resent: u64,
}

struct Waiting {
    n: u64,
    subject: Subject,
    draft: Draft,
}

#[derive(Clone, Copy)]
struct Flight {
    since: Duration,
    sent: Duration,
}

impl Uplink {
    /// For this node.
    pub fn new(node: Incarnation) -> Self {
        Self {
            node,
            next: 1,
            passes: VecDeque::new(),
            bytes: 0,
            in_flight: None,
            published: Duration::ZERO,
            resent: 0,
        }
    }

    /// Adds an entry to the pass that leaves next under this subject. Nothing is refused because too much waits: whoever
    /// proposes looks at [`waiting`](Self::waiting).
    pub fn propose(&mut self, entry: &Entry, subject: Subject) -> Result<(), ProposeError> {
        let closed = usize::from(self.in_flight.is_some());
        if let Some(last) = self.passes.iter_mut().skip(closed).next_back()
            && last.subject == subject
        {
            let before = last.draft.message().len();
            if last.draft.add(entry).is_some() {
                self.bytes += last.draft.message().len() - before;
                return Ok(());
            }
        }
        let mut draft = Draft::new(self.node, self.next);
        draft.add(entry).ok_or(ProposeError::TooLong)?;
        self.bytes += draft.message().len();
        self.passes.push_back(Waiting { n: self.next, subject, draft });
        self.next += 1;
        Ok(())
    }

    /// The pass that is to be published now: the next one, or again the one in flight.
    pub fn transmit(&mut self, now: Duration) -> Option<(Subject, &[u8])> {
        let first = self.passes.front()?;
        match &mut self.in_flight {
            Some(flight) if now.saturating_sub(flight.sent) < RESEND => return None,
            Some(flight) => {
                flight.sent = now;
                self.resent += 1;
            }
            None => {
                self.in_flight = Some(Flight { since: now, sent: now });
                self.published = now;
            }
        }
        Some((first.subject, first.draft.message()))
    }

    /// The pass of this number has come back. Returns whether it was the one in flight, which is freed.
    pub fn returned(&mut self, n: u64) -> bool {
        let Some(first) = self.passes.pop_front_if(|first| first.n == n) else { return false };
        self.in_flight = None;
        self.bytes -= first.draft.message().len();
        true
    }

    /// Bytes that have not come back from the log.
    pub fn waiting(&self) -> usize {
        self.bytes
    }

    /// The number of times that a pass was sent again.
    pub fn resent(&self) -> u64 {
        self.resent
    }

    /// The time at which the pass in flight was published first.
    pub fn in_flight_since(&self) -> Option<Duration> {
        self.in_flight.map(|flight| flight.since)
    }

    /// The time at which the last pass was published, if nothing is waiting or in flight.
    pub fn idle_since(&self) -> Option<Duration> {
        self.passes.is_empty().then_some(self.published)
    }

    /// The time for the next [`transmit`](Self::transmit).
    pub fn deadline(&self) -> Option<Duration> {
        self.passes.front()?;
        Some(self.in_flight.map_or(Duration::ZERO, |flight| flight.sent + RESEND))
    }
}

#[cfg(test)]
mod tests;
