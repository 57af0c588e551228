//! The proxy's event loop.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use memchr::memmem;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::link::{Link, Turn};
use crate::relay::error::RelayError;
use crate::relay::faults::lines::{measured, numbers, sender};
use crate::relay::faults::stall::Stall;
use crate::relay::faults::{Delivery, Faults};
use crate::relay::listener::{LISTENER, Listener};
use crate::relay::log::{Fault, Identity, Log, Totals};
use crate::relay::options::RelayOptions;
use crate::relay::rounds::{MAX_EVENTS, SCRATCH, wait};
use crate::relay::socket::Socket;
use crate::wire::dialects::{Dialect, Event, Who};
use crate::wire::payload::LONGEST;

/// Bytes of a frame without end that are waited for: more than the longest frame of any dialect. Costs
/// this much for a client whose server sends one; it is passed on as it is.
const MAX_FRAME: usize = 8 * LONGEST;

/// A proxy that listens.
pub(crate) struct Proxy {
    poll: Poll,
    listener: Listener,
    server: SocketAddr,
    dialect: Box<dyn Dialect>,
    /// The client that the dialect reads for: any of a room.
    who: Who,
    came: u64,
    /// The clients by their numbers. The client's socket has the token twice the number, the server's
    /// one more.
    links: BTreeMap<u64, Link>,
    /// Tokens of sockets that have something to read.
    ready: Vec<usize>,
    /// Numbers of clients that are to be removed.
    ended: Vec<u64>,
    scratch: Vec<u8>,
    /// The senders by the digits in their texts.
    senders: BTreeMap<[u8; 3], Identity>,
    /// The last message of each sender that has come from the server for any receiver.
    last: BTreeMap<u64, Vec<u8>>,
    faults: Faults,
    stall: Option<Stall>,
    log: Log,
}

impl Proxy {
    /// Binds the listener. Clients can connect from here on; [`Proxy::serve`] serves them.
    pub(crate) fn bind(options: &RelayOptions) -> Result<Option<Self>, RelayError> {
        let Some(upstream) = &options.upstream else { return Ok(None) };
        options.check()?;
        let unknown = |reason| RelayError::Upstream { address: upstream.clone(), reason };
        let mut addresses = upstream.host_and_port().to_socket_addrs().map_err(unknown)?;
        let none = || unknown(ErrorKind::AddrNotAvailable.into());
        let server = addresses.next().ok_or_else(none)?;
        let poll = Poll::new().map_err(RelayError::Poll)?;
        Ok(Some(Self {
            listener: Listener::bind(options, poll.registry())?,
            poll,
            server,
            dialect: options.dialect.dialect(),
            who: Who { name: String::new(), room: Some(0) },
            came: 0,
            links: BTreeMap::new(),
            ready: Vec::new(),
            ended: Vec::new(),
            scratch: vec![0; SCRATCH],
            senders: BTreeMap::new(),
            last: BTreeMap::new(),
            faults: Faults::new(options),
            stall: Stall::from_options(options),
            log: Log::new(options.create_log()?),
        }))
    }

