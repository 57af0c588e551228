//! The relay's event loop: reads all clients that are ready, and broadcasts what was read with one
//! write for each client.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use memchr::memchr;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::member::{Member, Turn};
use super::members::Members;
use crate::relay::error::RelayError;
use crate::relay::faults::lines::{lines, measured};
use crate::relay::faults::stall::Stall;
use crate::relay::faults::{Delivery, Faults};
use crate::relay::listener::{LISTENER, Listener};
use crate::relay::log::{Fault, Identity, Log, Totals};
use crate::relay::options::RelayOptions;
use crate::relay::rounds::{MAX_EVENTS, SCRATCH, wait};
use crate::relay::socket::Gone;

/// Maximum number of bytes of one batch: a round ends when it is reached.
const MAX_BATCH: usize = 4 << 20;

/// A relay that listens.
pub(crate) struct Relay {
    poll: Poll,
    listener: Listener,
    came: u64,
    members: Members,
    /// Slots of members that have something to read.
    ready: Vec<usize>,
    /// Slots of members to be removed.
    ended: Vec<usize>,
    scratch: Vec<u8>,
    batch: Vec<u8>,
    /// Speakers of the batch: index in the list of members, and byte range.
    said: Vec<(usize, Range<usize>)>,
    faults: Option<Faults>,
    stall: Option<Stall>,
    log: Log,
}

impl Relay {
    /// Binds the listener. Clients can connect from here on; [`Relay::serve`] serves them.
    pub(crate) fn bind(options: &RelayOptions) -> Result<Self, RelayError> {
        let poll = Poll::new().map_err(RelayError::Poll)?;
        let listener = Listener::bind(options, poll.registry())?;
        Ok(Self {
            poll,
            listener,
            came: 0,
            members: Members::default(),
            ready: Vec::new(),
            ended: Vec::new(),
            scratch: vec![0; SCRATCH],
            batch: Vec::new(),
            said: Vec::new(),
            faults: Faults::from_options(options),
            stall: Stall::from_options(options),
            log: Log::new(options.create_log()?),
        })
    }

