//! The room of all clients: reads those that are ready, and broadcasts what was read with one write
//! for each client.

use std::io;
use std::mem;
use std::ops::Range;

use memchr::memchr;
use mio::event::Event;
use mio::{Interest, Registry, Token};

use super::member::Member;
use super::members::Members;
use crate::relay::door::Accepted;
use crate::relay::faults::lines::{lines, measured};
use crate::relay::faults::{Delivery, Faults};
use crate::relay::hub::{Client, Clients, Work};
use crate::relay::log::{Fault, Identity, Log};
use crate::relay::socket::{Gone, Socket, Turn};

/// Maximum number of bytes of one batch: a round ends when it is reached.
const MAX_BATCH: usize = 4 << 20;

/// The members, and what they have said in this round.
#[derive(Debug, Default)]
pub(crate) struct Room {
    members: Members,
    batch: Vec<u8>,
    /// Speakers of the batch: index in the list of members, and byte range.
    said: Vec<(usize, Range<usize>)>,
}

impl Client for Member {
    fn identity(&self) -> Identity {
        self.identity
    }

    fn token(&self) -> usize {
        self.slot
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.socket.send(&[], bytes)
    }
}

impl Clients for Room {
    type Client = Member;

    fn add(
        &mut self,
        (mut stream, address, layers): Accepted,
        number: u64,
        registry: &Registry,
    ) -> io::Result<usize> {
        let slot = self.members.free_slot();
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = stream
            .set_nodelay(true)
            .and_then(|()| registry.register(&mut stream, Token(slot), interest));
        match registered {
            Ok(()) => {
                self.members.add(Member::new(Socket::new(stream, layers), address, slot, number));
            }
            Err(_) => self.members.release(slot),
        }
        registered.map(|()| slot)
    }

    fn note(&mut self, event: &Event, work: &mut Work) {
        let Some(index) = self.members.index_of(event.token().0) else { return };
        let member = &mut self.members.list[index];
        if event.is_writable() && member.socket.catch_up().is_err() {
            work.ended.push(member.slot);
        }
        member.closing |= event.is_read_closed() || event.is_error();
        if (event.is_readable() || member.closing) && !member.ready {
            member.ready = true;
            work.ready.push(member.slot);
        }
    }

    fn read(&mut self, work: &mut Work) -> io::Result<()> {
        let mut ready = mem::take(&mut work.ready);
        ready.retain(|&slot| {
            self.batch.len() >= MAX_BATCH || self.read_from(slot, work) == Turn::More
        });
        work.ready = ready;
        if !self.batch.is_empty() {
            self.broadcast(work)?;
            self.batch.clear();
        }
        Ok(())
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Member> {
        self.members.list.iter_mut()
    }

    fn numbered(&mut self, number: u64) -> Option<&mut Member> {
        self.all().find(|member| member.identity.number == number)
    }

    fn remove(&mut self, token: usize) -> Option<Member> {
        self.members.remove(token)
    }

    fn end(&mut self, _: Member) {}
}

impl Room {
    fn read_from(&mut self, slot: usize, work: &mut Work) -> Turn {
        let Some(index) = self.members.index_of(slot) else { return Turn::Over };
        let member = &mut self.members.list[index];
        let start = self.batch.len();
        let turn = member.read_lines(&mut work.scratch, &mut self.batch);
        if self.batch.len() > start {
            self.said.push((index, start..self.batch.len()));
        }
        member.ready = turn == Turn::More;
        if turn == Turn::Over {
            work.ended.push(slot);
        }
        turn
    }

    fn broadcast(&mut self, work: &mut Work) -> io::Result<()> {
        if let Some(stall) = &mut work.stall {
            stall.watch(&self.batch);
        }
        if work.faults.any() {
            return self.broadcast_with_faults(work);
        }
        for (index, own) in self.said.drain(..) {
            self.members.list[index].own = own;
        }
        for member in &mut self.members.list {
            // A member that said nothing has the range 0..0, and gets the whole batch.
            let own = mem::take(&mut member.own);
            if member.socket.send(&self.batch[..own.start], &self.batch[own.end..]).is_err() {
                work.ended.push(member.slot);
            }
        }
        Ok(())
    }

    /// Broadcasts with faults, line by line and receiver by receiver.
    fn broadcast_with_faults(&mut self, work: &mut Work) -> io::Result<()> {
        let mut speakers = Vec::with_capacity(self.said.len());
        for (index, own) in self.said.drain(..) {
            speakers.push((self.members.list[index].identity, own));
        }
        for (speaker, own) in &speakers {
            for text in lines(&self.batch[own.clone()]).filter_map(measured) {
                work.faults.said(*speaker, text, &mut work.log)?;
            }
        }
        let mut out = Vec::new();
        for member in &mut self.members.list {
            out.clear();
            let Work { faults, log, .. } = work;
            for (speaker, own) in &speakers {
                for line in lines(&self.batch[own.clone()]) {
                    deliver_line(faults, member.identity, *speaker, line, &mut out, log)?;
                }
            }
            work.hand_over(member, &out);
        }
        Ok(())
    }
}

/// Appends what a receiver gets of a line.
fn deliver_line(
    faults: &mut Faults,
    receiver: Identity,
    sender: Identity,
    frame: &[u8],
    out: &mut Vec<u8>,
    log: &mut Log,
) -> io::Result<()> {
    let is_own = receiver == sender;
    let Some(text) = measured(frame) else {
        return if is_own { Ok(()) } else { faults.pass(receiver, Some(sender), frame, out, log) };
    };
    let at = memchr(b'{', frame).unwrap_or_default();
    let delivery = Delivery { receiver, sender, frame, at, text };
    if !is_own {
        faults.deliver(&delivery, out, log)
    } else if faults.echoes(sender, text) {
        faults.add(Fault::Echo, &delivery, out, log)
    } else {
        Ok(())
    }
}