    /// The address on which the proxy listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// Passes on until `stop` is set, which is looked at every 50 ms.
    pub(crate) fn serve(mut self, stop: &AtomicBool) -> Result<Totals, RelayError> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        while !stop.load(Relaxed) {
            if Stall::pass_if_due(&mut self.stall, stop) {
                self.log.note_stall();
            }
            let (busy, stall) = (!self.ready.is_empty(), self.stall.as_ref());
            wait(&mut self.poll, &mut events, busy, stall, Some(&self.faults))?;
            self.note_events(&events);
            self.accept();
            self.turn(events.is_empty()).map_err(RelayError::Log)?;
        }
        self.finish().map_err(RelayError::Log)
    }

    fn note_events(&mut self, events: &Events) {
        for event in events {
            let token = event.token();
            if token == LISTENER {
                self.listener.accepting = true;
                continue;
            }
            let number = number_of(token.0);
            let Some(link) = self.links.get_mut(&number) else { continue };
            if event.is_writable() && link.catch_up() == Turn::Over {
                self.ended.push(number);
            }
            let is_over = event.is_read_closed() || event.is_error();
            if (event.is_readable() || is_over) && !self.ready.contains(&token.0) {
                self.ready.push(token.0);
            }
        }
    }

    fn accept(&mut self) {
        while let Some((client, address)) = self.listener.accept() {
            // A client without a server is dropped.
            let _: io::Result<()> = self.add_client(client, address);
        }
    }

    fn add_client(&mut self, mut client: TcpStream, address: SocketAddr) -> io::Result<()> {
        let mut server = TcpStream::connect(self.server)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = 2 * usize::try_from(self.came).map_err(io::Error::other)?;
        for (stream, token) in [(&mut client, token), (&mut server, token + 1)] {
            stream.set_nodelay(true)?;
            self.poll.registry().register(stream, Token(token), interest)?;
        }
        let identity = Identity { number: self.came, port: address.port(), room: None };
        self.came += 1;
        let link = Link::new(Socket::new(client), Socket::new(server), identity);
        self.links.insert(identity.number, link);
        Ok(())
    }

    /// One round: reads, delivers, removes.
    fn turn(&mut self, idle: bool) -> io::Result<()> {
        self.cut_if_due()?;
        for token in mem::take(&mut self.ready) {
            let turn = match token % 2 {
                0 => self.read_client(number_of(token)),
                _ => self.read_server(number_of(token))?,
            };
            match turn {
                Turn::Done => {}
                Turn::More => self.ready.push(token),
                Turn::Over => self.ended.push(number_of(token)),
            }
        }
        self.remove_ended()?;
        self.deliver_late()?;
        if self.faults.overdue() {
            self.release(None)?;
        }
        if idle { self.log.flush() } else { Ok(()) }
    }

    fn read_client(&mut self, number: u64) -> Turn {
        let Some(link) = self.links.get_mut(&number) else { return Turn::Done };
        let turn = link.pass_on(&mut self.scratch);
        if let Some(digits) = link.speaks_as {
            self.senders.insert(digits, link.identity);
        }
        turn
    }

    fn read_server(&mut self, number: u64) -> io::Result<Turn> {
        let Some(mut link) = self.links.remove(&number) else { return Ok(Turn::Done) };
        let turn = link.read_server(&mut self.scratch);
        let passed = self.pass_frames(&mut link);
        self.links.insert(link.identity.number, link);
        passed?;
        Ok(turn)
    }

    /// Passes on the whole frames of what the server has said.
    fn pass_frames(&mut self, link: &mut Link) -> io::Result<()> {
        let (mut at, mut out, mut answer) = (0, Vec::new(), Vec::new());
        let input = mem::take(&mut link.rest);
        let (mut stage, who) = (link.stage, self.who.clone());
        while at < input.len() {
            let Some(frame) = self.dialect.read(&who, &mut stage, &input[at..], &mut answer) else {
                break;
            };
            let bytes = &input[at..at + frame.length];
            let said = if let Event::Said(said) = frame.event { said } else { &[] };
            at += frame.length;
            self.pass_frame(link, bytes, said, &mut out)?;
        }
        link.stage = stage;
        if input.len() - at > MAX_FRAME {
            out.extend_from_slice(&input[mem::replace(&mut at, input.len())..]);
        }
        link.rest = input[at..].to_vec();
        self.hand_over(link, &out);
        Ok(())
    }

    /// Appends what the client gets of one frame, and gives others what they get of it.
    fn pass_frame(
        &mut self,
        link: &mut Link,
        frame: &[u8],
        said: &[u8],
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let receiver = link.identity;
        let sender = sender(said).and_then(|digits| self.senders.get(&digits)).copied();
        link.hears |= sender.is_some();
        // One that comes back to its sender is the server's own doing.
        let is_own = sender.is_some_and(|it| it.number == receiver.number);
        let (Some(text), Some(sender), false) =
            (measured(said), sender, is_own && !self.dialect.echoes())
        else {
            return self.faults.pass(receiver, sender, frame, out, &mut self.log);
        };
        let at = memmem::find(frame, text).unwrap_or_default();
        let delivery = Delivery { receiver, sender, frame, at, text };
        if self.is_first(sender, text) {
            self.stall.iter_mut().for_each(Stall::begin);
            self.faults.said(sender, text, &mut self.log)?;
            self.give_to_others(&delivery)?;
        }
        self.faults.deliver(&delivery, out, &mut self.log)
    }

    /// Returns whether a message comes from the server for the first time. One sender's come in order.
    fn is_first(&mut self, sender: Identity, text: &[u8]) -> bool {
        let last = self.last.entry(sender.number).or_default();
        let is_first = &**last < numbers(text);
        if is_first {
            *last = numbers(text).to_vec();
        }
        is_first
    }

    /// Gives a message to its sender or to another room, if it is to have such a fault.
    fn give_to_others(&mut self, delivery: &Delivery<'_>) -> io::Result<()> {
        let Delivery { sender, text, .. } = *delivery;
        if self.faults.echoes(sender, text) {
            self.give(Fault::Echo, delivery, sender)?;
        }
        let is_elsewhere = |link: &&Link| {
            let (here, there) = (sender.room, link.identity.room);
            link.takes_part() && here.is_some() && there.is_some() && here != there
        };
        let elsewhere: Vec<_> =
            self.links.values().filter(is_elsewhere).map(|link| link.identity).collect();
        match self.faults.leaks(text, elsewhere.len()) {
            Some(chosen) => self.give(Fault::Leak, delivery, elsewhere[chosen]),
            None => Ok(()),
        }
    }

    fn give(&mut self, fault: Fault, delivery: &Delivery<'_>, to: Identity) -> io::Result<()> {
        let mut out = Vec::new();
        if let Some(mut link) = self.links.remove(&to.number) {
            let delivery = Delivery { receiver: to, ..*delivery };
            let added = self.faults.add(fault, &delivery, &mut out, &mut self.log);
            self.hand_over(&mut link, &out);
            self.links.insert(link.identity.number, link);
            added?;
        }
        Ok(())
    }

    /// Sends what a client gets, or sends it on its slow path. One whose connection has failed is
    /// noticed by its event.
    fn hand_over(&mut self, link: &mut Link, bytes: &[u8]) {
        if let Some(delay) = self.faults.delay(link.identity) {
            delay.push(bytes);
        } else {
            link.send(bytes);
        }
    }

    /// Cuts the connection of the client that is to be cut, when it is time.
    fn cut_if_due(&mut self) -> io::Result<()> {
        for (number, link) in &mut self.links {
            if self.faults.cuts(link.identity, &mut self.log)? {
                self.ended.push(*number);
                link.rest.clear();
            }
        }
        self.remove_ended()
    }

    /// Lets clients go whose connection or whose server has ended. They get what is held back for them.
    fn remove_ended(&mut self) -> io::Result<()> {
        while let Some(number) = self.ended.pop() {
            let Some(mut link) = self.links.remove(&number) else { continue };
            let mut out = Vec::new();
            if !mem::replace(&mut link.server_over, true) {
                let identity = link.identity;
                self.faults.end_delay(identity, &mut out);
                out.append(&mut link.rest);
                self.faults.release_all(identity, &mut out, &mut self.log)?;
                self.faults.note_left(identity, &mut self.log)?;
                link.send(&out);
                self.release(Some(identity))?;
            }
            if link.waits() {
                self.links.insert(link.identity.number, link);
            }
        }
        Ok(())
    }

    /// Delivers what has been held back for its time.
    fn deliver_late(&mut self) -> io::Result<()> {
        while let Some((receiver, bytes)) = self.faults.next_late(&mut self.log)? {
            if let Some(mut link) = self.links.remove(&receiver.number) {
                self.hand_over(&mut link, &bytes);
                self.links.insert(link.identity.number, link);
            }
        }
        while let Some((receiver, bytes)) = self.faults.next_delayed() {
            if let Some(link) = self.links.get_mut(&receiver) {
                link.send(&bytes);
            }
        }
        Ok(())
    }

    /// Gives all clients what is held back for them; only that of one sender if one is given.
    fn release(&mut self, sender: Option<Identity>) -> io::Result<()> {
        for number in self.links.keys().copied().collect::<Vec<_>>() {
            let Some(mut link) = self.links.remove(&number) else { continue };
            let mut out = Vec::new();
            let released = self.faults.release(link.identity, sender, &mut out, &mut self.log);
            self.hand_over(&mut link, &out);
            self.links.insert(link.identity.number, link);
            released?;
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<Totals> {
        self.ended = self.links.keys().copied().collect();
        self.remove_ended()?;
        self.faults.finish(&mut self.log)?;
        self.log.finish()
    }
}

/// The number of the client whose socket has this token.
fn number_of(token: usize) -> u64 {
    (token / 2) as u64
}
