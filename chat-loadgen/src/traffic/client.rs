//! One simulated client: its connection, its account of deliveries, its progress with the server.

use std::net::SocketAddr;
use std::sync::Arc;

use chat_protocol::websocket::reader::Reader;

use crate::door::unwrapping;
use crate::roles::Part;
use crate::traffic::ledger::Account;
use crate::traffic::ledger::total_order::TotalOrder;
use crate::traffic::seam::Session;
use crate::traffic::sending::connection::Connection;
use crate::traffic::sending::send_half::SendHalf;
use crate::traffic::shared::Shared;
use crate::wire::dialects;

/// Participation of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is not known yet whether the client hears any sender.
    Coming,
    /// It is due to get what is sent.
    Here,
    /// Nothing is due to it, for it has left, or does not read.
    Away,
    /// Its connection ended unexpectedly.
    Lost,
}

/// One client.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub(crate) struct Client {
    /// Its index among all clients of the run.
    pub(crate) index: u32,
    /// The kind of client.
    pub(crate) part: Part,
    /// State of its participation.
    pub(crate) presence: Presence,
    /// Its index among the senders, if it is one.
    pub(crate) sender: Option<u32>,
    /// Index of the server's address.
    pub(crate) server: u32,
    /// True if the order that it sees is the room's reference order.
    pub(crate) witness: bool,
    /// True if it is the only client on its thread.
    pub(crate) canary: bool,
    /// Its sending half.
    pub(crate) send_half: Arc<SendHalf>,
    /// Its connection; none while it is cut off and comes back.
    pub(crate) connection: Option<Arc<Connection>>,
    /// Its session, if it has one.
    pub(crate) session: Option<Box<Session>>,
    /// Stage of its handshake with the server.
    pub(crate) stage: dialects::Stage,
    /// True if it took part when the first message was sent.
    pub(crate) began: bool,
    /// Time of its connection, or since which it is back, in nanoseconds of the run's clock.
    pub(crate) since: u64,
    /// True if it has more to read and waits for its turn.
    pub(crate) again: bool,
    /// Incomplete frame: its end has not arrived.
    pub(crate) rest: Vec<u8>,
    /// The reader of its WebSocket, if it has one.
    pub(crate) reader: Option<Box<Reader>>,
    /// Bytes that came right behind the handshake of a door, and were not looked at yet.
    pub(crate) early: Vec<u8>,
    /// Account of its deliveries from each sender of its room.
    pub(crate) account: Account,
    /// Comparison of the order that it saw with the room's order.
    pub(crate) total_order: Option<Box<TotalOrder>>,
    /// The last text that lacked its end, which may still come.
    pub(crate) torn: Option<Box<Torn>>,
    /// Damaged texts that could not be attributed to a message.
    pub(crate) unattributed: u64,
    /// Numbers of messages that each sender of its room had sent when the client said goodbye, or
    /// when its connection ended unexpectedly.
    pub(crate) until: Option<Box<[u32]>>,
    /// Of one that said goodbye and reads to the end: for each sender of its room, the number behind the
    /// last message that others had got well before that.
    pub(crate) heard: Option<Box<[u32]>>,
    /// Its deliveries that count.
    pub(crate) received: Received,
    /// Local address of its connection.
    pub(crate) address: Option<SocketAddr>,
}

/// The beginning of a text whose end has not come.
#[derive(Debug)]
pub(crate) struct Torn {
    /// Its bytes.
    pub(crate) beginning: Box<[u8]>,
    /// True if no whole text has come since.
    pub(crate) fresh: bool,
}

/// Count, sum and maximum of one receiver's response times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// Number of deliveries.
    pub(crate) deliveries: u64,
    /// The sum of their responses, in nanoseconds.
    pub(crate) sum: u64,
    /// The longest, in nanoseconds.
    pub(crate) max: u64,
}

impl Received {
    /// Adds a delivery, with its response in nanoseconds.
    #[inline]
    pub(crate) fn add(&mut self, response: u64) {
        self.deliveries += 1;
        self.sum += response;
        self.max = self.max.max(response);
    }
}

