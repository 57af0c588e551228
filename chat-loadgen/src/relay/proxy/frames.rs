//! The clients of the proxy: what the server says to each is cut into frames, and passed on with the
//! faults.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{SocketAddr, ToSocketAddrs};

use memchr::memmem;
use mio::event::Event as Readiness;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::link::Link;
use crate::relay::door::Accepted;
use crate::relay::error::RelayError;
use crate::relay::faults::Delivery;
use crate::relay::faults::lines::{measured, numbers, sender};
use crate::relay::faults::stall::Stall;
use crate::relay::hub::{Client, Clients, Work};
use crate::relay::log::{Fault, Identity};
use crate::relay::options::RelayOptions;
use crate::relay::socket::{Gone, Socket, Turn};
use crate::wire::dialects::{Dialect, Event, Who};
use crate::wire::payload::LONGEST;

/// Bytes of a frame without end that are waited for: more than the longest frame of any dialect. Costs
/// this much for a client whose server sends one; it is passed on as it is.
const MAX_FRAME: usize = 8 * LONGEST;

/// The clients, and what is known of their chat.
pub(crate) struct Links {
    server: SocketAddr,
    dialect: Box<dyn Dialect>,
    /// The client that the dialect reads for: any of a room.
    who: Who,
    /// The clients by their numbers.
    clients: BTreeMap<u64, Link>,
    /// The senders by the digits in their texts.
    senders: BTreeMap<[u8; 3], Identity>,
    /// The last message of each sender that has come from the server for any receiver.
    last: BTreeMap<u64, Vec<u8>>,
}

impl Client for Link {
    fn identity(&self) -> Identity {
        self.identity
    }

    fn token(&self) -> usize {
        self.token
    }

    /// Sends bytes. A client that is gone is noticed by its event, when its last words are read.
    fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.failed |= self.client.send(&[], bytes).is_err();
        Ok(())
    }
}

impl Clients for Links {
    type Client = Link;

    /// Adds a client, and connects to the server for it.
    fn add(
        &mut self,
        (mut client, address, layers): Accepted,
        number: u64,
        registry: &Registry,
    ) -> io::Result<usize> {
        let mut server = TcpStream::connect(self.server)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = 2 * usize::try_from(number).map_err(io::Error::other)?;
        for (stream, token) in [(&mut client, token), (&mut server, token + 1)] {
            stream.set_nodelay(true)?;
            registry.register(stream, Token(token), interest)?;
        }
        let identity = Identity { number, port: address.port(), room: None };
        let (client, server) = (Socket::new(client, layers), Socket::new(server, None));
        self.clients.insert(number, Link::new(token, client, server, identity));
        Ok(token)
    }

    fn note(&mut self, event: &Readiness, work: &mut Work) {
        let token = event.token().0;
        let Some(link) = self.clients.get_mut(&number_of(token)) else { return };
        if event.is_writable() && link.catch_up() == Turn::Over {
            work.ended.push(token);
        }
        let is_over = event.is_read_closed() || event.is_error();
        if (event.is_readable() || is_over) && !work.ready.contains(&token) {
            work.ready.push(token);
        }
    }

    fn read(&mut self, work: &mut Work) -> io::Result<()> {
        for token in mem::take(&mut work.ready) {
            let turn = match token % 2 {
                0 => self.read_client(number_of(token), work),
                _ => self.read_server(number_of(token), work)?,
            };
            match turn {
                Turn::Done => {}
                Turn::More => work.ready.push(token),
                Turn::Over => work.ended.push(token),
            }
        }
        Ok(())
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Link> {
        self.clients.values_mut()
    }

    fn numbered(&mut self, number: u64) -> Option<&mut Link> {
        self.clients.get_mut(&number)
    }

    fn remove(&mut self, token: usize) -> Option<Link> {
        self.clients.remove(&number_of(token))
    }

    /// Keeps a client until it has taken what is queued for it.
    fn end(&mut self, mut link: Link) {
        link.server_over = true;
        if link.waits() {
            self.clients.insert(link.identity.number, link);
        }
    }
}

impl Links {
    /// The proxy that the options ask for.
    pub(crate) fn from_options(options: &RelayOptions) -> Result<Option<Self>, RelayError> {
        let Some(upstream) = &options.upstream else { return Ok(None) };
        options.check()?;
        let unknown = |reason| RelayError::Upstream { address: upstream.clone(), reason };
        let mut addresses = upstream.host_and_port().to_socket_addrs().map_err(unknown)?;
        let none = || unknown(ErrorKind::AddrNotAvailable.into());
        Ok(Some(Self {
            server: addresses.next().ok_or_else(none)?,
            dialect: options.dialect.dialect(),
            who: Who { name: String::new(), room: Some(0) },
            clients: BTreeMap::new(),
            senders: BTreeMap::new(),
            last: BTreeMap::new(),
        }))
    }

