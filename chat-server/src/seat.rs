//! A member's place in a room: what it is given, and what it has yet to take.
//!
//! Who changes the room takes the seat along, so that nothing is torn apart or overtaken by it.

use std::io;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::member::{Fault, Member};
use crate::outbox::{Outbox, Queued, Terms};

/// A member's place.
pub(crate) struct Seat<M> {
    member: Arc<M>,
    state: State,
    /// It has been waited for once and did not catch up.
    slow: bool,
}

enum State {
    /// It is written to directly.
    Direct,
    /// Its socket is full: what is meant for it goes into the outbox, which a task drains.
    Behind(Arc<Outbox>, JoinHandle<()>),
    /// Its connection is gone; it is about to leave.
    Gone,
}

impl<M> Seat<M> {
    pub(crate) fn new(member: Arc<M>) -> Self {
        Self { member, state: State::Direct, slow: false }
    }
}

impl<M: Member> Seat<M> {
    /// Gives the bytes to the member, or to an outbox where they wait for it on these terms.
    pub(crate) fn deliver(&mut self, bytes: &[u8], now: Instant, terms: &Terms) {
        if let Some(rest) = self.offer(bytes, now) {
            self.fall_behind(rest, terms);
        }
    }

    /// Gives the bytes to the member or its outbox. Returns what the member takes not now.
    fn offer<'a>(&mut self, bytes: &'a [u8], now: Instant) -> Option<&'a [u8]> {
        if bytes.is_empty() {
            return None;
        }
        match &self.state {
            State::Gone => return None,
            State::Behind(outbox, _) => match outbox.push(bytes, &*self.member) {
                Queued::Yes => return None,
                Queued::Drained => {
                    self.slow = outbox.is_slow();
                    self.state = State::Direct;
                }
            },
            State::Direct => {}
        }
        match self.member.offer(bytes, now) {
            Ok(n) => Some(&bytes[n..]).filter(|rest| !rest.is_empty()),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Some(bytes),
            Err(_) => {
                self.state = State::Gone;
                self.member.hang_up(Fault::Broken);
                None
            }
        }
    }

    fn fall_behind(&mut self, rest: &[u8], terms: &Terms) {
        let (outbox, drain) = Outbox::new(rest, Arc::clone(&self.member), self.slow, terms);
        self.state = State::Behind(outbox, tokio::spawn(drain));
    }

    /// The end: the member takes what still waits for it, and is parted from.
    pub(crate) async fn part(self) {
        if let State::Behind(_, drain) = self.state {
            // It fails only with the runtime itself.
            let _ = drain.await;
        }
        self.member.part().await;
    }
}