impl Client {
    /// A client whose connection has been made and whose hello has been said.
    pub(crate) fn new(newcomer: Newcomer, canary: bool, shared: &Shared) -> Self {
        let Newcomer { index, part, sender, server, witness, send_half, .. } = newcomer;
        let Newcomer { connection, stage, early, back, .. } = newcomer;
        let senders = shared.audience.senders(send_half.who().room).len();
        let account = back.map_or_else(|| Account::new(senders), Account::coming);
        Self {
            index,
            part,
            presence: Presence::Coming,
            sender,
            server,
            witness,
            canary,
            address: connection.stream.local_addr().ok(),
            reader: reader(&connection),
            early,
            send_half,
            connection: Some(connection),
            session: shared.resumes.then(Box::default),
            stage,
            began: false,
            since: shared.clock.now(),
            again: false,
            rest: Vec::new(),
            account,
            total_order: (shared.total_order && !witness).then(Box::default),
            torn: None,
            unattributed: 0,
            until: None,
            heard: None,
            received: Received::default(),
        }
    }

    /// Returns whether the client is this sender, and the server does not echo messages to their
    /// sender.
    #[inline]
    pub(crate) fn is_itself(&self, sender: u32, shared: &Shared) -> bool {
        self.sender == Some(sender) && !shared.audience.echoes()
    }

    /// Its room, if it is in any.
    #[inline]
    pub(crate) fn room(&self) -> Option<u32> {
        self.send_half.who().room
    }

    /// Returns whether it took part from the first message on. Idle clients do not.
    pub(crate) fn took_part(&self) -> bool {
        self.began && self.part != Part::Idle
    }

    /// Returns whether the client has heard all senders that it should. In no room there are none.
    pub(crate) fn hears_all(&self, shared: &Shared) -> bool {
        let senders = shared.audience.senders(self.room());
        let unheard = |(seat, &sender): (usize, &u32)| {
            !self.is_itself(sender, shared)
                && shared.audience.has(sender)
                && self.account.is_closed(seat)
        };
        !senders.iter().enumerate().any(unheard)
    }

    /// Numbers of messages that each sender of its room has sent so far.
    pub(crate) fn sent(&self, shared: &Shared) -> Box<[u32]> {
        let senders = shared.audience.senders(self.room());
        senders.iter().map(|&sender| shared.in_flight.sent(sender)).collect()
    }

    /// Number of deliveries that are due to the client and have not come. To one that has said
    /// goodbye, none are.
    pub(crate) fn outstanding(&self, shared: &Shared) -> u64 {
        if self.expects() { self.account.missing() + self.awaited(shared) } else { 0 }
    }

    /// Returns whether what is sent now is due to the client.
    fn expects(&self) -> bool {
        self.presence == Presence::Here && self.until.is_none()
    }

    /// Number of these that were not overtaken by a later one of their sender.
    pub(crate) fn awaited(&self, shared: &Shared) -> u64 {
        if !self.expects() {
            return 0;
        }
        let senders = shared.audience.senders(self.room()).iter().enumerate();
        let others = senders
            .filter(|&(_, &sender)| shared.audience.has(sender) && !self.is_itself(sender, shared));
        let awaited = others.map(|(seat, &sender)| {
            self.account.awaited(seat, shared.in_flight.sent(sender)).len() as u64
        });
        awaited.sum()
    }

    /// Returns whether a message is complete only when this client has it.
    #[inline]
    pub(crate) fn is_counted(&self) -> bool {
        self.part == Part::Steady
    }
}

/// The reader of a connection's WebSocket, if it is one.
pub(crate) fn reader(connection: &Connection) -> Option<Box<Reader>> {
    connection.wrapping.frames.map(|frames| Box::new(unwrapping::reader(frames)))
}

/// A client whose connection has just been made.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) index: u32,
    pub(crate) part: Part,
    pub(crate) sender: Option<u32>,
    pub(crate) server: u32,
    pub(crate) witness: bool,
    pub(crate) send_half: Arc<SendHalf>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) stage: dialects::Stage,
    /// Bytes that came right behind the handshake of a door.
    pub(crate) early: Vec<u8>,
    /// For one that comes back: the numbers of messages that each sender of its room had sent before
    /// it was connected.
    pub(crate) back: Option<Box<[u32]>>,
}
