//! The relay's event loop: reads all clients that are ready, and broadcasts what was read with one
//! write for each client.

use std::io::{self, ErrorKind};
use std::mem;
use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::member::{Gone, Member, Turn};
use super::members::Members;
use crate::relay::error::RelayError;
use crate::relay::faults::Faults;
use crate::relay::faults::stall::{Stall, TICK};
use crate::relay::log::{Log, Totals};
use crate::relay::options::RelayOptions;

/// Events taken at once; more wait for the next round.
const MAX_EVENTS: usize = 1024;
/// Size of the one read buffer, shared by all clients.
const SCRATCH: usize = 64 << 10;
/// Maximum number of bytes of one batch: a round ends when it is reached.
const MAX_BATCH: usize = 4 << 20;
const LISTENER: Token = Token(usize::MAX);

/// A relay that listens.
pub(crate) struct Relay {
    address: SocketAddr,
    poll: Poll,
    listener: TcpListener,
    /// True if connections may be waiting: the event queue reports them only once.
    accepting: bool,
    complained: bool,
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
        let refused = |reason| RelayError::Listen { address: options.bind.clone(), reason };
        let mut listener = listen(options.bind.host_and_port()).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let poll = Poll::new().map_err(RelayError::Poll)?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)
            .map_err(RelayError::Poll)?;
        let stall_after = options.stall_after.duration().unwrap_or_default();
        Ok(Self {
            address,
            poll,
            listener,
            accepting: false,
            complained: false,
            came: 0,
            members: Members::default(),
            ready: Vec::new(),
            ended: Vec::new(),
            scratch: vec![0; SCRATCH],
            batch: Vec::new(),
            said: Vec::new(),
            faults: Faults::from_options(options),
            stall: options.stall.duration().map(|length| Stall::new(length, stall_after)),
            log: Log::new(options.create_log()?),
        })
    }

    /// The address on which the relay listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Relays until `stop` is set, which is looked at every 50 ms.
    pub(crate) fn serve(mut self, stop: &AtomicBool) -> Result<Totals, RelayError> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        while !stop.load(Relaxed) {
            self.stall_if_due(stop);
            self.wait(&mut events)?;
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
        self.release_all().map_err(RelayError::Log)?;
        if let Some(faults) = &mut self.faults {
            faults.finish(&mut self.log).map_err(RelayError::Log)?;
        }
        self.log.finish().map_err(RelayError::Log)
    }

    fn wait(&mut self, events: &mut Events) -> Result<(), RelayError> {
        let mut timeout = if self.ready.is_empty() { TICK } else { Duration::ZERO };
        if let Some(left) = self.stall.as_ref().and_then(Stall::remaining) {
            timeout = timeout.min(left);
        }
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => Err(RelayError::Poll(error)),
            _ => Ok(()),
        }
    }

    fn stall_if_due(&mut self, stop: &AtomicBool) {
        let is_due = |stall: &mut Stall| stall.remaining().is_some_and(|left| left.is_zero());
        if let Some(stall) = self.stall.take_if(is_due) {
            stall.pass(stop);
            self.log.note_stall();
        }
    }

    fn note_events(&mut self, events: &Events) {
        for event in events {
            if event.token() == LISTENER {
                self.accepting = true;
                continue;
            }
            let Some(index) = self.members.index_of(event.token().0) else { continue };
            let member = &mut self.members.list[index];
            if event.is_writable() && member.catch_up().is_err() {
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
        while self.accepting {
            match self.listener.accept() {
                Ok((stream, address)) => self.add_client(stream, address),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => self.accepting = false,
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    // Most likely out of descriptors: tried again in the next round.
                    _ => return self.complain(&error),
                },
            }
        }
    }

    fn complain(&mut self, error: &io::Error) {
        if !mem::replace(&mut self.complained, true) {
            eprintln!("cannot accept: {error}");
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
            if member.send(&self.batch[..own.start], &self.batch[own.end..]).is_err() {
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
        if let Some(cut) = faults.cut() {
            for (speaker, own) in &speakers {
                cut.note(*speaker, &self.batch[own.clone()], &mut self.log)?;
            }
        }
        let mut out = Vec::new();
        for member in &mut self.members.list {
            out.clear();
            for (speaker, own) in &speakers {
                let said = &self.batch[own.clone()];
                faults.deliver(member.identity, *speaker, said, &mut out, &mut self.log)?;
            }
            if member.send(&[], &out).is_err() {
                end(member, &mut self.ended);
            }
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
                faults.release(member.identity, None, &mut out, &mut self.log)?;
                // It leaves in any case.
                let _: Result<(), Gone> = member.send(&[], &out);
                faults.note_left(member.identity, &mut self.log)?;
                for other in &mut self.members.list {
                    out.clear();
                    let from = Some(member.identity);
                    faults.release(other.identity, from, &mut out, &mut self.log)?;
                    if other.send(&[], &out).is_err() {
                        end(other, &mut self.ended);
                    }
                }
            }
        }
        Ok(())
    }

    /// Cuts the connection of the client that is to be cut, when it is time.
    fn cut_if_due(&mut self) -> io::Result<()> {
        let Some(cut) = self.faults.as_mut().and_then(Faults::cut) else { return Ok(()) };
        for member in &mut self.members.list {
            if cut.cuts(member.identity) {
                end(member, &mut self.ended);
            }
        }
        self.remove_ended()
    }

    /// Delivers what has been held back for its time.
    fn deliver_late(&mut self) -> io::Result<()> {
        let Some(faults) = &mut self.faults else { return Ok(()) };
        while let Some((receiver, line)) = faults.next_late(&mut self.log)? {
            let mut members = self.members.list.iter_mut();
            let member = members.find(|member| member.identity.number == receiver);
            if let Some(member) = member
                && member.send(&[], &line).is_err()
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
            self.release_all()?;
        }
        if idle && self.faults.is_some() { self.log.flush() } else { Ok(()) }
    }

    fn release_all(&mut self) -> io::Result<()> {
        let Some(faults) = &mut self.faults else { return Ok(()) };
        let mut out = Vec::new();
        for member in &mut self.members.list {
            out.clear();
            faults.release(member.identity, None, &mut out, &mut self.log)?;
            if member.send(&[], &out).is_err() {
                end(member, &mut self.ended);
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("address", &self.address).finish_non_exhaustive()
    }
}

fn end(member: &mut Member, ended: &mut Vec<usize>) {
    if !mem::replace(&mut member.ended, true) {
        ended.push(member.slot);
    }
}

fn listen(host_and_port: (&str, u16)) -> io::Result<TcpListener> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in host_and_port.to_socket_addrs()? {
        match TcpListener::bind(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}