    fn read_client(&mut self, number: u64, work: &mut Work) -> Turn {
        let Some(link) = self.clients.get_mut(&number) else { return Turn::Done };
        let turn = link.pass_on(&mut work.scratch);
        if let Some(digits) = link.speaks_as {
            self.senders.insert(digits, link.identity);
        }
        turn
    }

    fn read_server(&mut self, number: u64, work: &mut Work) -> io::Result<Turn> {
        let Some(mut link) = self.clients.remove(&number) else { return Ok(Turn::Done) };
        let turn = link.read_server(&mut work.scratch);
        let passed = self.pass_frames(&mut link, turn == Turn::Over, work);
        self.clients.insert(number, link);
        passed?;
        Ok(turn)
    }

    /// Passes on the whole frames of what the server has said, and the rest of its last words.
    fn pass_frames(&mut self, link: &mut Link, is_last: bool, work: &mut Work) -> io::Result<()> {
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
            self.pass_frame(link, bytes, said, &mut out, work)?;
        }
        link.stage = stage;
        if is_last || input.len() - at > MAX_FRAME {
            out.extend_from_slice(&input[mem::replace(&mut at, input.len())..]);
        }
        link.rest = input[at..].to_vec();
        work.hand_over(link, &out);
        Ok(())
    }

    /// Appends what the client gets of one frame, and gives others what they get of it.
    fn pass_frame(
        &mut self,
        link: &mut Link,
        frame: &[u8],
        said: &[u8],
        out: &mut Vec<u8>,
        work: &mut Work,
    ) -> io::Result<()> {
        let receiver = link.identity;
        let sender = sender(said).and_then(|digits| self.senders.get(&digits)).copied();
        link.hears |= sender.is_some();
        // One that comes back to its sender is the server's own doing.
        let is_own = sender.is_some_and(|it| it.number == receiver.number);
        let (Some(text), Some(sender), false) =
            (measured(said), sender, is_own && !self.dialect.echoes())
        else {
            return work.faults.pass(receiver, sender, frame, out, &mut work.log);
        };
        let at = memmem::find(frame, text).unwrap_or_default();
        let delivery = Delivery { receiver, sender, frame, at, text };
        if self.is_first(sender, text) {
            work.stall.iter_mut().for_each(Stall::begin);
            work.faults.said(sender, text, &mut work.log)?;
            self.give_to_others(&delivery, work)?;
        }
        work.faults.deliver(&delivery, out, &mut work.log)
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
    fn give_to_others(&mut self, delivery: &Delivery<'_>, work: &mut Work) -> io::Result<()> {
        let Delivery { sender, text, .. } = *delivery;
        if work.faults.echoes(sender, text) {
            self.give(Fault::Echo, delivery, sender, work)?;
        }
        let is_elsewhere = |link: &&Link| {
            let (here, there) = (sender.room, link.identity.room);
            link.takes_part() && here.is_some() && there.is_some() && here != there
        };
        let elsewhere: Vec<_> =
            self.clients.values().filter(is_elsewhere).map(|link| link.identity).collect();
        match work.faults.leaks(text, elsewhere.len()) {
            Some(chosen) => self.give(Fault::Leak, delivery, elsewhere[chosen], work),
            None => Ok(()),
        }
    }

    fn give(
        &mut self,
        fault: Fault,
        delivery: &Delivery<'_>,
        receiver: Identity,
        work: &mut Work,
    ) -> io::Result<()> {
        let Some(link) = self.clients.get_mut(&receiver.number) else { return Ok(()) };
        let mut out = Vec::new();
        work.faults.add(fault, &Delivery { receiver, ..*delivery }, &mut out, &mut work.log)?;
        work.hand_over(link, &out);
        Ok(())
    }
}

/// The number of the client whose connections have this token.
fn number_of(token: usize) -> u64 {
    (token / 2) as u64
}