    /// The address on which the relay listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// Relays until `stop` is set, which is looked at every 50 ms.
    pub(crate) fn serve(mut self, stop: &AtomicBool) -> Result<Totals, RelayError> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        while !stop.load(Relaxed) {
            if Stall::pass_if_due(&mut self.stall, stop) {
                self.log.note_stall();
            }
            let (busy, stall) = (!self.ready.is_empty(), self.stall.as_ref());
            wait(&mut self.poll, &mut events, busy, stall, self.faults.as_ref())?;
            self.cut_if_due().map_err(RelayError::Log)?;
            self.note_events(&events);
            self.accept();
            self.read();
            if !self.batch.is_empty() {
                self.broadcast().map_err(RelayError::Log)?;
                self.batch.clear();
            }
            self.remove_ended().map_err(RelayError::Log)?;
            self.handle_idle(events.is_empty()).map_err(RelayError::Log)?;
        }
        self.finish().map_err(RelayError::Log)
    }

    fn note_events(&mut self, events: &Events) {
        for event in events {
            if event.token() == LISTENER {
                self.listener.accepting = true;
                continue;
            }
            let Some(index) = self.members.index_of(event.token().0) else { continue };
            let member = &mut self.members.list[index];
            if event.is_writable() && member.socket.catch_up().is_err() {
                end(member, &mut self.ended);
            }
            member.closing |= event.is_read_closed() || event.is_error();
            if (event.is_readable() || member.closing) && !member.ready {
                member.ready = true;
                self.ready.push(member.slot);
            }
        }
    }

    fn accept(&mut self) {
        while let Some((stream, address)) = self.listener.accept() {
            self.add_client(stream, address);
        }
    }

    fn add_client(&mut self, mut stream: TcpStream, address: SocketAddr) {
        let slot = self.members.free_slot();
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = stream
            .set_nodelay(true)
            .and_then(|()| self.poll.registry().register(&mut stream, Token(slot), interest));
        match registered {
            Ok(()) => {
                self.members.add(Member::new(stream, address, slot, self.came));
                self.came += 1;
            }
            Err(_) => self.members.release(slot),
        }
    }

    fn read(&mut self) {
        let mut kept = 0;
        for i in 0..self.ready.len() {
            let slot = self.ready[i];
            if self.batch.len() >= MAX_BATCH || self.read_from(slot) == Turn::More {
                self.ready[kept] = slot;
                kept += 1;
            }
        }
        self.ready.truncate(kept);
    }

    fn read_from(&mut self, slot: usize) -> Turn {
        let Some(index) = self.members.index_of(slot) else { return Turn::Over };
        let member = &mut self.members.list[index];
        let start = self.batch.len();
        let turn = member.read_lines(&mut self.scratch, &mut self.batch);
        if self.batch.len() > start {
            self.said.push((index, start..self.batch.len()));
        }
        member.ready = turn == Turn::More;
        if turn == Turn::Over {
            end(member, &mut self.ended);
        }
        turn
    }

    fn broadcast(&mut self) -> io::Result<()> {
        if let Some(stall) = &mut self.stall {
            stall.watch(&self.batch);
        }
        if self.faults.is_some() {
            return self.broadcast_with_faults();
        }
        for (index, own) in self.said.drain(..) {
            self.members.list[index].own = own;
        }
        for member in &mut self.members.list {
            // A member that said nothing has the range 0..0, and gets the whole batch.
            let own = mem::take(&mut member.own);
            if member.socket.send(&self.batch[..own.start], &self.batch[own.end..]).is_err() {
                end(member, &mut self.ended);
            }
        }
        Ok(())
    }

    /// Broadcasts with faults, line by line and receiver by receiver.
    fn broadcast_with_faults(&mut self) -> io::Result<()> {
        let Some(faults) = &mut self.faults else { return Ok(()) };
        let mut speakers = Vec::with_capacity(self.said.len());
        for (index, own) in self.said.drain(..) {
            speakers.push((self.members.list[index].identity, own));
        }
        for (speaker, own) in &speakers {
            for text in lines(&self.batch[own.clone()]).filter_map(measured) {
                faults.said(*speaker, text, &mut self.log)?;
            }
        }
        let mut out = Vec::new();
        for member in &mut self.members.list {
            out.clear();
            for (speaker, own) in &speakers {
                for line in lines(&self.batch[own.clone()]) {
                    let receiver = member.identity;
                    deliver_line(faults, receiver, *speaker, line, &mut out, &mut self.log)?;
                }
            }
            hand_over(faults, member, &out, &mut self.ended);
        }
        Ok(())
    }

    /// Removes the members that have left. They have already been sent the round's lines, if they
    /// can still receive.
    fn remove_ended(&mut self) -> io::Result<()> {
        while let Some(slot) = self.ended.pop() {
            let Some(mut member) = self.members.remove(slot) else { continue };
            if let Some(faults) = &mut self.faults {
                let mut out = Vec::new();
                faults.end_delay(member.identity, &mut out);
                faults.release_all(member.identity, &mut out, &mut self.log)?;
                // It leaves in any case.
                let _: Result<(), Gone> = member.socket.send(&[], &out);
                faults.note_left(member.identity, &mut self.log)?;
                for other in &mut self.members.list {
                    out.clear();
                    let from = Some(member.identity);
                    faults.release(other.identity, from, &mut out, &mut self.log)?;
                    hand_over(faults, other, &out, &mut self.ended);
                }
            }
        }
        Ok(())
    }

    /// Cuts the connection of the client that is to be cut, when it is time.
    fn cut_if_due(&mut self) -> io::Result<()> {
        let Some(faults) = &mut self.faults else { return Ok(()) };
        for member in &mut self.members.list {
            if faults.cuts(member.identity, &mut self.log)? {
                end(member, &mut self.ended);
            }
        }
        self.remove_ended()
    }

    /// Delivers what has been held back for its time.
    fn deliver_late(&mut self) -> io::Result<()> {
        let Some(faults) = &mut self.faults else { return Ok(()) };
        while let Some((receiver, line)) = faults.next_late(&mut self.log)? {
            if let Some(member) = numbered(&mut self.members.list, receiver.number) {
                hand_over(faults, member, &line, &mut self.ended);
            }
        }
        while let Some((receiver, bytes)) = faults.next_delayed() {
            if let Some(member) = numbered(&mut self.members.list, receiver)
                && member.socket.send(&[], &bytes).is_err()
            {
                end(member, &mut self.ended);
            }
        }
        Ok(())
    }

    /// Idle work: done when there is time for it.
    fn handle_idle(&mut self, idle: bool) -> io::Result<()> {
        self.deliver_late()?;
        if self.faults.as_ref().is_some_and(Faults::overdue) {
            self.release_overdue()?;
        }
        if idle && self.faults.is_some() { self.log.flush() } else { Ok(()) }
    }

    fn release_overdue(&mut self) -> io::Result<()> {
        let Some(faults) = &mut self.faults else { return Ok(()) };
        let mut out = Vec::new();
        for member in &mut self.members.list {
            out.clear();
            faults.release(member.identity, None, &mut out, &mut self.log)?;
            hand_over(faults, member, &out, &mut self.ended);
        }
        Ok(())
    }

    /// Removes all members: they get what is held back.
    fn finish(mut self) -> io::Result<Totals> {
        for member in &mut self.members.list {
            end(member, &mut self.ended);
        }
        self.remove_ended()?;
        if let Some(faults) = &mut self.faults {
            faults.finish(&mut self.log)?;
        }
        self.log.finish()
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

/// Sends what a member gets, or sends it on its slow path.
fn hand_over(faults: &mut Faults, member: &mut Member, bytes: &[u8], ended: &mut Vec<usize>) {
    if let Some(delay) = faults.delay(member.identity) {
        delay.push(bytes);
    } else if member.socket.send(&[], bytes).is_err() {
        end(member, ended);
    }
}

fn numbered(members: &mut [Member], number: u64) -> Option<&mut Member> {
    members.iter_mut().find(|member| member.identity.number == number)
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("address", &self.listener.address).finish_non_exhaustive()
    }
}

fn end(member: &mut Member, ended: &mut Vec<usize>) {
    if !mem::replace(&mut member.ended, true) {
        ended.push(member.slot);
    }
}
