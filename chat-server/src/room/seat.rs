//! A member's place in a room: what it is given, and what it has yet to take.
//!
//! A member that changes the room takes the seat along, so that no line is torn or overtaken.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::limits::SLOW_TIMEOUT;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::net::clock::Clock;
use crate::net::transport::{Fault, Transport};
use crate::net::wire::encoding::Encoding;
use crate::net::wire::text::Text;
use crate::room::letter::Letter;
use crate::room::outbox::{Lagging, Outbox, OutboxLimits, Queued};

/// The time that a member that has left has to take the bytes that still wait for it, whatever slow
/// readers may take otherwise: its descriptor is in no list any more.
const LAST_CHANCE: Duration = SLOW_TIMEOUT;

/// Identifies a member of a room, in the order of joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MemberId(u64);

impl MemberId {
    /// The operator speaks in a room without sitting there.
    pub(crate) const OPERATOR: Self = Self(u64::MAX - 1);

    /// What is said of a person that is not there is for all.
    pub(crate) const NOBODY: Self = Self::OPERATOR;

    /// The member that joins as this one, counted from 0.
    pub(crate) const fn new(number: u64, encoding: Encoding) -> Self {
        Self(encoding.id(number))
    }

    /// The encoding of what it is sent.
    pub(crate) fn encoding(self) -> Encoding {
        Encoding::of(self.0)
    }

    /// A number that no other member of the room has.
    #[cfg(feature = "cluster")]
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// The member with this number.
    #[cfg(feature = "cluster")]
    pub(crate) fn of_number(number: u64) -> Self {
        Self(number)
    }
}

/// A member's place in a room.
pub(crate) struct Seat<T> {
    member: Arc<T>,
    /// The encoding of what it is sent.
    encoding: Encoding,
    state: State,
}

enum State {
    /// It is written to directly.
    Direct {
        /// It has been waited for once and did not catch up.
        slow: bool,
    },
    /// Its socket is full: what is meant for it goes into the outbox, which a task drains.
    Behind(Arc<Outbox>, JoinHandle<()>),
    /// Its connection is gone; it is about to leave.
    Gone,
}

impl<T: Transport> Seat<T> {
    pub(crate) fn new(member: Arc<T>) -> Self {
        Self { encoding: member.encoding(), member, state: State::Direct { slow: false } }
    }

    pub(crate) fn connection(&self) -> &Arc<T> {
        &self.member
    }

    /// The encoding of what the member is sent.
    #[cfg(feature = "cluster")]
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What the member is sent from here on has this encoding.
    pub(crate) fn switch(&mut self, encoding: Encoding) {
        self.encoding = encoding;
        if let State::Behind(outbox, _) = &self.state {
            outbox.switch(encoding);
        }
    }

    /// Gives the text to the member, or to an outbox where it waits for the member within `limits`. `lagging`
    /// counts the members that wait so and may catch up.
    pub(crate) fn deliver(
        &mut self,
        text: Text<'_>,
        now: Instant,
        lagging: &Lagging,
        limits: &OutboxLimits,
    ) {
        self.deliver_own(text, &mut Vec::new(), now, lagging, limits);
    }

    /// The same for a text with letters. Those that need not wait are dropped.
    pub(crate) fn deliver_own(
        &mut self,
        text: Text<'_>,
        letters: &mut Vec<Letter>,
        now: Instant,
        lagging: &Lagging,
        limits: &OutboxLimits,
    ) {
        if let Some((rest, slow)) = self.offer(text, letters, now) {
            let lag = (!slow).then(|| lagging.lag());
            let member = (Arc::clone(&self.member), self.encoding);
            let (outbox, drain) = Outbox::new(rest, letters, member, lag, limits);
            self.state = State::Behind(outbox, tokio::spawn(drain));
        }
        letters.clear();
    }

    /// Gives the text to the member or its outbox. Returns what the member takes not now, which is nothing if it
    /// only holds something, and whether it is slow.
    fn offer<'a>(
        &mut self,
        text: Text<'a>,
        letters: &mut Vec<Letter>,
        now: Instant,
    ) -> Option<(&'a [u8], bool)> {
        let bytes = text.bytes;
        if bytes.is_empty() {
            return None;
        }
        let slow = match &self.state {
            State::Gone => return None,
            State::Behind(outbox, _) => match outbox.push(bytes, letters, &*self.member) {
                Queued::Yes => return None,
                Queued::Drained => {
                    let slow = outbox.is_slow();
                    self.state = State::Direct { slow };
                    slow
                }
            },
            State::Direct { slow } => *slow,
        };
        match self.member.offer(text, now) {
            Ok(n) if n == bytes.len() && !self.member.holds() => None,
            Ok(n) => Some((text.behind(n), slow)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Some((bytes, slow)),
            Err(_) => {
                self.state = State::Gone;
                self.member.hang_up(Fault::Broken);
                None
            }
        }
    }

    /// Returns whether something waits for the member to take it.
    pub(crate) fn is_behind(&self) -> bool {
        match &self.state {
            State::Direct { .. } | State::Gone => false,
            State::Behind(_, drain) => !drain.is_finished(),
        }
    }

    /// Ends the connection at once.
    pub(crate) fn hang_up(&self) {
        self.member.hang_up(Fault::Broken);
    }

    /// The end: the member takes what still waits for it, and is parted from.
    pub(crate) async fn part(self, clock: &Clock) {
        if let State::Behind(_, mut drain) = self.state {
            tokio::select! {
                biased;
                _ = &mut drain => {}
                () = clock.sleep_until(clock.now() + LAST_CHANCE) => {
                    drain.abort();
                    self.member.hang_up(Fault::Stuck);
                }
            }
        }
        self.member.part().await;
    }
}

#[cfg(test)]
mod tests;
