//! One simulated client: its connection, its account of deliveries, its progress with the server.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::roles::Part;
use crate::traffic::ledger::Account;
use crate::traffic::ledger::total_order::TotalOrder;
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
    /// True if the order that it sees is the room's reference order.
    pub(crate) witness: bool,
    /// True if it is the only client on its thread.
    pub(crate) canary: bool,
    /// Its sending half, and the connection.
    pub(crate) send_half: Arc<SendHalf>,
    /// Stage of its handshake with the server.
    pub(crate) stage: dialects::Stage,
    /// True if it took part when the first message was sent.
    pub(crate) began: bool,
    /// Time of its connection, in nanoseconds of the run's clock.
    pub(crate) since: u64,
    /// True if it has more to read and waits for its turn.
    pub(crate) again: bool,
    /// Incomplete frame: its end has not arrived.
    pub(crate) rest: Vec<u8>,
    /// Account of its deliveries from each sender of its room.
    pub(crate) account: Account,
    /// Comparison of the order that it saw with the room's order.
    pub(crate) total_order: Option<Box<TotalOrder>>,
    /// True if the last text that came lacked its end.
    pub(crate) torn: bool,
    /// Damaged texts that could not be attributed to a message.
    pub(crate) unattributed: u64,
    /// Its deliveries that count.
    pub(crate) received: Received,
    /// Local address of its connection.
    pub(crate) address: Option<SocketAddr>,
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
        let Newcomer { index, part, sender, witness, send_half, stage } = newcomer;
        let senders = shared.audience.senders(send_half.who().room).len();
        Self {
            index,
            part,
            presence: Presence::Coming,
            sender,
            witness,
            canary,
            address: send_half.stream().local_addr().ok(),
            send_half,
            stage,
            began: false,
            since: shared.clock.now(),
            again: false,
            rest: Vec::new(),
            account: Account::new(senders),
            total_order: (shared.total_order && !witness).then(Box::default),
            torn: false,
            unattributed: 0,
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

    /// Number of deliveries that are due to the client and have not come.
    pub(crate) fn outstanding(&self, shared: &Shared) -> u64 {
        if self.presence != Presence::Here {
            return 0;
        }
        let senders = shared.audience.senders(self.room()).iter().enumerate();
        let others = senders
            .filter(|&(_, &sender)| shared.audience.has(sender) && !self.is_itself(sender, shared));
        let awaited = others.map(|(seat, &sender)| {
            self.account.awaited(seat, shared.in_flight.sent(sender)).len() as u64
        });
        self.account.missing() + awaited.sum::<u64>()
    }

    /// Returns whether a message is complete only when this client has it.
    #[inline]
    pub(crate) fn is_counted(&self) -> bool {
        self.part == Part::Steady
    }
}

/// A client whose connection has just been made.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) index: u32,
    pub(crate) part: Part,
    pub(crate) sender: Option<u32>,
    pub(crate) witness: bool,
    pub(crate) send_half: Arc<SendHalf>,
    pub(crate) stage: dialects::Stage,
}
