//! The event loop of the bare relay and of the proxy: accepts, reads, delivers what was held back, and
//! removes clients.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use chat_tls::Fingerprint;
use mio::event::Event;
use mio::{Events, Poll, Registry};

use super::door::{Accepted, Door, ENTERED};
use super::error::RelayError;
use super::faults::Faults;
use super::faults::stall::{Stall, TICK};
use super::listener::{LISTENER, Listener};
use super::log::{Identity, Log, Totals};
use super::options::RelayOptions;
use super::socket::Gone;

/// Events taken at once; more wait for the next round.
const MAX_EVENTS: usize = 1024;
/// Size of the one read buffer, shared by all connections.
const SCRATCH: usize = 64 << 10;

/// One client of an event loop.
pub(super) trait Client {
    /// The identity in the log and in the seed.
    fn identity(&self) -> Identity;

    /// The token of its connection.
    fn token(&self) -> usize;

    /// Sends bytes. A client that is gone is to be removed.
    fn send(&mut self, bytes: &[u8]) -> Result<(), Gone>;
}

/// The clients of an event loop.
pub(super) trait Clients {
    type Client: Client;

    /// Adds a client with this number, and gives the token of its connection. One that cannot be added
    /// is dropped.
    fn add(&mut self, accepted: Accepted, number: u64, registry: &Registry) -> io::Result<usize>;

    /// Notes what an event says about a connection.
    fn note(&mut self, event: &Event, work: &mut Work);

    /// Reads from the connections that are ready, and delivers what they say.
    fn read(&mut self, work: &mut Work) -> io::Result<()>;

    /// All clients, in no particular order.
    fn all(&mut self) -> impl Iterator<Item = &mut Self::Client>;

    /// The client with this number.
    fn numbered(&mut self, number: u64) -> Option<&mut Self::Client>;

    /// Removes the client to which this token belongs, if it is still there.
    fn remove(&mut self, token: usize) -> Option<Self::Client>;

    /// Ends a client that was removed and has been given what was held back for it.
    fn end(&mut self, client: Self::Client);
}

/// The work of an event loop, and the faults in it.
pub(super) struct Work {
    /// Tokens of connections that have something to read.
    pub(super) ready: Vec<usize>,
    /// Tokens of clients that are to be removed; perhaps more than once.
    pub(super) ended: Vec<usize>,
    pub(super) scratch: Vec<u8>,
    pub(super) faults: Faults,
    pub(super) stall: Option<Stall>,
    pub(super) log: Log,
}

impl Work {
    /// Sends what a client gets, or sends it on its slow path.
    pub(super) fn hand_over(&mut self, client: &mut impl Client, bytes: &[u8]) {
        if let Some(delay) = self.faults.delay(client.identity()) {
            delay.push(bytes);
        } else if client.send(bytes).is_err() {
            self.ended.push(client.token());
        }
    }
}

/// An event loop that listens.
pub(super) struct Hub<C> {
    poll: Poll,
    listener: Listener,
    /// The door behind the listener, if it is not the plain one.
    door: Option<Door>,
    /// Number of clients that have come.
    came: u64,
    clients: C,
    work: Work,
}

impl<C: Clients> Hub<C> {
    /// Binds the listener. Clients can connect from here on; [`Hub::serve`] serves them.
    pub(super) fn bind(options: &RelayOptions, clients: C) -> Result<Self, RelayError> {
        let poll = Poll::new().map_err(RelayError::Poll)?;
        Ok(Self {
            door: Door::from_options(options, poll.registry())?,
            listener: Listener::bind(options, poll.registry())?,
            poll,
            came: 0,
            clients,
            work: Work {
                ready: Vec::new(),
                ended: Vec::new(),
                scratch: vec![0; SCRATCH],
                faults: Faults::from_options(options),
                stall: Stall::from_options(options),
                log: Log::new(options.create_log()?),
            },
        })
    }

    /// The address on which it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// The fingerprint of the certificate that was made for it, if any.
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        self.door.as_ref()?.fingerprint
    }

    /// Serves until `stop` is set, which is looked at every 50 ms.
    pub(super) fn serve(mut self, stop: &AtomicBool) -> Result<Totals, RelayError> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        while !stop.load(Relaxed) {
            if Stall::pass_if_due(&mut self.work.stall, stop) {
                self.work.log.note_stall();
            }
            self.wait(&mut events).map_err(RelayError::Poll)?;
            self.turn(&events).map_err(RelayError::Log)?;
        }
        self.finish().map_err(RelayError::Log)
    }

    /// Waits for events, at most until something is due that is held back or planned; not at all
    /// while there is something to read.
    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let mut timeout = if self.work.ready.is_empty() { TICK } else { Duration::ZERO };
        let stall = self.work.stall.as_ref().and_then(Stall::remaining);
        for left in stall.into_iter().chain(self.work.faults.remaining()) {
            timeout = timeout.min(left);
        }
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    /// One round: reads, delivers, removes.
    fn turn(&mut self, events: &Events) -> io::Result<()> {
        self.cut_if_due()?;
        for event in events {
            if event.token() == LISTENER {
                self.listener.accepting = true;
            } else if event.token() != ENTERED {
                self.clients.note(event, &mut self.work);
            }
        }
        self.accept();
        self.clients.read(&mut self.work)?;
        self.remove_ended()?;
        self.deliver_late()?;
        if self.work.faults.overdue() {
            self.release(None)?;
        }
        if events.is_empty() { self.work.log.flush() } else { Ok(()) }
    }

    fn accept(&mut self) {
        while let Some((stream, address)) = self.listener.accept() {
            match &self.door {
                None => self.add((stream, address, None)),
                // A client that gets no thread is dropped, as if its handshake had failed.
                Some(door) => drop(door.begin(stream, address)),
            }
        }
        while let Some(accepted) = self.door.as_ref().and_then(Door::next) {
            self.add(accepted);
        }
    }

    fn add(&mut self, accepted: Accepted) {
        let has_more = accepted.2.as_ref().is_some_and(|layers| layers.has_more());
        let Ok(token) = self.clients.add(accepted, self.came, self.poll.registry()) else { return };
        self.came += 1;
        if has_more {
            self.work.ready.push(token);
        }
    }

    /// Cuts the connection of the client that is to be cut, when it is time.
    fn cut_if_due(&mut self) -> io::Result<()> {
        let Some(client) = self.work.faults.due_cut().and_then(|it| self.clients.numbered(it))
        else {
            return Ok(());
        };
        self.work.ended.push(client.token());
        self.work.faults.cut(client.identity(), &mut self.work.log)?;
        self.remove_ended()
    }

    /// Removes the clients whose connection has ended. They are sent what is held back for them, if
    /// they can still receive.
    fn remove_ended(&mut self) -> io::Result<()> {
        while let Some(token) = self.work.ended.pop() {
            let Some(mut client) = self.clients.remove(token) else { continue };
            if self.work.faults.any() {
                let (mut out, identity) = (Vec::new(), client.identity());
                let Work { faults, log, .. } = &mut self.work;
                faults.end_delay(identity, &mut out);
                faults.release_all(identity, &mut out, log)?;
                faults.note_left(identity, log)?;
                // It leaves in any case.
                let _: Result<(), Gone> = client.send(&out);
                self.release(Some(identity))?;
            }
            self.clients.end(client);
        }
        Ok(())
    }

    /// Delivers what has been held back for its time.
    fn deliver_late(&mut self) -> io::Result<()> {
        while let Some((receiver, bytes)) = self.work.faults.next_late(&mut self.work.log)? {
            if let Some(client) = self.clients.numbered(receiver.number) {
                self.work.hand_over(client, &bytes);
            }
        }
        while let Some((receiver, bytes)) = self.work.faults.next_delayed() {
            if let Some(client) = self.clients.numbered(receiver)
                && client.send(&bytes).is_err()
            {
                self.work.ended.push(client.token());
            }
        }
        Ok(())
    }

    /// Gives all clients what is held back for them; only that of one sender if one is given.
    fn release(&mut self, sender: Option<Identity>) -> io::Result<()> {
        let mut out = Vec::new();
        for client in self.clients.all() {
            out.clear();
            let Work { faults, log, .. } = &mut self.work;
            faults.release(client.identity(), sender, &mut out, log)?;
            self.work.hand_over(client, &out);
        }
        Ok(())
    }

    /// Removes all clients: they get what is held back.
    fn finish(mut self) -> io::Result<Totals> {
        self.work.ended = self.clients.all().map(|client| client.token()).collect();
        self.remove_ended()?;
        self.work.faults.finish(&mut self.work.log)?;
        self.work.log.finish()
    }
}

impl<C> std::fmt::Debug for Hub<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("address", &self.listener.address).finish_non_exhaustive()
    }
}
